import { defineMigration } from './define-migration.js';

/**
 * What the cache remembers beside the data. An invalidation is written in the transaction of its write and goes when it
 * is delivered, so the first table is empty most of the time. Both are the platform's own: a tag names its workspace
 * itself, and a family is the same for all.
 */
export const Cache = defineMigration(
  'Cache1795000000008',
  `
  CREATE TABLE cache_invalidations (
    id uuid NOT NULL CONSTRAINT cache_invalidations_pkey PRIMARY KEY,
    tags text[] NOT NULL CONSTRAINT cache_invalidations_tags_check CHECK (cardinality(tags) > 0),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    claimed_until timestamptz
  );
  CREATE INDEX cache_invalidations_created_idx ON cache_invalidations (created_at);
  ALTER TABLE cache_invalidations SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

  CREATE TABLE cache_family_settings (
    family text NOT NULL CONSTRAINT cache_family_settings_pkey PRIMARY KEY,
    settings jsonb NOT NULL CONSTRAINT cache_family_settings_settings_check CHECK (jsonb_typeof(settings) = 'object'),
    updated_at timestamptz NOT NULL DEFAULT now()
  );
  `,
  `
  DROP TABLE cache_family_settings;
  DROP TABLE cache_invalidations;
  `,
);
