import { defineMigration } from './define-migration.js';

/**
 * Which of the newest versions of a project have a time of validity, and when the next of those times comes: searches ask for both.
 * A version of which nobody said anything, and that nothing supersedes, is in none of them.
 */
export const DatedContexts = defineMigration(
  'DatedContexts1795000000032',
  `
  CREATE INDEX contexts_valid_from_idx ON contexts (workspace_id, project_id, valid_from)
    WHERE is_latest AND valid_from IS NOT NULL;
  CREATE INDEX contexts_valid_to_idx ON contexts (workspace_id, project_id, valid_to)
    WHERE is_latest AND valid_to IS NOT NULL;
  CREATE INDEX contexts_superseded_at_idx ON contexts (workspace_id, project_id, superseded_at)
    WHERE is_latest AND superseded_at IS NOT NULL;
  `,
  `
  DROP INDEX contexts_valid_from_idx;
  DROP INDEX contexts_valid_to_idx;
  DROP INDEX contexts_superseded_at_idx;
  `,
);
