import { defineMigration } from './define-migration.js';

/**
 * Which server was last found to take the writes of the cache: a witness outside Redis. A server that was replaced and
 * took over again still has the run id, the replication id and the entries of before; only this row knows that another
 * was in between. It also distinguishes processes without
 * Redis that others have one, and when the last of these was there. One row for each key namespace; the platform's own, it holds nothing of a workspace.
 */
export const CachePrimaries = defineMigration(
  'CachePrimaries1795000000016',
  `
  CREATE TABLE cache_primaries (
    namespace text NOT NULL CONSTRAINT cache_primaries_pkey PRIMARY KEY,
    identity text NOT NULL,
    term uuid NOT NULL,
    renewed text[] NOT NULL DEFAULT '{}',
    moved_at timestamptz,
    seen_at timestamptz NOT NULL DEFAULT clock_timestamp()
  );
  `,
  `
  DROP TABLE cache_primaries;
  `,
);
