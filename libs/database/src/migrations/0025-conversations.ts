import { defineMigration } from './define-migration.js';

/**
 * Conversations and their messages. A conversation's row gives out sequence numbers under its lock. The earlier texts of
 * an edited message hang on the audit line of the edit, and go with the message.
 */
export const Conversations = defineMigration(
  'Conversations1795000000025',
  `
  CREATE TABLE conversations (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    project_id uuid NOT NULL,
    external_id text,
    user_id text,
    session_id uuid,
    title text,
    metadata jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    archived_at timestamptz,
    last_seq integer NOT NULL,
    message_count integer NOT NULL,
    last_message_at timestamptz,
    revision uuid NOT NULL,
    CONSTRAINT conversations_pkey PRIMARY KEY (workspace_id, id),
    CONSTRAINT conversations_project_fkey FOREIGN KEY (workspace_id, project_id)
      REFERENCES projects (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT conversations_session_fkey FOREIGN KEY (workspace_id, session_id)
      REFERENCES sessions (workspace_id, id) ON DELETE SET NULL (session_id)
  );
  CREATE INDEX conversations_project_idx ON conversations (workspace_id, project_id, id);
  CREATE UNIQUE INDEX conversations_external_id_key ON conversations (workspace_id, project_id, external_id)
    WHERE external_id IS NOT NULL;
  CREATE INDEX conversations_user_idx ON conversations (workspace_id, user_id, id) WHERE user_id IS NOT NULL;
  CREATE INDEX conversations_session_idx ON conversations (workspace_id, session_id, id) WHERE session_id IS NOT NULL;

  CREATE TABLE messages (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    project_id uuid NOT NULL,
    seq integer NOT NULL,
    client_id text,
    role text NOT NULL,
    name text,
    content jsonb NOT NULL,
    metadata jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    edited_at timestamptz,
    given_hash bytea NOT NULL,
    size_bytes integer NOT NULL,
    calls text[] NOT NULL,
    revision uuid NOT NULL,
    CONSTRAINT messages_pkey PRIMARY KEY (workspace_id, id),
    CONSTRAINT messages_seq_key UNIQUE (workspace_id, conversation_id, seq),
    CONSTRAINT messages_conversation_fkey FOREIGN KEY (workspace_id, conversation_id)
      REFERENCES conversations (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT messages_project_fkey FOREIGN KEY (workspace_id, project_id)
      REFERENCES projects (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT messages_role_check CHECK (role IN ('system', 'user', 'assistant', 'tool')),
    CONSTRAINT messages_seq_check CHECK (seq > 0)
  );
  CREATE UNIQUE INDEX messages_client_id_key ON messages (workspace_id, conversation_id, client_id)
    WHERE client_id IS NOT NULL;
  CREATE INDEX messages_project_idx ON messages (workspace_id, project_id, id);
  CREATE INDEX messages_calls_idx ON messages (workspace_id, conversation_id, seq) WHERE cardinality(calls) > 0;

  CREATE TABLE message_edits (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    message_id uuid NOT NULL,
    content jsonb NOT NULL,
    CONSTRAINT message_edits_pkey PRIMARY KEY (workspace_id, id),
    CONSTRAINT message_edits_line_fkey FOREIGN KEY (workspace_id, id)
      REFERENCES audit_lines (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT message_edits_message_fkey FOREIGN KEY (workspace_id, message_id)
      REFERENCES messages (workspace_id, id) ON DELETE CASCADE
  );
  CREATE INDEX message_edits_message_idx ON message_edits (workspace_id, message_id);
  `,
  `
  DROP TABLE message_edits;
  DROP TABLE messages;
  DROP TABLE conversations;
  `,
);
