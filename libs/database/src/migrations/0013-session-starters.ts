import { defineMigration } from './define-migration.js';

/** Who started a session: for warming what a user is going to read. Nothing finds a session by it for a client. */
export const SessionStarters = defineMigration(
  'SessionStarters1795000000013',
  `
  ALTER TABLE sessions ADD COLUMN started_by text;
  CREATE INDEX sessions_started_by_idx ON sessions (workspace_id, started_by, id) WHERE started_by IS NOT NULL;
  `,
  `
  DROP INDEX sessions_started_by_idx;
  ALTER TABLE sessions DROP COLUMN started_by;
  `,
);
