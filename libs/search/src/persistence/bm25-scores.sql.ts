import { BM25 } from '../ranking/bm25.js';
import {
  AUTHOR_WEIGHT,
  MOST_HALF_LIVES,
  NEIGHBOUR_SHARES,
  PRIORITY_BOOST,
  RECENCY_BOOST,
  RECENCY_HALF_LIFE_MS,
  TIME_BOOST,
} from '../ranking/boosts.js';
import type { Ranking } from '../search.js';
import { occurrencesIn } from './keyword-documents.sql.js';
import { datesOfProject, holds, holdsAll, holdsNone, passesFilters } from './search-conditions.sql.js';

/* The order of what is found: of what the index holds, of what has changed in it, and of what it does not hold yet. */

/** Share of a term's weight that a passage gets; parameters as in `ranking`. */
const SHARE =
  'round(weight * factor * frequency / (frequency + $6::double precision + $7::double precision * length))::bigint';

/** See `ageMsOf`. */
const BOOST = `
      SELECT
        round(candidate.score * $9::double precision * power(0.5, least(${MOST_HALF_LIVES}, greatest(0, extract(epoch FROM $8::timestamptz)::double precision
            - (floor(extract(epoch FROM created_at)::double precision / 86400) + 1) * 86400) * 1000 / $10::double precision))) AS recency_score,
        round(candidate.score * coalesce(($11::jsonb ->> priority)::double precision, 0)) AS priority_score`;

/** What a message or an entry gains that is of one of the times (JSON). */
const timeScore = (times: string) => `
        CASE WHEN kind <> 'context' AND EXISTS (
          SELECT FROM jsonb_to_recordset(${times}::jsonb) AS t ("fromMs" double precision, "toMs" double precision)
          WHERE extract(epoch FROM created_at) * 1000 >= "fromMs" AND extract(epoch FROM created_at) * 1000 < "toMs")
        THEN round(candidate.score * ${TIME_BOOST}) ELSE 0 END AS time_score`;

/**
 * BM25 of the passages that hold any of the terms; a document is worth its best one. Each term's share is rounded to an
 * integer, so that the sum does not depend on the order of the rows and a page can start after an exact score.
 *
 * To a message or an entry the best of those one place away, and of those two away, add a share of their own scores. Whoever the
 * query names ($27) is meant: what they have said counts for more, and contexts that name them.
 *
 * Other boosts add at most $12 of that. So where nothing filters ($23), only documents within that share of the last score
 * that is sure of its place can be on the page, and no others are looked at.
 *
 * $1 workspace, $2 project, $3 language, $4 terms, $5 weights, $6 k1 (1 - b), $7 k1 b / average length, $8 now,
 * $9 recency boost, $10 its half-life in ms, $11 boost by priority (JSON), $12 highest boost, $13 phrases,
 * $14 exclusions, $15 priority, $16 tags, $17 session, $18 since, $19 lowest score, $20 and $21 score and id to start
 * after, $22 limit, $23 whether nothing filters, $24 kinds, $25 whether only what no active conversation holds, $26 times (JSON),
 * $27 names among the terms, $28 moment of validity, $29 whether it was to be there by then.
 */
