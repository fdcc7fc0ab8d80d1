import { BM25 } from '../ranking/bm25.js';
import { PRIORITY_BOOST, RECENCY_BOOST, RECENCY_HALF_LIFE_MS } from '../ranking/boosts.js';
import type { Ranking } from '../search.js';
import { LENGTH } from './postgres-keyword-documents.js';

/*
 * The questions to the keyword index. Terms are lexemes of a text search configuration ($n::regconfig); words are
 * what the analysis of the product gives it to stem.
 *
 * Statistics of a table may be missing or old (the embedded database gathers none by itself), so the statements
 * don't leave the planner the choice of scanning a table: a LATERAL lookup with OFFSET 0 is one index access a row.
 */

/** $1 workspace, $2 project, $3 language, $4 words. One row a term; one with a null term where there is none. */
export const queryStatistics = `
  SELECT document_count, average_length, term, query_frequency, document_frequency
  FROM (
    SELECT count(*)::integer AS document_count, coalesce(avg(length), 0)::double precision AS average_length
    FROM search_documents WHERE workspace_id = $1 AND project_id = $2
  ) AS project
  LEFT JOIN LATERAL (
    SELECT lexeme AS term, cardinality(positions) AS query_frequency, (
      SELECT count(*)::integer FROM search_postings AS p
      WHERE p.workspace_id = $1 AND p.project_id = $2 AND p.term = lexeme) AS document_frequency
    FROM unnest(to_tsvector($3::regconfig, $4))
  ) AS query ON true
  ORDER BY term`;

/** $1 workspace, $2 project, $3 language, $4 words. */
export const similarWords = `
  WITH unknown AS MATERIALIZED (
    SELECT word FROM unnest($4::text[]) AS given (word)
    WHERE to_tsvector($3::regconfig, word) <> ''::tsvector AND NOT EXISTS (
      SELECT FROM unnest(to_tsvector($3::regconfig, word)) CROSS JOIN LATERAL (
        SELECT FROM search_postings AS p
        WHERE p.workspace_id = $1 AND p.project_id = $2 AND p.term = lexeme LIMIT 1) AS holding)
  )
  SELECT unknown.word, candidate.word AS candidate, term, document_frequency
  FROM unknown
    CROSS JOIN LATERAL (
      SELECT DISTINCT known.word, known.term, similarity(known.word, unknown.word) AS likeness
      FROM search_words AS known
      WHERE known.workspace_id = $1 AND known.project_id = $2
        AND length(known.word) BETWEEN length(unknown.word) - 2 AND length(unknown.word) + 2
        AND known.word % unknown.word
      ORDER BY likeness DESC, known.word
      LIMIT 20) AS candidate
    CROSS JOIN LATERAL (
      SELECT count(*)::integer AS document_frequency FROM search_postings AS p
      WHERE p.workspace_id = $1 AND p.project_id = $2 AND p.term = candidate.term) AS holding
  WHERE document_frequency > 0`;

/**
 * Words of the project that hold one of the given, are held by it, or begin or end as it does.
 *
 * $1 workspace, $2 project, $3 words, $4 most words of the project to look at, $5 candidates a word.
 */
export const nearWordCandidates = `
  WITH vocabulary AS MATERIALIZED (
    SELECT word, min(term) AS term FROM (
      SELECT word, term FROM search_words WHERE workspace_id = $1 AND project_id = $2 LIMIT $4) AS known
    GROUP BY word
  )
  SELECT asked.word, candidate.word AS candidate, term, document_frequency
  FROM unnest($3::text[]) AS asked (word)
    CROSS JOIN LATERAL (
      SELECT known.word, known.term FROM vocabulary AS known
      WHERE known.word <> asked.word AND (
        position(asked.word IN known.word) > 0 OR position(known.word IN asked.word) > 0
        OR left(known.word, greatest(3, length(asked.word) * 3 / 5)) = left(asked.word, greatest(3, length(asked.word) * 3 / 5))
        OR right(known.word, greatest(3, length(asked.word) * 3 / 5)) = right(asked.word, greatest(3, length(asked.word) * 3 / 5)))
      ORDER BY abs(length(known.word) - length(asked.word)), known.word
      LIMIT $5) AS candidate
    CROSS JOIN LATERAL (
      SELECT count(*)::integer AS document_frequency FROM search_postings AS p
      WHERE p.workspace_id = $1 AND p.project_id = $2 AND p.term = candidate.term) AS holding
  WHERE document_frequency > 0`;

