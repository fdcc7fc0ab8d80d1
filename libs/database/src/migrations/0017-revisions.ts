import { defineMigration } from './define-migration.js';

const TABLES = ['sessions', 'contexts', 'handovers', 'retention_policies'] as const;

/**
 * Revisions are random instead of counted: a row that is deleted and imported again, or whose count starts again, never
 * has a revision that was there before.
 */
export const Revisions = defineMigration(
  'Revisions1795000000017',
  TABLES.map(
    (table) => `
  ALTER TABLE ${table} ALTER COLUMN revision DROP DEFAULT;
  ALTER TABLE ${table} ALTER COLUMN revision TYPE uuid USING gen_random_uuid();
  ALTER TABLE ${table} ALTER COLUMN revision SET DEFAULT gen_random_uuid();`,
  ).join(''),
  TABLES.map(
    (table) => `
  ALTER TABLE ${table} ALTER COLUMN revision DROP DEFAULT;
  ALTER TABLE ${table} ALTER COLUMN revision TYPE integer USING 1;`,
  ).join('') +
    `
  ALTER TABLE contexts ALTER COLUMN revision SET DEFAULT 1;
  ALTER TABLE retention_policies ALTER COLUMN revision SET DEFAULT 1;
  `,
);
