import { LITERAL_PREFIX } from '../analysis/literals.js';

/* Writing to the index: documents, their segments, postings and words, and what of them has changed. */

/** Of a document, over its terms: literals are found, but a text of many signs is no longer for them. */
const LENGTH = `coalesce(sum(frequency) FILTER (WHERE NOT starts_with(term, '${LITERAL_PREFIX}')), 0)::integer`;

/**
 * $1 workspace, $2 ids, $3 projects, $4 kinds, $5 labels (parallel). Locks what it finds, so that the statements that
 * follow see its postings as the last writer left them.
 */
export const replacedDocuments = `
  SELECT document.id
  FROM (
    SELECT id FROM unnest($2::uuid[]) AS given (given_id)
      CROSS JOIN LATERAL (SELECT id FROM search_documents WHERE workspace_id = $1 AND id = given_id OFFSET 0) AS same
    UNION
    SELECT id FROM unnest($3::uuid[], $4::text[], $5::text[]) AS given (given_project, given_kind, given_label)
      CROSS JOIN LATERAL (
        SELECT id FROM search_documents
        WHERE workspace_id = $1 AND project_id = given_project AND kind = given_kind AND label = given_label OFFSET 0) AS same
    ORDER BY id
  ) AS found
    CROSS JOIN LATERAL (SELECT id FROM search_documents WHERE workspace_id = $1 AND id = found.id FOR UPDATE) AS document`;

/**
 * $1 analysis, $2 limit. Locks what it finds, passing over what others have locked. Where something stands is asked of what it is,
 * since older releases have not kept it.
 */
export const staleDocuments = `
  SELECT workspace_id, project_id, id, kind, label, version, priority, tags, session_id, created_at, (
    SELECT string_agg(text, '' ORDER BY position) FROM search_segments AS s
    WHERE s.workspace_id = document.workspace_id AND s.document_id = document.id AND position > 0) AS text,
    coalesce(conversation_id, CASE kind WHEN 'entry' THEN session_id END) AS thread_id,
    coalesce(seq, CASE kind WHEN 'entry' THEN (
      SELECT count(*)::integer FROM session_entries AS e
      WHERE e.workspace_id = document.workspace_id AND e.session_id = document.session_id
        AND e.project_id = document.project_id AND e.id <= document.id) END) AS number,
    message.role, message.name
  FROM search_documents AS document
    LEFT JOIN LATERAL (
      SELECT conversation_id, seq, role, name FROM messages AS m
      WHERE m.workspace_id = document.workspace_id AND m.id = document.id OFFSET 0) AS message ON kind = 'message'
  WHERE analysis <> $1
  LIMIT $2
  FOR UPDATE OF document SKIP LOCKED`;

/** Which terms each passage of `segment` holds, and how long it is; the same for what the index does not hold. */
export const occurrencesIn = (segment: string) => `
  occurrence AS MATERIALIZED (
    SELECT document_id, term, passage, sum(frequency)::integer AS frequency FROM (
      SELECT document_id, lexeme AS term, first_passage AS passage, cardinality(positions) AS frequency
      FROM ${segment} CROSS JOIN LATERAL unnest(vector) WHERE cardinality(starts) = 1
      UNION ALL
      SELECT document_id, lexeme, first_passage + (width_bucket(place::integer, starts) - 1) % (cardinality(starts) / 2), 1
      FROM ${segment} CROSS JOIN LATERAL unnest(vector) CROSS JOIN LATERAL unnest(positions) AS place
      WHERE cardinality(starts) > 1) AS held
    GROUP BY document_id, term, passage
  ), size AS MATERIALIZED (
    SELECT document_id, passage, ${LENGTH} AS length FROM occurrence GROUP BY document_id, passage
  )`;

/**
 * $1 workspace, $2 language, $3 analysis, $4 documents (JSON), $5 ids, $6 positions, $7 texts, $8 words, $9 first passages and
 * $10 starts of the segments (parallel). A document that is there already is only analysed again. A session that was deleted
 * meanwhile is left out.
 */