/** $1 workspace, $2 project, $3 words of ASCII letters and digits, $4 terms a word. */
export const longerTerms = `
  SELECT asked.word, term AS candidate, term, document_frequency
  FROM unnest($3::text[]) AS asked (word)
    CROSS JOIN LATERAL (
      SELECT term, count(*)::integer AS document_frequency FROM search_postings AS p
      WHERE p.workspace_id = $1 AND p.project_id = $2 AND p.term > asked.word AND p.term < asked.word || '~'
      GROUP BY term ORDER BY term LIMIT $4) AS longer`;

/** Share of a term's weight that a document gets, and what it gains beside its score; parameters as in `ranking`. */
const SHARE = 'round(weight * frequency / (frequency + $6::double precision + $7::double precision * length))::bigint';
/**
 * Whether the segment `s` holds a phrase, by its terms, or where it has none, in `written`. A phrase is words of letters
 * and digits with a space between two.
 */
const holds = (phrase: string, written: string) =>
  `CASE WHEN numnode(phraseto_tsquery($3::regconfig, ${phrase})) > 0 THEN s.vector @@ phraseto_tsquery($3::regconfig, ${phrase})
        ELSE ${written} ~* ${asWritten(phrase)} END`;
const asWritten = (phrase: string) =>
  `('(^|[^[:alnum:]])' || replace(${phrase}, ' ', '[^[:alnum:]]+') || '($|[^[:alnum:]])')`;

/** See `ageMsOf`. */
const BOOST = `
      SELECT
        round(candidate.score * $9::double precision * power(0.5, greatest(0, extract(epoch FROM $8::timestamptz)::double precision
            - (floor(extract(epoch FROM created_at)::double precision / 86400) + 1) * 86400) * 1000 / $10::double precision)) AS recency_score,
        round(candidate.score * coalesce(($11::jsonb ->> priority)::double precision, 0)) AS priority_score`;

/**
 * BM25 of the documents that hold any of the terms, with the boosts. Each term's share is rounded to an integer, so
 * that the sum does not depend on the order of the rows and a page can start after an exact score.
 *
 * Boosts add at most $12 of the keyword score. So where nothing filters ($23), only documents within that share of
 * the last keyword score that is sure of its place can be on the page, and no others are looked at.
 *
 * $1 workspace, $2 project, $3 language, $4 terms, $5 weights, $6 k1 (1 - b), $7 k1 b / average length, $8 now,
 * $9 recency boost, $10 its half-life in ms, $11 boost by priority (JSON), $12 highest boost, $13 phrases,
 * $14 exclusions, $15 priority, $16 tags, $17 session, $18 since, $19 lowest score, $20 and $21 score and id to start
 * after, $22 limit, $23 whether nothing filters, $24 kinds, $25 whether only what no active conversation holds.
 */
/** Whether a document is no message of a conversation that goes on, where that is asked. */
const isSettled = (
  asked: string,
  document: string,
) => `(${asked}::boolean IS NOT TRUE OR ${document}.kind <> 'message' OR EXISTS (
      SELECT FROM messages AS m JOIN conversations AS c ON c.workspace_id = m.workspace_id AND c.id = m.conversation_id
      WHERE m.workspace_id = $1 AND m.id = ${document}.id AND c.archived_at IS NOT NULL))`;

