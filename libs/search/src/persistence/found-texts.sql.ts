import { asWritten, holdsAll, holdsNone, isValid, passesFilters } from './search-conditions.sql.js';

/* Documents by what their texts hold as they stand, and the stretch of a text that says most. */

/** $1 workspace, $2 project, $3 language, $4 ids, $5 phrases, $6 exclusions, $7 and $8 validity as `$28` and `$29` of `ranking`. */
export const documentResolution = `
  SELECT kind, id, label, version, priority, created_at
  FROM unnest($4::uuid[]) AS given (given_id)
    CROSS JOIN LATERAL (
      SELECT project_id, kind, id, label, version, priority, created_at
      FROM search_documents WHERE workspace_id = $1 AND id = given_id OFFSET 0) AS document
  WHERE project_id = $2
    AND ${isValid('$7', '$8', 'document')}
    AND ${holdsAll('$5')}
    AND ${holdsNone('$6')}`;

/**
 * $1 workspace, $2 project, $3 language, $4 words in order, $5 text (one of both), $6 exclusions, $7 priority, $8 tags,
 * $9 session, $10 since, $11 most segments, $12 limit, $13 kinds, $14 whether only what no active conversation holds,
 * $15 and $16 validity as `$28` and `$29` of `ranking`.
 */
export const holdingDocuments = `
  WITH newest AS MATERIALIZED (
    SELECT id, kind, label, version, created_at FROM search_documents AS document
    WHERE workspace_id = $1 AND project_id = $2 AND ${passesFilters({
      priority: '$7',
      tags: '$8',
      session: '$9',
      since: '$10',
      kinds: '$13',
      settled: '$14',
      validAt: '$15',
      known: '$16',
    })}
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
  WHERE ${holdsNone('$6')}
  ORDER BY created_at DESC, id DESC
  LIMIT $12`;

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
