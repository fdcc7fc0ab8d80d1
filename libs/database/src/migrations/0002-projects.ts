import { defineMigration } from './define-migration.js';

export const Projects = defineMigration(
  'Projects1795000000002',
  `
  CREATE TABLE projects (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    slug text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT projects_pkey PRIMARY KEY (workspace_id, id),
    CONSTRAINT projects_slug_key UNIQUE (workspace_id, slug),
    CONSTRAINT projects_workspace_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
  );
  `,
  'DROP TABLE projects;',
);