const rankingOver = (postings: string) => `
  keyword AS MATERIALIZED (
    SELECT document_id, sum(${SHARE})::double precision AS score
    FROM unnest($4::text[], $5::double precision[]) AS query (term, weight)
      ${postings}
    GROUP BY document_id
  ), candidate AS MATERIALIZED (
    SELECT document_id, score FROM keyword
    WHERE NOT $23::boolean OR (
      ($20::double precision IS NULL OR score <= $20)
      AND score * (1 + $12::double precision) + 2 >= coalesce((
        SELECT score FROM keyword AS sure
        WHERE $20::double precision IS NULL OR score * (1 + $12::double precision) + 2 < $20
        ORDER BY score DESC OFFSET $22::integer - 1 LIMIT 1), 0))
  )
  SELECT kind, id, label, version, final.score, candidate.score AS keyword_score, recency_score, priority_score
  FROM candidate
    CROSS JOIN LATERAL (
      SELECT id, project_id, kind, label, version, priority, tags, session_id, created_at
      FROM search_documents WHERE workspace_id = $1 AND id = document_id OFFSET 0) AS document
    CROSS JOIN LATERAL (${BOOST}) AS boost
    CROSS JOIN LATERAL (SELECT candidate.score + recency_score + priority_score AS score) AS final
  WHERE ($15::text IS NULL OR priority = $15)
    AND ($16::text[] IS NULL OR tags @> $16)
    AND ($17::uuid IS NULL OR session_id = $17)
    AND ($18::timestamptz IS NULL OR created_at >= $18)
    AND ($24::text[] IS NULL OR kind = ANY ($24))
    AND ${isSettled('$25', 'document')}
    AND ($19::double precision IS NULL OR final.score >= $19)
    AND ($20::double precision IS NULL OR final.score < $20 OR (final.score = $20 AND id > $21::uuid))
    AND NOT EXISTS (
      SELECT FROM unnest($13::text[]) AS phrase (words)
      WHERE NOT EXISTS (
        SELECT FROM search_segments AS s
        WHERE s.workspace_id = $1 AND s.document_id = id AND ${holds('phrase.words', 's.text')}))
    AND NOT EXISTS (
      SELECT FROM unnest($14::text[]) AS exclusion (words) CROSS JOIN LATERAL (
        SELECT FROM search_segments AS s
        WHERE s.workspace_id = $1 AND s.document_id = id AND ${holds('exclusion.words', 's.text')} LIMIT 1) AS excluding)
  ORDER BY final.score DESC, id
  LIMIT $22`;

export const ranking = `
  WITH ${rankingOver(`CROSS JOIN LATERAL (
        SELECT document_id, frequency, length FROM search_postings AS p
        WHERE p.workspace_id = $1 AND p.project_id = $2 AND p.term = query.term OFFSET 0) AS posting`)}`;

/**
 * What has changed since a snapshot, one row a piece, with its scores where it is found; a row without a piece where there is
 * none. Parameters as in `ranking`, with the snapshot in $26; one piece more than $22 at most.
 */
export const changesSince = `
  WITH changed AS MATERIALIZED (
    SELECT DISTINCT piece_id, kind FROM search_changes
    WHERE workspace_id = $1 AND project_id = $2 AND written_by >= pg_snapshot_xmin($26::pg_snapshot)
      AND NOT pg_visible_in_snapshot(written_by, $26::pg_snapshot)
    LIMIT $22::integer + 1
  ), ranked AS MATERIALIZED (
    WITH ${rankingOver(`CROSS JOIN changed
      CROSS JOIN LATERAL (
        SELECT document_id, frequency, length FROM search_postings AS p
        WHERE p.workspace_id = $1 AND p.project_id = $2 AND p.term = query.term AND p.document_id = changed.piece_id OFFSET 0) AS posting`)}
  )
  SELECT NOT EXISTS (SELECT FROM search_changes_removed WHERE up_to >= pg_snapshot_xmin($26::pg_snapshot)) AS is_complete,
    changed.piece_id AS piece_id, changed.kind AS piece_kind, ranked.*
  FROM (SELECT) AS always LEFT JOIN changed ON true LEFT JOIN ranked ON ranked.id = changed.piece_id`;

