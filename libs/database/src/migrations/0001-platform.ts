import { defineMigration } from './define-migration.js';

/** Tenants, credentials and the answers kept for idempotency keys. Every key leads with the workspace. */
export const Platform = defineMigration(
  'Platform1795000000001',
  `
  CREATE EXTENSION IF NOT EXISTS pg_trgm;

  CREATE TABLE workspaces (
    id uuid NOT NULL,
    slug text NOT NULL,
    name text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT workspaces_pkey PRIMARY KEY (id),
    CONSTRAINT workspaces_slug_key UNIQUE (slug)
  );

  CREATE TABLE api_keys (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    prefix text NOT NULL,
    secret_hash bytea NOT NULL,
    scopes text[] NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    revoked_at timestamptz,
    CONSTRAINT api_keys_pkey PRIMARY KEY (workspace_id, id),
    CONSTRAINT api_keys_secret_hash_key UNIQUE (secret_hash),
    CONSTRAINT api_keys_workspace_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
  );

  CREATE TABLE idempotency_keys (
    workspace_id uuid NOT NULL,
    principal_id text NOT NULL,
    key text NOT NULL,
    request_hash bytea NOT NULL,
    claim uuid NOT NULL,
    response_status smallint,
    response_headers jsonb,
    response_body text,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    CONSTRAINT idempotency_keys_pkey PRIMARY KEY (workspace_id, principal_id, key),
    CONSTRAINT idempotency_keys_workspace_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
  );
  CREATE INDEX idempotency_keys_expires_at_idx ON idempotency_keys (expires_at);
  `,
  `
  DROP TABLE idempotency_keys;
  DROP TABLE api_keys;
  DROP TABLE workspaces;
  DROP EXTENSION pg_trgm;
  `,
);
