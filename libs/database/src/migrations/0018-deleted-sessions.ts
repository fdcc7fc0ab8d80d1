import { defineMigration } from './define-migration.js';

/**
 * A session is deleted with the project it works in last. What it wrote and left in other projects is theirs and stays,
 * without the session.
 */
export const DeletedSessions = defineMigration(
  'DeletedSessions1795000000018',
  `
  ALTER TABLE session_entries ALTER COLUMN session_id DROP NOT NULL;
  ALTER TABLE session_entries DROP CONSTRAINT session_entries_session_fkey;
  ALTER TABLE session_entries ADD CONSTRAINT session_entries_session_fkey FOREIGN KEY (workspace_id, session_id)
    REFERENCES sessions (workspace_id, id) ON DELETE SET NULL (session_id);

  ALTER TABLE handovers DROP CONSTRAINT handovers_session_check;
  ALTER TABLE handovers DROP CONSTRAINT handovers_session_fkey;
  ALTER TABLE handovers ADD CONSTRAINT handovers_session_fkey FOREIGN KEY (workspace_id, session_id)
    REFERENCES sessions (workspace_id, id) ON DELETE SET NULL (session_id);

  UPDATE search_documents d SET session_id = NULL
  WHERE session_id IS NOT NULL
    AND NOT EXISTS (SELECT FROM sessions s WHERE s.workspace_id = d.workspace_id AND s.id = d.session_id);
  ALTER TABLE search_documents ADD CONSTRAINT search_documents_session_fkey FOREIGN KEY (workspace_id, session_id)
    REFERENCES sessions (workspace_id, id) ON DELETE SET NULL (session_id);
  CREATE INDEX search_documents_session_idx ON search_documents (workspace_id, session_id) WHERE session_id IS NOT NULL;
  `,
  `
  DROP INDEX search_documents_session_idx;
  ALTER TABLE search_documents DROP CONSTRAINT search_documents_session_fkey;

  DELETE FROM handovers WHERE session_id IS NULL AND reason <> 'manual';
  ALTER TABLE handovers DROP CONSTRAINT handovers_session_fkey;
  ALTER TABLE handovers ADD CONSTRAINT handovers_session_fkey FOREIGN KEY (workspace_id, session_id)
    REFERENCES sessions (workspace_id, id) ON DELETE CASCADE;
  ALTER TABLE handovers ADD CONSTRAINT handovers_session_check CHECK (reason = 'manual' OR session_id IS NOT NULL);

  DELETE FROM session_entries WHERE session_id IS NULL;
  ALTER TABLE session_entries DROP CONSTRAINT session_entries_session_fkey;
  ALTER TABLE session_entries ADD CONSTRAINT session_entries_session_fkey FOREIGN KEY (workspace_id, session_id)
    REFERENCES sessions (workspace_id, id) ON DELETE CASCADE;
  ALTER TABLE session_entries ALTER COLUMN session_id SET NOT NULL;
  `,
);
