import { defineMigration } from './define-migration.js';

/**
 * Workspaces of which something was deleted for good, so that what the caches hold of them is removed everywhere. A row
 * is written in the transaction of the deletion; `done_at` says since when the shared tier holds nothing of before. Rows
 * go a while later, when every process has seen them. The platform's own: a scope names its workspace itself.
 */
export const CacheErasures = defineMigration(
  'CacheErasures1795000000021',
  `
  CREATE TABLE cache_erasures (
    id uuid NOT NULL CONSTRAINT cache_erasures_pkey PRIMARY KEY,
    scope text COLLATE "C" NOT NULL CONSTRAINT cache_erasures_scope_check CHECK (scope <> ''),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    claimed_until timestamptz,
    done_at timestamptz
  );
  ALTER TABLE cache_erasures SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
  `,
  `
  DROP TABLE cache_erasures;
  `,
);