/** $1 workspace, $2 project, $3 language, $4 ids, $5 phrases, $6 exclusions. */
export const documentResolution = `
  SELECT kind, id, label, version, priority, created_at
  FROM unnest($4::uuid[]) AS given (given_id)
    CROSS JOIN LATERAL (
      SELECT project_id, kind, id, label, version, priority, created_at
      FROM search_documents WHERE workspace_id = $1 AND id = given_id OFFSET 0) AS document
  WHERE project_id = $2
    AND NOT EXISTS (
      SELECT FROM unnest($5::text[]) AS phrase (words)
      WHERE NOT EXISTS (
        SELECT FROM search_segments AS s
        WHERE s.workspace_id = $1 AND s.document_id = id AND ${holds('phrase.words', 's.text')}))
    AND NOT EXISTS (
      SELECT FROM unnest($6::text[]) AS exclusion (words) CROSS JOIN LATERAL (
        SELECT FROM search_segments AS s
        WHERE s.workspace_id = $1 AND s.document_id = id AND ${holds('exclusion.words', 's.text')} LIMIT 1) AS excluding)`;

/**
 * $1 workspace, $2 project, $3 language, $4 words in order, $5 text (one of both), $6 exclusions, $7 priority, $8 tags,
 * $9 session, $10 since, $11 most segments, $12 limit, $13 kinds, $14 whether only what no active conversation holds.
 */
export const holdingDocuments = `
  WITH newest AS MATERIALIZED (
    SELECT id, kind, label, version, created_at FROM search_documents AS document
    WHERE workspace_id = $1 AND project_id = $2
      AND ($7::text IS NULL OR priority = $7)
      AND ($8::text[] IS NULL OR tags @> $8)
      AND ($9::uuid IS NULL OR session_id = $9)
      AND ($10::timestamptz IS NULL OR created_at >= $10)
      AND ($13::text[] IS NULL OR kind = ANY ($13))
      AND ${isSettled('$14', 'document')}
    ORDER BY created_at DESC, id DESC
    LIMIT $11
  ), segment AS MATERIALIZED (
    SELECT newest.id, text FROM newest CROSS JOIN LATERAL (
      SELECT text FROM search_segments WHERE workspace_id = $1 AND document_id = newest.id AND position > 0 OFFSET 0) AS s
    LIMIT $11
  ), found AS (
    SELECT DISTINCT id FROM segment
    WHERE ($4::text IS NULL OR text ~* ${asWritten('$4')}) AND ($5::text IS NULL OR position($5 IN text) > 0)
  )
  SELECT kind, id, label, version, (SELECT count(*) FROM segment) >= $11 AS is_partial
  FROM found JOIN newest USING (id)
  WHERE NOT EXISTS (
    SELECT FROM unnest($6::text[]) AS exclusion (words) CROSS JOIN LATERAL (
      SELECT FROM search_segments AS s
      WHERE s.workspace_id = $1 AND s.document_id = id AND ${holds('exclusion.words', 's.text')} LIMIT 1) AS excluding)
  ORDER BY created_at DESC, id DESC
  LIMIT $12`;

/**
 * As `ranking`, of documents that the index does not hold: the same share of each term, the same boosts. Whoever gives
 * them has looked at priority, tags, session and time.
 *
 * Parameters up to $11 as there, but $2 documents (JSON); $12 lowest score, $13 phrases, $14 exclusions, $15 ids,
 * $16 words of their segments (parallel), $17 and $18 score and id to start after, $19 limit.
 */
