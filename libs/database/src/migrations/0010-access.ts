import { defineMigration } from './define-migration.js';

/** Rate-limit tiers of keys, and tokens that are refused before they expire. */
export const Access = defineMigration(
  'Access1795000000010',
  `
  ALTER TABLE api_keys ADD COLUMN tier text;

  CREATE TABLE token_revocations (
    workspace_id uuid NOT NULL,
    kind text NOT NULL,
    value text COLLATE "C" NOT NULL,
    revoked_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT token_revocations_pkey PRIMARY KEY (workspace_id, kind, value),
    CONSTRAINT token_revocations_workspace_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE,
    CONSTRAINT token_revocations_kind_check CHECK (kind IN ('token', 'subject'))
  );
  CREATE INDEX token_revocations_expires_at_idx ON token_revocations (expires_at);
  `,
  `
  DROP TABLE token_revocations;
  ALTER TABLE api_keys DROP COLUMN tier;
  `,
);
