import { defineMigration } from './define-migration.js';

/** What a session leaves for the next one. A session has one in each project it worked in, besides those made by hand. */
export const Handovers = defineMigration(
  'Handovers1795000000005',
  `
  CREATE TABLE handovers (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    project_id uuid NOT NULL,
    session_id uuid,
    reason text NOT NULL,
    content jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    acknowledged_at timestamptz,
    acknowledged_by text,
    acknowledged_session_id uuid,
    revision integer NOT NULL,
    CONSTRAINT handovers_pkey PRIMARY KEY (workspace_id, id),
    CONSTRAINT handovers_project_fkey FOREIGN KEY (workspace_id, project_id)
      REFERENCES projects (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT handovers_session_fkey FOREIGN KEY (workspace_id, session_id)
      REFERENCES sessions (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT handovers_acknowledged_session_fkey FOREIGN KEY (workspace_id, acknowledged_session_id)
      REFERENCES sessions (workspace_id, id) ON DELETE SET NULL (acknowledged_session_id),
    CONSTRAINT handovers_reason_check CHECK (reason IN ('end', 'idle', 'expiry', 'switch', 'manual')),
    CONSTRAINT handovers_session_check CHECK (reason = 'manual' OR session_id IS NOT NULL),
    CONSTRAINT handovers_acknowledged_check CHECK ((acknowledged_at IS NULL) = (acknowledged_by IS NULL))
  );
  CREATE UNIQUE INDEX handovers_session_key ON handovers (workspace_id, session_id, project_id)
    WHERE reason <> 'manual';
  CREATE INDEX handovers_session_idx ON handovers (workspace_id, session_id);
  CREATE INDEX handovers_acknowledged_session_idx ON handovers (workspace_id, acknowledged_session_id)
    WHERE acknowledged_session_id IS NOT NULL;
  CREATE INDEX handovers_project_idx ON handovers (workspace_id, project_id, id);
  CREATE INDEX handovers_latest_idx ON handovers (workspace_id, project_id, updated_at, id);
  `,
  'DROP TABLE handovers;',
);
