import { defineMigration } from './define-migration.js';

/**
 * The full-text index: what can be found, cut into segments that a tsvector can hold, and its postings. A posting
 * carries the length of its document, so that ranking the documents of a term reads the index of the postings alone.
 *
 * `search_words` are the words that a misspelt one is compared with; one may be there more than once.
 */
export const Search = defineMigration(
  'Search1795000000006',
  `
  CREATE TABLE search_documents (
    workspace_id uuid NOT NULL,
    project_id uuid NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL,
    label text,
    version integer,
    priority text,
    tags text[] NOT NULL,
    session_id uuid,
    length integer NOT NULL,
    analysis text NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT search_documents_pkey PRIMARY KEY (workspace_id, id),
    CONSTRAINT search_documents_label_key UNIQUE (workspace_id, project_id, kind, label),
    CONSTRAINT search_documents_kind_check CHECK (kind IN ('context', 'entry', 'message')),
    CONSTRAINT search_documents_project_fkey FOREIGN KEY (workspace_id, project_id) REFERENCES projects (workspace_id, id) ON DELETE CASCADE
  );
  CREATE INDEX search_documents_project_idx ON search_documents (workspace_id, project_id) INCLUDE (length);

  CREATE TABLE search_segments (
    workspace_id uuid NOT NULL,
    document_id uuid NOT NULL,
    position integer NOT NULL,
    text text NOT NULL,
    vector tsvector NOT NULL,
    CONSTRAINT search_segments_pkey PRIMARY KEY (workspace_id, document_id, position),
    CONSTRAINT search_segments_document_fkey FOREIGN KEY (workspace_id, document_id) REFERENCES search_documents (workspace_id, id) ON DELETE CASCADE
  );

  CREATE TABLE search_postings (
    workspace_id uuid NOT NULL,
    project_id uuid NOT NULL,
    document_id uuid NOT NULL,
    frequency integer NOT NULL,
    length integer NOT NULL,
    term text COLLATE "C" NOT NULL,
    CONSTRAINT search_postings_pkey PRIMARY KEY (workspace_id, project_id, term, document_id) INCLUDE (frequency, length),
    CONSTRAINT search_postings_project_fkey FOREIGN KEY (workspace_id, project_id) REFERENCES projects (workspace_id, id) ON DELETE CASCADE
  ) WITH (autovacuum_vacuum_insert_scale_factor = 0.05);

  CREATE TABLE search_words (
    workspace_id uuid NOT NULL,
    project_id uuid NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    term text COLLATE "C" NOT NULL,
    word text COLLATE "C" NOT NULL,
    CONSTRAINT search_words_pkey PRIMARY KEY (workspace_id, project_id, term, word, id),
    CONSTRAINT search_words_project_fkey FOREIGN KEY (workspace_id, project_id) REFERENCES projects (workspace_id, id) ON DELETE CASCADE
  );
  `,
  `
  DROP TABLE search_words;
  DROP TABLE search_postings;
  DROP TABLE search_segments;
  DROP TABLE search_documents;
  `,
);
