import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import type { HitTerms } from '../ranking/newest-first.js';
import type { SearchScope } from '../search.js';
import { type HitValidity, type HitValidityRow, toHitValidity } from './postgres-hit-validity.js';

/** A chain of successors is followed so far. */
const MOST_STEPS = 64;

/** Contexts that one was said, or is known, to take the place of. */
const supersedesAny = (version: string) =>
  `EXISTS (SELECT FROM contexts AS older WHERE older.workspace_id = $1 AND older.superseded_by = ${version}.id)`;

/**
 * Whether a version was valid at some moment of the time that is asked about, or ended by a moment ($6). Of what was stored without
 * a beginning and takes the place of nothing, nobody knows since when it is true: it counts as true before.
 */
const isThen = (version: string) => `CASE WHEN $6::timestamptz IS NOT NULL
    THEN coalesce(least(${version}.valid_to, ${version}.superseded_at) <= $6, false)
    ELSE ($5::timestamptz IS NULL OR coalesce(${version}.valid_from,
        CASE WHEN ${supersedesAny(version)} THEN ${version}.created_at ELSE '-infinity' END) < $5)
      AND ($4::timestamptz IS NULL OR (coalesce(${version}.superseded_at > $4, true) AND coalesce(${version}.valid_to > $4, true)))
    END`;

/**
 * $1 workspace, $2 project, $3 ids, $4 and $5 beginning and end of the time, $6 the moment by which it is to have ended, $7 ids
 * that can be shown though no index holds them. Of versions that were not valid then, what was in their place: behind those that had
 * ended, and before those that began later.
 */
const validityThen = `
  WITH RECURSIVE hit AS MATERIALIZED (
    SELECT c.id, c.valid_to, c.superseded_by, c.superseded_at, ${isThen('c')} AS is_then,
      $4::timestamptz IS NOT NULL AND coalesce(least(c.valid_to, c.superseded_at) <= $4, false) AS is_over
    FROM unnest($3::uuid[]) AS given (given_id) CROSS JOIN LATERAL (
      SELECT * FROM contexts WHERE workspace_id = $1 AND id = given_id OFFSET 0) AS c
    WHERE c.project_id = $2 AND (c.valid_from IS NOT NULL OR c.valid_to IS NOT NULL OR c.superseded_by IS NOT NULL
      OR ${supersedesAny('c')})
  ), chain AS (
    SELECT hit.id AS of, hit.is_over, hit.id, hit.superseded_by, 0 AS step FROM hit WHERE NOT is_then
    UNION ALL
    SELECT chain.of, chain.is_over, next.id, next.superseded_by, step + 1
    FROM chain CROSS JOIN LATERAL (
      SELECT id, superseded_by FROM contexts WHERE workspace_id = $1 AND id = chain.superseded_by AND chain.is_over
      UNION ALL
      SELECT id, superseded_by FROM contexts WHERE workspace_id = $1 AND superseded_by = chain.id AND NOT chain.is_over
    ) AS next
    WHERE step < ${MOST_STEPS}
  )
  SELECT hit.id, least(hit.valid_to, hit.superseded_at) AS valid_to, hit.superseded_by,
    is_then OR ($6::timestamptz IS NOT NULL AND successor.id IS NULL) AS is_valid,
    successor.id AS successor_id, 'context' AS kind, successor.label, successor.version, successor.priority, successor.tags,
    successor.session_id, successor.created_at
  FROM hit LEFT JOIN LATERAL (
    SELECT c.* FROM chain JOIN contexts AS c ON c.workspace_id = $1 AND c.id = chain.id
    WHERE chain.of = hit.id AND c.archived_at IS NULL AND ${isThen('c')}
      AND (c.id = ANY ($7::uuid[]) OR EXISTS (SELECT FROM search_documents AS d WHERE d.workspace_id = $1 AND d.id = c.id))
    ORDER BY coalesce(c.valid_from, c.created_at) DESC, c.id DESC LIMIT 1) AS successor ON true`;

/** $1 workspace, $2 project, $3 ids, $4 terms. */
const termsOfHits = `
  SELECT d.id, coalesce(c.valid_from, d.created_at) AS since, held.terms
  FROM unnest($3::uuid[]) AS given (given_id)
    CROSS JOIN LATERAL (
      SELECT id, kind, created_at FROM search_documents WHERE workspace_id = $1 AND project_id = $2 AND id = given_id OFFSET 0) AS d
    LEFT JOIN contexts AS c ON d.kind = 'context' AND c.workspace_id = $1 AND c.id = d.id
    CROSS JOIN LATERAL (
      SELECT coalesce(string_agg(term, ' ' ORDER BY term), '') AS terms FROM unnest($4::text[]) AS asked (term)
      WHERE EXISTS (
        SELECT FROM search_postings AS p
        WHERE p.workspace_id = $1 AND p.project_id = $2 AND p.term = asked.term AND p.document_id = d.id)) AS held`;

/** The time that is asked about; or what ended by a moment. */
interface AskedTime {
  readonly from?: Date | undefined;
  /** Exclusive. */
  readonly to?: Date | undefined;
  readonly endedBy?: Date;
}

/** What the order of hits hangs on where a query asks about a time; many in one statement. */
@Injectable()
export class PostgresHitTimes {
  constructor(private readonly database: Database) {}

  /**
   * As `PostgresHitValidity.of`, for another time: `isValid` says whether it was valid then, `successor` what was then in its
   * place. What has ended by a moment makes nothing less valid.
   * @param shown ids that can be shown though no index holds them
   */
  async validityThen(
    { workspaceId, projectId }: SearchScope,
    ids: readonly string[],
    { from, to, endedBy }: AskedTime,
    shown: readonly string[],
  ): Promise<ReadonlyMap<string, HitValidity>> {
    const rows = await this.database.query<HitValidityRow>(validityThen, [
      workspaceId,
      projectId,
      ids,
      from?.toISOString() ?? null,
      to?.toISOString() ?? null,
      endedBy?.toISOString() ?? null,
      shown,
    ]);
    return new Map(rows.map((row) => [row.id, toHitValidity(row)]));
  }

  /** Which of the terms each of them holds, and since when it says it. What no index holds is left out. */
  async termsOf(
    { workspaceId, projectId }: SearchScope,
    ids: readonly string[],
    terms: readonly string[],
  ): Promise<ReadonlyMap<string, HitTerms>> {
    const rows = await this.database.query<HitTerms & { readonly id: string }>(termsOfHits, [
      workspaceId,
      projectId,
      ids,
      terms,
    ]);
    return new Map(rows.map(({ id, ...held }) => [id, held]));
  }
}
