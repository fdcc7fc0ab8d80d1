import { defineMigration } from './define-migration.js';

/** Working periods of clients, and the log lines they write. The state of a session is derived from its times. */
export const Sessions = defineMigration(
  'Sessions1795000000003',
  `
  CREATE TABLE sessions (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    project_id uuid NOT NULL,
    client text,
    metadata jsonb NOT NULL,
    summary text,
    created_at timestamptz NOT NULL,
    last_active_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    finalised_at timestamptz,
    ended_at timestamptz,
    revision integer NOT NULL,
    CONSTRAINT sessions_pkey PRIMARY KEY (workspace_id, id),
    CONSTRAINT sessions_project_fkey FOREIGN KEY (workspace_id, project_id)
      REFERENCES projects (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT sessions_ended_check CHECK (ended_at IS NULL OR finalised_at IS NOT NULL)
  );
  CREATE INDEX sessions_project_idx ON sessions (workspace_id, project_id, id);
  CREATE INDEX sessions_project_unfinalised_idx ON sessions (workspace_id, project_id, id) WHERE finalised_at IS NULL;
  CREATE INDEX sessions_unfinalised_idx ON sessions (last_active_at, workspace_id, id) WHERE finalised_at IS NULL;

  CREATE TABLE session_entries (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    session_id uuid NOT NULL,
    project_id uuid NOT NULL,
    kind text NOT NULL,
    text text NOT NULL,
    metadata jsonb NOT NULL,
    priority smallint,
    created_at timestamptz NOT NULL,
    resolved_at timestamptz,
    resolved_by uuid,
    CONSTRAINT session_entries_pkey PRIMARY KEY (workspace_id, id),
    CONSTRAINT session_entries_session_fkey FOREIGN KEY (workspace_id, session_id)
      REFERENCES sessions (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT session_entries_project_fkey FOREIGN KEY (workspace_id, project_id)
      REFERENCES projects (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT session_entries_resolved_by_fkey FOREIGN KEY (workspace_id, resolved_by)
      REFERENCES session_entries (workspace_id, id) ON DELETE SET NULL (resolved_by),
    CONSTRAINT session_entries_kind_check
      CHECK (kind IN ('progress', 'decision', 'error', 'todo', 'question', 'insight')),
    CONSTRAINT session_entries_priority_check CHECK ((kind = 'todo') = (priority IS NOT NULL)),
    CONSTRAINT session_entries_resolved_check
      CHECK (resolved_at IS NULL OR kind IN ('todo', 'question', 'error'))
  );
  CREATE INDEX session_entries_session_idx ON session_entries (workspace_id, session_id, id);
  CREATE INDEX session_entries_project_idx ON session_entries (workspace_id, project_id, id);
  CREATE INDEX session_entries_resolved_by_idx ON session_entries (workspace_id, resolved_by)
    WHERE resolved_by IS NOT NULL;
  CREATE INDEX session_entries_open_todos_idx ON session_entries (workspace_id, project_id, priority, id)
    WHERE kind = 'todo' AND resolved_at IS NULL;
  `,
  `
  DROP TABLE session_entries;
  DROP TABLE sessions;
  `,
);
