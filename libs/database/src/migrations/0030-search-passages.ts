import { defineMigration } from './define-migration.js';

/**
 * Postings of passages: a document has one for each term and passage that holds it. Postings that are there already stand for
 * documents of one passage, and are found as they were until their documents are indexed again.
 *
 * `position` is where a message or an entry stands: bits of the SHA-256 of its conversation or session, then its number there.
 * Postings, documents and changes carry it, so that what stands around a hit, and around what has changed, is found without
 * a look at the texts. A posting of frequency 0 is that of a name which the text does not hold and its author has.
 */
export const SearchPassages = defineMigration(
  'SearchPassages1795000000030',
  `
  ALTER TABLE search_documents
    ADD COLUMN passages integer NOT NULL DEFAULT 1,
    ADD COLUMN position bigint,
    ADD COLUMN role text,
    ADD COLUMN author_terms text[] NOT NULL DEFAULT '{}';
  DROP INDEX search_documents_project_idx;
  CREATE INDEX search_documents_project_idx ON search_documents (workspace_id, project_id) INCLUDE (length, passages);
  CREATE INDEX search_documents_position_idx ON search_documents (workspace_id, project_id, position)
    WHERE position IS NOT NULL;

  ALTER TABLE search_postings
    ADD COLUMN passage integer NOT NULL DEFAULT 1,
    ADD COLUMN factor real NOT NULL DEFAULT 1,
    ADD COLUMN position bigint,
    ADD COLUMN is_author boolean NOT NULL DEFAULT false,
    DROP CONSTRAINT search_postings_pkey,
    ADD CONSTRAINT search_postings_pkey PRIMARY KEY (workspace_id, project_id, term, document_id, passage)
      INCLUDE (frequency, length, factor, position, is_author);

  ALTER TABLE search_changes ADD COLUMN position bigint;
  `,
  `
  ALTER TABLE search_changes DROP COLUMN position;

  DELETE FROM search_postings;
  UPDATE search_documents SET analysis = '';
  ALTER TABLE search_postings
    DROP CONSTRAINT search_postings_pkey,
    DROP COLUMN passage,
    DROP COLUMN factor,
    DROP COLUMN position,
    DROP COLUMN is_author,
    ADD CONSTRAINT search_postings_pkey PRIMARY KEY (workspace_id, project_id, term, document_id) INCLUDE (frequency, length);

  DROP INDEX search_documents_position_idx;
  DROP INDEX search_documents_project_idx;
  ALTER TABLE search_documents
    DROP COLUMN passages,
    DROP COLUMN position,
    DROP COLUMN role,
    DROP COLUMN author_terms;
  CREATE INDEX search_documents_project_idx ON search_documents (workspace_id, project_id) INCLUDE (length);
  `,
);