export const documentInsert = `
  WITH document AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset($4::jsonb) AS d (
      id uuid, project_id uuid, kind text, label text, version integer, priority text, tags text[], session_id uuid,
      created_at timestamptz, passages integer, factor real, position bigint, role text, author text)
  ), segment AS MATERIALIZED (
    SELECT document_id, position, text, to_tsvector($2::regconfig, words) AS vector, first_passage, starts::integer[] AS starts
    FROM unnest($5::uuid[], $6::integer[], $7::text[], $8::text[], $9::integer[], $10::text[])
      AS s (document_id, position, text, words, first_passage, starts)
  ), author AS MATERIALIZED (
    SELECT id AS document_id, lexeme AS term
    FROM document CROSS JOIN LATERAL unnest(to_tsvector($2::regconfig, author)) WHERE author IS NOT NULL
  ), ${occurrencesIn('segment')}, stored_document AS (
    INSERT INTO search_documents (workspace_id, project_id, id, kind, label, version, priority, tags, session_id, length,
      analysis, created_at, passages, position, role, author_terms)
    SELECT $1, project_id, id, kind, label, version, priority, tags,
      (SELECT s.id FROM sessions AS s WHERE s.workspace_id = $1 AND s.id = document.session_id FOR KEY SHARE),
      coalesce(total.length, 0), $3, created_at, passages, position, role, coalesce(terms, '{}')
    FROM document
      LEFT JOIN (SELECT document_id, sum(length)::integer AS length FROM size GROUP BY document_id) AS total
        ON total.document_id = id
      LEFT JOIN (SELECT document_id, array_agg(term) AS terms FROM author GROUP BY document_id) AS named
        ON named.document_id = id
    ON CONFLICT (workspace_id, id) DO UPDATE SET length = excluded.length, analysis = excluded.analysis,
      passages = excluded.passages, position = excluded.position, role = excluded.role, author_terms = excluded.author_terms
  ), noted AS (
    INSERT INTO search_changes (workspace_id, project_id, piece_id, kind, position)
    SELECT $1, project_id, id, kind, position FROM document
  ), stored_segment AS (
    INSERT INTO search_segments (workspace_id, document_id, position, text, vector)
    SELECT $1, document_id, position, text, vector FROM segment
  )
  INSERT INTO search_postings (workspace_id, project_id, term, document_id, passage, frequency, length, factor, position, is_author)
  SELECT $1, project_id, term, id, passage, frequency, coalesce(length, 0), factor, position, is_author
  FROM (
    SELECT document_id, term, passage, frequency, author.term IS NOT NULL AS is_author
    FROM occurrence LEFT JOIN author USING (document_id, term)
    UNION ALL
    SELECT document_id, term, 1, 0, true FROM author LEFT JOIN occurrence USING (document_id, term)
    WHERE occurrence.term IS NULL) AS posting
    LEFT JOIN size USING (document_id, passage)
    JOIN document ON document.id = document_id
  ORDER BY project_id, term`;

/**
 * $1 workspace, $2 language, $3 projects, $4 words (parallel). Two transactions that bring the same word at once each
 * store it, which harms nothing, and neither waits for the other.
 */
export const wordInsert = `
  INSERT INTO search_words (workspace_id, project_id, term, word)
  SELECT DISTINCT $1::uuid, project_id, lexeme, word
  FROM unnest($3::uuid[], $4::text[]) AS given (project_id, word)
    CROSS JOIN LATERAL unnest(to_tsvector($2::regconfig, word))
  WHERE NOT EXISTS (
    SELECT FROM search_words AS known
    WHERE known.workspace_id = $1 AND known.project_id = given.project_id AND known.term = lexeme AND known.word = given.word OFFSET 0)`;

/**
 * Takes the postings of documents ($1 workspace, $2 ids) and the words that no other document of the project holds.
 * A word may be lost to a document that is indexed at the same moment: it is stored again with the next one, and
 * until then only its misspellings don't find it.
 */
