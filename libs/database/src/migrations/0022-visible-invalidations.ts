import { defineMigration } from './define-migration.js';

/**
 * Which transaction wrote a row. A row is seen when its transaction has committed, which may be long after it was written, and
 * clocks are set back; a snapshot (`pg_visible_in_snapshot`) says for sure whether a look that took it has seen the row.
 */
export const VisibleInvalidations = defineMigration(
  'VisibleInvalidations1795000000022',
  `
  ALTER TABLE cache_invalidations ADD COLUMN written_by xid8 NOT NULL DEFAULT pg_current_xact_id();
  `,
  `
  ALTER TABLE cache_invalidations DROP COLUMN written_by;
  `,
);