const rankingOver = (postings: string) => `
  passage AS MATERIALIZED (
    SELECT document_id, passage, sum(${SHARE})::double precision AS score, max(factor) AS factor, max(position) AS position,
      bool_or(term = ANY ($27::text[]) AND (is_author OR position IS NULL)) AS is_named
    FROM unnest($4::text[], $5::double precision[]) AS query (term, weight)
      ${postings}
    GROUP BY document_id, passage
  ), own AS MATERIALIZED (
    SELECT document_id, max(score) AS own_score, max(factor) AS factor, max(position) AS position,
      CASE WHEN bool_or(is_named) THEN ${AUTHOR_WEIGHT}::double precision ELSE 1 END AS author
    FROM passage GROUP BY document_id HAVING max(score) > 0
  ), keyword AS MATERIALIZED (
    SELECT document_id, own_score, round(own_score * (author - 1)) AS author_score, neighbour_score,
      own_score + round(own_score * (author - 1)) + neighbour_score AS score
    FROM (
      SELECT document_id, own_score, author, 0 AS neighbour_score FROM own WHERE position IS NULL
      UNION ALL
      SELECT document_id, own_score, author, round(author * factor * (
          ${NEIGHBOUR_SHARES[0]} * greatest(0,
            CASE position - p1 WHEN 1 THEN s1 END, CASE n1 - position WHEN 1 THEN t1 END)
          + ${NEIGHBOUR_SHARES[1]} * greatest(0,
            CASE position - p1 WHEN 2 THEN s1 END, CASE position - p2 WHEN 2 THEN s2 END,
            CASE n1 - position WHEN 2 THEN t1 END, CASE n2 - position WHEN 2 THEN t2 END)))
      FROM (
        SELECT own.*,
          lag(position) OVER places AS p1, lag(own_score * author) OVER places AS s1,
          lag(position, 2) OVER places AS p2, lag(own_score * author, 2) OVER places AS s2,
          lead(position) OVER places AS n1, lead(own_score * author) OVER places AS t1,
          lead(position, 2) OVER places AS n2, lead(own_score * author, 2) OVER places AS t2
        FROM own WHERE position IS NOT NULL
        WINDOW places AS (ORDER BY position)) AS placed) AS scored
  ), candidate AS MATERIALIZED (
    SELECT * FROM keyword
    WHERE NOT $23::boolean OR (
      ($20::double precision IS NULL OR score <= $20)
      AND score * (1 + $12::double precision) + 2 >= coalesce((
        SELECT score FROM keyword AS sure
        WHERE $20::double precision IS NULL OR score * (1 + $12::double precision) + 2 < $20
        ORDER BY score DESC OFFSET $22::integer - 1 LIMIT 1), 0))
  )
  SELECT kind, id, label, version, role, final.score, own_score, recency_score, priority_score, author_score, neighbour_score,
    time_score
  FROM candidate
    CROSS JOIN LATERAL (
      SELECT id, project_id, kind, label, version, priority, tags, session_id, created_at, role
      FROM search_documents WHERE workspace_id = $1 AND id = document_id OFFSET 0) AS document
    CROSS JOIN LATERAL (${BOOST},${timeScore('$26')}) AS boost
    CROSS JOIN LATERAL (SELECT candidate.score + recency_score + priority_score + time_score AS score) AS final
  WHERE ${passesFilters({
    priority: '$15',
    tags: '$16',
    session: '$17',
    since: '$18',
    kinds: '$24',
    settled: '$25',
    validAt: '$28',
    known: '$29',
  })}
    AND ($19::double precision IS NULL OR final.score >= $19)
    AND ($20::double precision IS NULL OR final.score < $20 OR (final.score = $20 AND id > $21::uuid))
    AND ${holdsAll('$13')}
    AND ${holdsNone('$14')}
  ORDER BY final.score DESC, id
  LIMIT $22`;

/** What `ranking` reads of a posting. */
const POSTING = 'document_id, passage, frequency, length, factor, position, is_author';

export const ranking = `
  WITH ${rankingOver(`CROSS JOIN LATERAL (
        SELECT ${POSTING} FROM search_postings AS p
        WHERE p.workspace_id = $1 AND p.project_id = $2 AND p.term = query.term OFFSET 0) AS posting`)}`;

/** Documents within two places of those in `places`, which has positions. */
const around = (places: string) => `
    SELECT near.id, near.kind, near.position FROM ${places} CROSS JOIN LATERAL (
      SELECT id, kind, position FROM search_documents
      WHERE workspace_id = $1 AND project_id = $2
        AND position BETWEEN ${places}.position - ${NEIGHBOUR_SHARES.length} AND ${places}.position + ${NEIGHBOUR_SHARES.length}
      OFFSET 0) AS near`;

/**
 * What has changed since a snapshot and what stands around it, one row a piece, with its scores where it is found; a row without a
 * piece where there is none. Parameters as in `ranking`, with the snapshot in $30; of what has changed itself one piece more
 * than $31 at most.
 */
