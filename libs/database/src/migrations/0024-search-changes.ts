import { defineMigration } from './define-migration.js';

/**
 * Which pieces of a project's searchable memory were written, changed or removed, by which transaction. A remembered search
 * names the snapshot that it was made at, and what was not visible in that has changed since, also what a slow transaction
 * commits late (`pg_visible_in_snapshot`). Rows are only added, so writers never wait for each other.
 *
 * Old rows go; `search_changes_removed` has one row, which says how far.
 */
export const SearchChangesTable = defineMigration(
  'SearchChanges1795000000024',
  `
  CREATE TABLE search_changes (
    workspace_id uuid NOT NULL,
    project_id uuid NOT NULL,
    written_by xid8 NOT NULL DEFAULT pg_current_xact_id(),
    number bigint GENERATED ALWAYS AS IDENTITY,
    piece_id uuid NOT NULL,
    kind text NOT NULL,
    written_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT search_changes_pkey PRIMARY KEY (workspace_id, project_id, written_by, number),
    CONSTRAINT search_changes_project_fkey FOREIGN KEY (workspace_id, project_id) REFERENCES projects (workspace_id, id) ON DELETE CASCADE
  ) WITH (autovacuum_vacuum_insert_scale_factor = 0.05);

  CREATE TABLE search_changes_removed (
    is_only boolean NOT NULL DEFAULT true CONSTRAINT search_changes_removed_pkey PRIMARY KEY,
    up_to xid8 NOT NULL,
    CONSTRAINT search_changes_removed_only_check CHECK (is_only)
  );
  `,
  `
  DROP TABLE search_changes_removed;
  DROP TABLE search_changes;
  `,
);
