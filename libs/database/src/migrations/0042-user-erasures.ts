import { defineMigration } from './define-migration.js';

/**
 * Erasures of users. A report outlives the user's name, so it is found by a keyed hash of that; the name itself stands there
 * until the work is done. Items are the conversations and messages of before the request: what is written later is new.
 */
export const UserErasures = defineMigration(
  'UserErasures1795000000042',
  `
  CREATE TABLE user_erasures (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    user_key bytea NOT NULL CONSTRAINT user_erasures_key_check CHECK (octet_length(user_key) = 32),
    user_id text COLLATE "C",
    job_id uuid,
    requested_at timestamptz NOT NULL,
    finished_at timestamptz,
    removed jsonb NOT NULL DEFAULT '{}',
    anonymised jsonb NOT NULL DEFAULT '{}',
    found jsonb,
    kept jsonb,
    CONSTRAINT user_erasures_pkey PRIMARY KEY (workspace_id, id),
    CONSTRAINT user_erasures_workspace_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE,
    CONSTRAINT user_erasures_finished_check CHECK ((finished_at IS NULL) = (user_id IS NOT NULL))
  );
  CREATE INDEX user_erasures_user_idx ON user_erasures (workspace_id, user_key, id);

  CREATE TABLE user_erasure_items (
    workspace_id uuid NOT NULL,
    erasure_id uuid NOT NULL,
    kind text NOT NULL,
    id uuid NOT NULL,
    is_done boolean NOT NULL DEFAULT false,
    CONSTRAINT user_erasure_items_pkey PRIMARY KEY (workspace_id, erasure_id, kind, id),
    CONSTRAINT user_erasure_items_erasure_fkey FOREIGN KEY (workspace_id, erasure_id)
      REFERENCES user_erasures (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT user_erasure_items_kind_check CHECK (kind IN ('conversation', 'message'))
  );
  `,
  `
  DROP TABLE user_erasure_items;
  DROP TABLE user_erasures;
  `,
);