export const postingRemoval = `
  WITH held AS MATERIALIZED (
    SELECT document.project_id, document.id AS document_id, lexeme AS term
    FROM search_documents AS document
      JOIN search_segments AS segment ON segment.workspace_id = $1 AND segment.document_id = document.id
      CROSS JOIN LATERAL unnest(segment.vector)
    WHERE document.workspace_id = $1 AND document.id = ANY ($2::uuid[])
    UNION
    SELECT project_id, id, unnest(author_terms) FROM search_documents WHERE workspace_id = $1 AND id = ANY ($2::uuid[])
  ), removed_posting AS (
    DELETE FROM search_postings WHERE ctid = ANY (ARRAY(
      SELECT posting.ctid FROM held CROSS JOIN LATERAL (
        SELECT ctid FROM search_postings AS p
        WHERE p.workspace_id = $1 AND p.project_id = held.project_id AND p.term = held.term AND p.document_id = held.document_id
        OFFSET 0) AS posting))
  )
  DELETE FROM search_words WHERE ctid = ANY (ARRAY(
    SELECT word.ctid FROM (SELECT DISTINCT project_id, term FROM held) AS term CROSS JOIN LATERAL (
      SELECT ctid FROM search_words AS w
      WHERE w.workspace_id = $1 AND w.project_id = term.project_id AND w.term = term.term AND NOT EXISTS (
        SELECT FROM search_postings AS p
        WHERE p.workspace_id = $1 AND p.project_id = term.project_id AND p.term = term.term AND p.document_id <> ALL ($2::uuid[]))
      OFFSET 0) AS word))`;

/** $1 workspace, $2 ids. */
export const segmentRemoval = `DELETE FROM search_segments WHERE workspace_id = $1 AND document_id = ANY ($2::uuid[])`;

/** $1 workspace, $2 ids. Segments go with their document. */
export const documentRemoval = `
  WITH removed AS (
    DELETE FROM search_documents WHERE workspace_id = $1 AND id = ANY ($2::uuid[]) RETURNING workspace_id, project_id, id, kind, position
  )
  INSERT INTO search_changes (workspace_id, project_id, piece_id, kind, position)
  SELECT workspace_id, project_id, id, kind, position FROM removed`;

/** $1 workspace, $2 id, $3 priority, $4 tags; null stays. */
export const documentDescription = `
  WITH described AS (
    UPDATE search_documents SET priority = coalesce($3, priority), tags = coalesce($4, tags) WHERE workspace_id = $1 AND id = $2
    RETURNING workspace_id, project_id, id, kind
  )
  INSERT INTO search_changes (workspace_id, project_id, piece_id, kind) SELECT workspace_id, project_id, id, kind FROM described`;

/** $1 workspace, $2 projects, $3 ids, $4 kinds (parallel). */
export const changeInsert = `
  INSERT INTO search_changes (workspace_id, project_id, piece_id, kind)
  SELECT $1, * FROM unnest($2::uuid[], $3::uuid[], $4::text[])`;

/** $1 how old, in ms. What is committed before a row was removed is no longer distinguished from what came after it. */
export const changeRemoval = `
  WITH removed AS (
    DELETE FROM search_changes WHERE written_at < clock_timestamp() - $1 * interval '1 millisecond' RETURNING written_by
  ), last AS (
    SELECT written_by FROM removed ORDER BY written_by DESC LIMIT 1
  )
  INSERT INTO search_changes_removed (up_to) SELECT written_by FROM last
  ON CONFLICT (is_only) DO UPDATE SET up_to = excluded.up_to WHERE excluded.up_to > search_changes_removed.up_to`;

/** $1 workspace, $2 ids. The projects that hold them. */
export const projectsOfDocuments = `
  SELECT DISTINCT project_id AS id
  FROM unnest($2::uuid[]) AS given (given_id)
    CROSS JOIN LATERAL (
      SELECT project_id FROM search_documents WHERE workspace_id = $1 AND id = given_id OFFSET 0) AS document`;
