import { defineMigration } from './define-migration.js';

/**
 * Pairs of contexts of which a rule says that the newer one takes the place of the older one, and what became of that. A pair is
 * there once, whichever of the two is the older one. `context_claims` finds contexts by keys of their sentences.
 */
export const Conflicts = defineMigration(
  'Conflicts1795000000035',
  `
  ALTER TABLE projects
    ADD COLUMN supersede text CONSTRAINT projects_supersede_check CHECK (supersede IN ('propose', 'apply', 'off'));

  CREATE TABLE context_claims (
    workspace_id uuid NOT NULL,
    project_id uuid NOT NULL,
    key bigint NOT NULL,
    context_id uuid NOT NULL,
    CONSTRAINT context_claims_pkey PRIMARY KEY (workspace_id, project_id, key, context_id),
    CONSTRAINT context_claims_context_fkey FOREIGN KEY (workspace_id, context_id)
      REFERENCES contexts (workspace_id, id) ON DELETE CASCADE
  );
  CREATE INDEX context_claims_context_idx ON context_claims (workspace_id, context_id);

  CREATE TABLE context_conflicts (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    project_id uuid NOT NULL,
    older_id uuid NOT NULL,
    newer_id uuid NOT NULL,
    rule text NOT NULL,
    state text NOT NULL,
    disposition text,
    decided_by text,
    decided_at timestamptz,
    created_at timestamptz NOT NULL,
    CONSTRAINT context_conflicts_pkey PRIMARY KEY (workspace_id, id),
    CONSTRAINT context_conflicts_older_fkey FOREIGN KEY (workspace_id, older_id)
      REFERENCES contexts (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT context_conflicts_newer_fkey FOREIGN KEY (workspace_id, newer_id)
      REFERENCES contexts (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT context_conflicts_other_check CHECK (older_id <> newer_id),
    CONSTRAINT context_conflicts_state_check CHECK (state IN ('open', 'applied', 'resolved')),
    CONSTRAINT context_conflicts_decided_check CHECK ((state = 'resolved') = (disposition IS NOT NULL AND decided_at IS NOT NULL))
  );
  CREATE UNIQUE INDEX context_conflicts_pair_idx
    ON context_conflicts (workspace_id, least(older_id, newer_id), greatest(older_id, newer_id));
  CREATE INDEX context_conflicts_project_idx ON context_conflicts (workspace_id, project_id, state, id);
  CREATE INDEX context_conflicts_older_idx ON context_conflicts (workspace_id, older_id);
  CREATE INDEX context_conflicts_newer_idx ON context_conflicts (workspace_id, newer_id);
  `,
  `
  DROP TABLE context_conflicts;
  DROP TABLE context_claims;
  ALTER TABLE projects DROP COLUMN supersede;
  `,
);
