import { defineMigration } from './define-migration.js';

const TABLES = ['contexts', 'session_entries', 'handovers', 'messages', 'agent_states'];

/** Who wrote a row: the id of a principal, and of what was imported also who wrote it first, as the file says. */
export const Authors = defineMigration(
  'Authors1795000000034',
  TABLES.map((table) => `ALTER TABLE ${table} ADD COLUMN created_by text, ADD COLUMN imported_author text;`).join('\n'),
  TABLES.map((table) => `ALTER TABLE ${table} DROP COLUMN created_by, DROP COLUMN imported_author;`).join('\n'),
);
