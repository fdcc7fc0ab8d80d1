import { defineMigration } from './define-migration.js';

/**
 * Contexts: lines of versions by project and label. The row of the label is the lock of its writers and holds the
 * last number given out. Usage is kept apart from the contexts, so that counting a read rewrites a few bytes.
 */
export const Contexts = defineMigration(
  'Contexts1795000000004',
  `
  CREATE TABLE context_labels (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    project_id uuid NOT NULL,
    label text COLLATE "C" NOT NULL,
    last_version integer NOT NULL DEFAULT 0,
    CONSTRAINT context_labels_pkey PRIMARY KEY (workspace_id, id),
    CONSTRAINT context_labels_label_key UNIQUE (workspace_id, project_id, label),
    CONSTRAINT context_labels_project_fkey FOREIGN KEY (workspace_id, project_id)
      REFERENCES projects (workspace_id, id) ON DELETE CASCADE
  );

  CREATE TABLE contexts (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    project_id uuid NOT NULL,
    label_id uuid NOT NULL,
    label text COLLATE "C" NOT NULL,
    version integer NOT NULL,
    is_latest boolean NOT NULL,
    content text NOT NULL,
    content_hash bytea NOT NULL,
    content_bytes integer NOT NULL,
    preview text NOT NULL,
    key_concepts text[] NOT NULL,
    extract_version smallint NOT NULL,
    signature bytea NOT NULL,
    tags text[] NOT NULL,
    priority text NOT NULL,
    priority_detected boolean NOT NULL,
    session_id uuid,
    metadata jsonb NOT NULL,
    revision integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    archived_at timestamptz,
    archive_reason text,
    CONSTRAINT contexts_pkey PRIMARY KEY (workspace_id, id),
    CONSTRAINT contexts_version_key UNIQUE (workspace_id, label_id, version),
    CONSTRAINT contexts_project_fkey FOREIGN KEY (workspace_id, project_id)
      REFERENCES projects (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT contexts_label_fkey FOREIGN KEY (workspace_id, label_id)
      REFERENCES context_labels (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT contexts_session_fkey FOREIGN KEY (workspace_id, session_id)
      REFERENCES sessions (workspace_id, id) ON DELETE SET NULL (session_id),
    CONSTRAINT contexts_priority_check CHECK (priority IN ('always_check', 'important', 'reference')),
    CONSTRAINT contexts_latest_check CHECK (NOT is_latest OR archived_at IS NULL)
  );
  CREATE UNIQUE INDEX contexts_latest_key ON contexts (workspace_id, label_id) WHERE is_latest;
  CREATE INDEX contexts_project_idx ON contexts (workspace_id, project_id, id);
  CREATE INDEX contexts_project_latest_idx ON contexts (workspace_id, project_id, id) WHERE is_latest;
  CREATE INDEX contexts_project_label_idx ON contexts (workspace_id, project_id, label) WHERE is_latest;
  CREATE INDEX contexts_always_check_idx ON contexts (workspace_id, project_id, id)
    WHERE is_latest AND priority = 'always_check';
  CREATE INDEX contexts_content_hash_idx ON contexts (workspace_id, project_id, content_hash) WHERE is_latest;
  CREATE INDEX contexts_session_idx ON contexts (workspace_id, session_id, id) WHERE session_id IS NOT NULL;
  CREATE INDEX contexts_archived_at_idx ON contexts (workspace_id, project_id, archived_at)
    WHERE archived_at IS NOT NULL;

  CREATE TABLE context_bands (
    workspace_id uuid NOT NULL,
    project_id uuid NOT NULL,
    band bigint NOT NULL,
    context_id uuid NOT NULL,
    CONSTRAINT context_bands_pkey PRIMARY KEY (workspace_id, project_id, band, context_id),
    CONSTRAINT context_bands_context_fkey FOREIGN KEY (workspace_id, context_id)
      REFERENCES contexts (workspace_id, id) ON DELETE CASCADE
  );
  CREATE INDEX context_bands_context_idx ON context_bands (workspace_id, context_id);

  CREATE TABLE context_usage (
    workspace_id uuid NOT NULL,
    context_id uuid NOT NULL,
    access_count bigint NOT NULL,
    last_accessed_at timestamptz NOT NULL,
    CONSTRAINT context_usage_pkey PRIMARY KEY (workspace_id, context_id),
    CONSTRAINT context_usage_context_fkey FOREIGN KEY (workspace_id, context_id)
      REFERENCES contexts (workspace_id, id) ON DELETE CASCADE
  );

  CREATE TABLE context_session_uses (
    workspace_id uuid NOT NULL,
    session_id uuid NOT NULL,
    context_id uuid NOT NULL,
    last_used_at timestamptz NOT NULL,
    CONSTRAINT context_session_uses_pkey PRIMARY KEY (workspace_id, session_id, context_id),
    CONSTRAINT context_session_uses_session_fkey FOREIGN KEY (workspace_id, session_id)
      REFERENCES sessions (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT context_session_uses_context_fkey FOREIGN KEY (workspace_id, context_id)
      REFERENCES contexts (workspace_id, id) ON DELETE CASCADE
  );
  CREATE INDEX context_session_uses_context_idx ON context_session_uses (workspace_id, context_id);

  CREATE TABLE retention_policies (
    workspace_id uuid NOT NULL,
    project_id uuid NOT NULL,
    archive_after_days integer,
    purge_after_days integer,
    notice_days integer NOT NULL,
    revision integer NOT NULL DEFAULT 1,
    updated_at timestamptz NOT NULL,
    CONSTRAINT retention_policies_pkey PRIMARY KEY (workspace_id, project_id),
    CONSTRAINT retention_policies_project_fkey FOREIGN KEY (workspace_id, project_id)
      REFERENCES projects (workspace_id, id) ON DELETE CASCADE
  );
  `,
  `
  DROP TABLE retention_policies;
  DROP TABLE context_session_uses;
  DROP TABLE context_usage;
  DROP TABLE context_bands;
  DROP TABLE contexts;
  DROP TABLE context_labels;
  `,
);
