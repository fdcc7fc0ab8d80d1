import { defineMigration } from './define-migration.js';

/**
 * What users said and did about contexts, and how often contexts were used, day by day. A user has one thumb and one rating for a
 * context. `strength` is from -1 to 1; what it weighs is decided when it is read.
 */
export const Feedback = defineMigration(
  'Feedback1795000000041',
  `
  CREATE TABLE feedback (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    project_id uuid NOT NULL,
    context_id uuid NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    kind text NOT NULL,
    value text NOT NULL,
    strength double precision NOT NULL,
    client_id text COLLATE "C",
    created_at timestamptz NOT NULL,
    created_by text,
    CONSTRAINT feedback_pkey PRIMARY KEY (workspace_id, id),
    CONSTRAINT feedback_project_fkey FOREIGN KEY (workspace_id, project_id)
      REFERENCES projects (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT feedback_context_fkey FOREIGN KEY (workspace_id, context_id)
      REFERENCES contexts (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT feedback_kind_check CHECK (kind IN ('dwell', 'click', 'thumbs', 'rating', 'note', 'cite')),
    CONSTRAINT feedback_strength_check CHECK (strength BETWEEN -1 AND 1)
  );
  CREATE UNIQUE INDEX feedback_client_key ON feedback (workspace_id, project_id, user_id, client_id)
    WHERE client_id IS NOT NULL;
  CREATE UNIQUE INDEX feedback_opinion_key ON feedback (workspace_id, context_id, user_id, kind)
    WHERE kind IN ('thumbs', 'rating');
  CREATE INDEX feedback_context_idx ON feedback (workspace_id, context_id, created_at);
  CREATE INDEX feedback_user_idx ON feedback (workspace_id, user_id, id);
  CREATE INDEX feedback_project_idx ON feedback (workspace_id, project_id, id);
  CREATE TRIGGER feedback_forget_idempotent_answers AFTER DELETE ON feedback
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION forget_idempotent_answers();

  CREATE TABLE context_uses (
    workspace_id uuid NOT NULL,
    context_id uuid NOT NULL,
    day date NOT NULL,
    count bigint NOT NULL,
    last_used_at timestamptz NOT NULL,
    CONSTRAINT context_uses_pkey PRIMARY KEY (workspace_id, context_id, day),
    CONSTRAINT context_uses_context_fkey FOREIGN KEY (workspace_id, context_id)
      REFERENCES contexts (workspace_id, id) ON DELETE CASCADE
  );
  `,
  `
  DROP TABLE context_uses;
  DROP TABLE feedback;
  `,
);
