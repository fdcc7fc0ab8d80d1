import { defineMigration } from './define-migration.js';

/** What administrators did, and what each process last said of its cache. */
export const Admin = defineMigration(
  'Admin1795000000011',
  `
  CREATE TABLE audit_lines (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    principal_id text NOT NULL,
    action text NOT NULL,
    reason text NOT NULL,
    details jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT audit_lines_pkey PRIMARY KEY (workspace_id, id),
    CONSTRAINT audit_lines_workspace_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
  );

  CREATE TABLE process_reports (
    process_id uuid NOT NULL,
    report jsonb NOT NULL,
    reported_at timestamptz NOT NULL,
    CONSTRAINT process_reports_pkey PRIMARY KEY (process_id)
  );
  CREATE INDEX process_reports_reported_at_idx ON process_reports (reported_at);
  `,
  `
  DROP TABLE process_reports;
  DROP TABLE audit_lines;
  `,
);
