import { defineMigration } from './define-migration.js';

/**
 * When what a context says is true. `valid_from` and `valid_to` are what its author gave; without the first it is valid since it
 * was stored. `superseded_by` and `superseded_at` follow from the others that there are: the next version of its label, the next
 * value of its slot, what was stored to supersede it (`context_successions`), whichever is valid first.
 *
 * The index of slots gives their values in the order in which they are valid; slots are compared without regard to case.
 */
export const ContextValidity = defineMigration(
  'ContextValidity1795000000031',
  `
  ALTER TABLE contexts
    ADD COLUMN valid_from timestamptz,
    ADD COLUMN valid_to timestamptz,
    ADD COLUMN slot_subject text,
    ADD COLUMN slot_attribute text,
    ADD COLUMN superseded_by uuid,
    ADD COLUMN superseded_at timestamptz,
    ADD CONSTRAINT contexts_slot_check CHECK ((slot_subject IS NULL) = (slot_attribute IS NULL)),
    ADD CONSTRAINT contexts_superseded_check CHECK ((superseded_by IS NULL) = (superseded_at IS NULL));
  CREATE INDEX contexts_slot_idx
    ON contexts (workspace_id, project_id, lower(slot_subject), lower(slot_attribute), coalesce(valid_from, created_at), id)
    WHERE slot_subject IS NOT NULL AND archived_at IS NULL;
  CREATE INDEX contexts_superseded_by_idx ON contexts (workspace_id, superseded_by) WHERE superseded_by IS NOT NULL;

  CREATE TABLE context_successions (
    workspace_id uuid NOT NULL,
    older_id uuid NOT NULL,
    newer_id uuid NOT NULL,
    CONSTRAINT context_successions_pkey PRIMARY KEY (workspace_id, older_id, newer_id),
    CONSTRAINT context_successions_older_fkey FOREIGN KEY (workspace_id, older_id)
      REFERENCES contexts (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT context_successions_newer_fkey FOREIGN KEY (workspace_id, newer_id)
      REFERENCES contexts (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT context_successions_other_check CHECK (older_id <> newer_id)
  );
  CREATE INDEX context_successions_newer_idx ON context_successions (workspace_id, newer_id);

  UPDATE contexts AS c SET superseded_by = next.id, superseded_at = greatest(next.created_at, c.created_at)
  FROM contexts AS next
  WHERE NOT c.is_latest AND next.workspace_id = c.workspace_id AND next.label_id = c.label_id AND next.archived_at IS NULL
    AND next.version = (
      SELECT min(version) FROM contexts AS later
      WHERE later.workspace_id = c.workspace_id AND later.label_id = c.label_id AND later.version > c.version
        AND later.archived_at IS NULL);
  `,
  `
  DROP TABLE context_successions;
  DROP INDEX contexts_slot_idx;
  DROP INDEX contexts_superseded_by_idx;
  ALTER TABLE contexts
    DROP COLUMN valid_from,
    DROP COLUMN valid_to,
    DROP COLUMN slot_subject,
    DROP COLUMN slot_attribute,
    DROP COLUMN superseded_by,
    DROP COLUMN superseded_at;
  `,
);
