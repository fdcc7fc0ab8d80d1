import { datesOfProject } from './search-conditions.sql.js';

/*
 * What the words of a query mean in a project. Terms are lexemes of a text search configuration ($n::regconfig); words are
 * what the analysis of the product gives it to stem.
 *
 * Statistics of a table may be missing or old (the embedded database gathers none by itself), so the statements
 * don't leave the planner the choice of scanning a table: a LATERAL lookup with OFFSET 0 is one index access a row.
 */

/**
 * $1 workspace, $2 project, $3 language, $4 words, $5 now. One row a term; one with a null term where there is none. Whether
 * contexts have a time of validity is known from indexes that hold only those.
 */
export const queryStatistics = `
  SELECT document_count, passage_count, average_length, term, query_frequency, passage_frequency, is_name,
    ${datesOfProject('$5')}
  FROM (
    SELECT count(*)::integer AS document_count, coalesce(sum(passages), 0)::integer AS passage_count,
      coalesce(sum(length)::double precision / sum(passages), 0) AS average_length
    FROM search_documents WHERE workspace_id = $1 AND project_id = $2
  ) AS project
  LEFT JOIN LATERAL (
    SELECT lexeme AS term, cardinality(positions) AS query_frequency, passage_frequency, is_name
    FROM unnest(to_tsvector($3::regconfig, $4)) CROSS JOIN LATERAL (
      SELECT count(*) FILTER (WHERE frequency > 0)::integer AS passage_frequency, coalesce(bool_or(is_author), false) AS is_name
      FROM search_postings AS p
      WHERE p.workspace_id = $1 AND p.project_id = $2 AND p.term = lexeme) AS held
  ) AS query ON true
  ORDER BY term`;

/** $1 workspace, $2 project, $3 language, $4 words. */
export const similarWords = `
  WITH unknown AS MATERIALIZED (
    SELECT word FROM unnest($4::text[]) AS given (word)
    WHERE to_tsvector($3::regconfig, word) <> ''::tsvector AND NOT EXISTS (
      SELECT FROM unnest(to_tsvector($3::regconfig, word)) CROSS JOIN LATERAL (
        SELECT FROM search_postings AS p
        WHERE p.workspace_id = $1 AND p.project_id = $2 AND p.term = lexeme AND p.frequency > 0 LIMIT 1) AS holding)
  )
  SELECT unknown.word, candidate.word AS candidate, term, passage_frequency
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
      SELECT count(*)::integer AS passage_frequency FROM search_postings AS p
      WHERE p.workspace_id = $1 AND p.project_id = $2 AND p.term = candidate.term AND p.frequency > 0) AS holding
  WHERE passage_frequency > 0`;

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
  SELECT asked.word, candidate.word AS candidate, term, passage_frequency
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
      SELECT count(*)::integer AS passage_frequency FROM search_postings AS p
      WHERE p.workspace_id = $1 AND p.project_id = $2 AND p.term = candidate.term AND p.frequency > 0) AS holding
  WHERE passage_frequency > 0`;

/** $1 workspace, $2 project, $3 words of ASCII letters and digits, $4 terms a word. */
export const longerTerms = `
  SELECT asked.word, term AS candidate, term, passage_frequency
  FROM unnest($3::text[]) AS asked (word)
    CROSS JOIN LATERAL (
      SELECT term, count(*)::integer AS passage_frequency FROM search_postings AS p
      WHERE p.workspace_id = $1 AND p.project_id = $2 AND p.term > asked.word AND p.term < asked.word || '~' AND p.frequency > 0
      GROUP BY term ORDER BY term LIMIT $4) AS longer`;