export const changesSince = `
  WITH noted AS MATERIALIZED (
    SELECT piece_id AS id, kind, max(position) AS position FROM search_changes
    WHERE workspace_id = $1 AND project_id = $2 AND written_by >= pg_snapshot_xmin($30::pg_snapshot)
      AND NOT pg_visible_in_snapshot(written_by, $30::pg_snapshot)
    GROUP BY piece_id, kind
    LIMIT $31::integer + 1
  ), changed AS MATERIALIZED (
    SELECT id, kind, coalesce(position, (
      SELECT position FROM search_documents AS d WHERE d.workspace_id = $1 AND d.id = noted.id)) AS position
    FROM noted
  ), affected AS MATERIALIZED (
    SELECT id, kind, max(position) AS position, bool_or(is_changed) AS is_changed FROM (
      SELECT id, kind, position, true AS is_changed FROM changed
      UNION ALL
      SELECT near.id, near.kind, near.position, false FROM (${around('changed')}) AS near) AS piece
    GROUP BY id, kind
  ), scored AS MATERIALIZED (
    SELECT id FROM affected UNION SELECT near.id FROM (${around('affected')}) AS near
  ), ranked AS MATERIALIZED (
    WITH ${rankingOver(`CROSS JOIN scored
      CROSS JOIN LATERAL (
        SELECT ${POSTING} FROM search_postings AS p
        WHERE p.workspace_id = $1 AND p.project_id = $2 AND p.term = query.term AND p.document_id = scored.id OFFSET 0) AS posting`)}
  )
  SELECT NOT EXISTS (SELECT FROM search_changes_removed WHERE up_to >= pg_snapshot_xmin($30::pg_snapshot)) AS is_complete,
    ${datesOfProject('$8')},
    affected.id AS piece_id, affected.kind AS piece_kind, is_changed, ranked.*
  FROM (SELECT) AS always LEFT JOIN affected ON true LEFT JOIN ranked ON ranked.id = affected.id`;

/**
 * As `ranking`, of documents that the index does not hold: the same share of each term, the same boosts but those by what stands
 * around them. Whoever gives them has looked at priority, tags, session and time.
 *
 * Parameters up to $11 as there, but $2 documents (JSON); $12 lowest score, $13 phrases, $14 exclusions, $15 ids,
 * $16 words, $17 first passages and $18 starts of their segments (parallel), $19 and $20 score and id to start after, $21 limit,
 * $22 times (JSON).
 */
export const adHocRanking = `
  WITH document AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset($2::jsonb) AS d (id uuid, kind text, priority text, created_at timestamptz, factor real)
    WHERE NOT EXISTS (SELECT FROM search_documents AS known WHERE known.workspace_id = $1 AND known.id = d.id OFFSET 0)
  ), segment AS MATERIALIZED (
    SELECT document_id, words, to_tsvector($3::regconfig, words) AS vector, first_passage, starts::integer[] AS starts
    FROM unnest($15::uuid[], $16::text[], $17::integer[], $18::text[]) AS s (document_id, words, first_passage, starts)
  ), ${occurrencesIn('segment')}, passage AS MATERIALIZED (
    SELECT document_id, passage, sum(${SHARE})::double precision AS score
    FROM unnest($4::text[], $5::double precision[]) AS query (term, weight)
      JOIN occurrence USING (term) JOIN size USING (document_id, passage) JOIN document ON document.id = document_id
    GROUP BY document_id, passage
  ), candidate AS MATERIALIZED (
    SELECT document_id, max(score) AS score FROM passage GROUP BY document_id
  )
  SELECT id, final.score, candidate.score AS own_score, recency_score, priority_score, time_score
  FROM candidate JOIN document ON document.id = candidate.document_id
    CROSS JOIN LATERAL (${BOOST},${timeScore('$22')}) AS boost
    CROSS JOIN LATERAL (SELECT candidate.score + recency_score + priority_score + time_score AS score) AS final
  WHERE ($12::double precision IS NULL OR final.score >= $12)
    AND ($19::double precision IS NULL OR final.score < $19 OR (final.score = $19 AND id > $20::uuid))
    AND NOT EXISTS (
      SELECT FROM unnest($13::text[]) AS phrase (words)
      WHERE NOT EXISTS (
        SELECT FROM segment AS s WHERE s.document_id = id AND ${holds('phrase.words', 's.words')}))
    AND NOT EXISTS (
      SELECT FROM unnest($14::text[]) AS exclusion (words)
        JOIN segment AS s ON s.document_id = id AND ${holds('exclusion.words', 's.words')})
  ORDER BY final.score DESC, id
  LIMIT $21`;

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