export const adHocRanking = `
  WITH document AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset($2::jsonb) AS d (id uuid, priority text, created_at timestamptz)
    WHERE NOT EXISTS (SELECT FROM search_documents AS known WHERE known.workspace_id = $1 AND known.id = d.id OFFSET 0)
  ), segment AS MATERIALIZED (
    SELECT document_id, words, to_tsvector($3::regconfig, words) AS vector
    FROM unnest($15::uuid[], $16::text[]) AS s (document_id, words)
  ), occurrence AS MATERIALIZED (
    SELECT document_id, lexeme AS term, sum(cardinality(positions))::integer AS frequency
    FROM segment CROSS JOIN LATERAL unnest(vector)
    GROUP BY document_id, lexeme
  ), size AS MATERIALIZED (
    SELECT document_id, ${LENGTH} AS length FROM occurrence GROUP BY document_id
  ), candidate AS MATERIALIZED (
    SELECT document_id, sum(${SHARE})::double precision AS score
    FROM unnest($4::text[], $5::double precision[]) AS query (term, weight)
      JOIN occurrence USING (term) JOIN size USING (document_id)
    GROUP BY document_id
  )
  SELECT id, final.score, candidate.score AS keyword_score, recency_score, priority_score
  FROM candidate JOIN document ON document.id = candidate.document_id
    CROSS JOIN LATERAL (${BOOST}) AS boost
    CROSS JOIN LATERAL (SELECT candidate.score + recency_score + priority_score AS score) AS final
  WHERE ($12::double precision IS NULL OR final.score >= $12)
    AND ($17::double precision IS NULL OR final.score < $17 OR (final.score = $17 AND id > $18::uuid))
    AND NOT EXISTS (
      SELECT FROM unnest($13::text[]) AS phrase (words)
      WHERE NOT EXISTS (
        SELECT FROM segment AS s WHERE s.document_id = id AND ${holds('phrase.words', 's.words')}))
    AND NOT EXISTS (
      SELECT FROM unnest($14::text[]) AS exclusion (words)
        JOIN segment AS s ON s.document_id = id AND ${holds('exclusion.words', 's.words')})
  ORDER BY final.score DESC, id
  LIMIT $19`;

/** $1 workspace, $2 ids, $3 terms, $4 weights (parallel). A document found by its label alone gives its first segment. */
const passagesFrom = (segments: string) => `
  WITH query AS MATERIALIZED (
    SELECT term, weight, plainto_tsquery('simple', term) AS holds FROM unnest($3::text[], $4::double precision[]) AS q (term, weight)
  )
  SELECT found.id, best.text, coalesce(matched.matches, '[]'::json) AS matches
  FROM unnest($2::uuid[]) AS found (id)
    CROSS JOIN LATERAL (
      SELECT text, vector FROM ${segments} AS s
      WHERE s.workspace_id = $1 AND s.document_id = found.id AND position > 0
      ORDER BY (SELECT coalesce(sum(weight), 0) FROM query WHERE s.vector @@ holds) DESC, position
      LIMIT 1) AS best
    LEFT JOIN LATERAL (
      SELECT json_agg(json_build_object('term', lexeme, 'positions', positions)) AS matches
      FROM unnest(best.vector) WHERE lexeme = ANY ($3::text[])) AS matched ON true`;

export const passageSelection = passagesFrom('search_segments');

/** Of documents beside the index: $5 language, $6 ids, $7 positions, $8 texts, $9 words of their segments (parallel). */
export const adHocPassageSelection = passagesFrom(`(
        SELECT $1::uuid AS workspace_id, document_id, position, text, to_tsvector($5::regconfig, words) AS vector
        FROM unnest($6::uuid[], $7::integer[], $8::text[], $9::text[]) AS given (document_id, position, text, words))`);

/** The parameters $4 to $11 of `ranking`. */
export function weightsOf({ terms, averageLength, asOfMs }: Ranking): unknown[] {
  return [
    terms.map(({ term }) => term),
    terms.map(({ weight }) => weight),
    BM25.k1 * (1 - BM25.b),
    averageLength > 0 ? (BM25.k1 * BM25.b) / averageLength : 0,
    new Date(asOfMs).toISOString(),
    RECENCY_BOOST,
    RECENCY_HALF_LIFE_MS,
    JSON.stringify(PRIORITY_BOOST),
  ];
}
