import { defineMigration } from './define-migration.js';

/**
 * What is remembered of users, one row each, and what changed it. Profiles are JSON as text, since `jsonb` would not keep the
 * order of names. A row of version 0 exists within the transaction that makes the first version alone.
 */
export const UserProfiles = defineMigration(
  'UserProfiles1795000000040',
  `
  CREATE TABLE user_profiles (
    workspace_id uuid NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    version integer NOT NULL,
    profile text NOT NULL,
    preferences text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    revision uuid NOT NULL,
    created_by text,
    CONSTRAINT user_profiles_pkey PRIMARY KEY (workspace_id, user_id),
    CONSTRAINT user_profiles_workspace_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
  );

  CREATE TABLE user_profile_changes (
    workspace_id uuid NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    version integer NOT NULL,
    patch text NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text,
    CONSTRAINT user_profile_changes_pkey PRIMARY KEY (workspace_id, user_id, version),
    CONSTRAINT user_profile_changes_profile_fkey FOREIGN KEY (workspace_id, user_id)
      REFERENCES user_profiles (workspace_id, user_id) ON DELETE CASCADE
  );
  `,
  `
  DROP TABLE user_profile_changes;
  DROP TABLE user_profiles;
  `,
);
