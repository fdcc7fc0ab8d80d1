import { defineMigration } from './define-migration.js';

/** What was set of a workspace: its settings as they were chosen, without what holds by default. */
export const WorkspaceSettings = defineMigration(
  'WorkspaceSettings1795000000038',
  `
  CREATE TABLE workspace_settings (
    workspace_id uuid NOT NULL,
    choice jsonb NOT NULL DEFAULT '{}',
    revision uuid,
    updated_at timestamptz,
    CONSTRAINT workspace_settings_pkey PRIMARY KEY (workspace_id),
    CONSTRAINT workspace_settings_workspace_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
  );
  `,
  'DROP TABLE workspace_settings;',
);
