import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import type { Priority } from '#context';
import type { SessionId } from '#kernel';
import type { SearchKind, SearchScope } from '../search.js';

/** What takes the place of something, by however many steps. */
export interface Successor {
  readonly kind: SearchKind;
  readonly id: string;
  readonly label: string | null;
  readonly version: number | null;
  readonly priority: Priority | undefined;
  readonly tags: readonly string[];
  readonly sessionId: SessionId | undefined;
  readonly createdAt: Date;
}

/** When a hit is valid, of one that has a beginning or an end. */
export interface HitValidity {
  readonly id: string;
  readonly validTo: Date | null;
  readonly supersededBy: string | null;
  /** Whether it is valid at the moment that was asked for. */
  readonly isValid: boolean;
  /** What stands for it at that moment; null: nothing does, or nothing that can be found. */
  readonly successor: Successor | null;
}

export interface HitValidityRow {
  readonly id: string;
  readonly valid_to: Date | null;
  readonly superseded_by: string | null;
  readonly is_valid: boolean;
  readonly successor_id: string | null;
  readonly kind: SearchKind;
  readonly label: string | null;
  readonly version: number | null;
  readonly priority: Priority | null;
  readonly tags: readonly string[];
  readonly session_id: SessionId | null;
  readonly created_at: Date;
}

/** A chain of successors is followed so far. */
const MOST_STEPS = 64;

/**
 * $1 workspace, $2 project, $3 ids, $4 moment, $5 whether it is now: what supersedes since it was stored does so at once, whatever clock
 * it was stored by.
 */
const hitValidity = `
  WITH RECURSIVE hit AS MATERIALIZED (
    SELECT c.id, c.valid_from, c.valid_to, c.superseded_by, c.superseded_at
    FROM unnest($3::uuid[]) AS given (given_id) CROSS JOIN LATERAL (
      SELECT * FROM contexts WHERE workspace_id = $1 AND id = given_id OFFSET 0) AS c
    WHERE c.project_id = $2 AND (c.valid_from IS NOT NULL OR c.valid_to IS NOT NULL OR c.superseded_by IS NOT NULL)
  ), chain AS (
    SELECT hit.id AS of, next.id, next.superseded_by, next.superseded_at, next.valid_to, 1 AS step
    FROM hit JOIN contexts AS next ON next.workspace_id = $1 AND next.id = hit.superseded_by
    WHERE hit.superseded_at <= $4 OR ($5 AND next.valid_from IS NULL)
    UNION ALL
    SELECT chain.of, next.id, next.superseded_by, next.superseded_at, next.valid_to, step + 1
    FROM chain JOIN contexts AS next ON next.workspace_id = $1 AND next.id = chain.superseded_by
    WHERE step < ${MOST_STEPS} AND (chain.superseded_at <= $4 OR ($5 AND next.valid_from IS NULL))
  )
  SELECT hit.id, least(hit.valid_to, hit.superseded_at) AS valid_to, hit.superseded_by,
    last.of IS NULL AND (hit.valid_to IS NULL OR hit.valid_to > $4) AND (hit.valid_from IS NULL OR hit.valid_from <= $4) AS is_valid,
    successor.id AS successor_id, successor.kind, successor.label, successor.version, successor.priority, successor.tags,
    successor.session_id, successor.created_at
  FROM hit
    LEFT JOIN LATERAL (SELECT * FROM chain WHERE chain.of = hit.id ORDER BY step DESC LIMIT 1) AS last ON true
    LEFT JOIN LATERAL (
      SELECT * FROM search_documents AS d WHERE d.workspace_id = $1 AND d.id = last.id OFFSET 0
    ) AS successor ON last.valid_to IS NULL OR last.valid_to > $4`;

/** When hits are valid, and what stands for those that are not any more; many in one statement. */
@Injectable()
export class PostgresHitValidity {
  constructor(private readonly database: Database) {}

  /**
   * Only of those that have a beginning or an end, by id.
   * @param isKnown whether a moment of before is asked for, of which nothing later is known
   */
  async of(
    scope: SearchScope,
    ids: readonly string[],
    at: Date,
    { isKnown = false }: { readonly isKnown?: boolean } = {},
  ): Promise<ReadonlyMap<string, HitValidity>> {
    if (ids.length === 0) return new Map();
    const { workspaceId, projectId } = scope;
    const rows = await this.database.query<HitValidityRow>(hitValidity, [
      workspaceId,
      projectId,
      ids,
      at.toISOString(),
      !isKnown,
    ]);
    return new Map(rows.map((row) => [row.id, toHitValidity(row)]));
  }
}

export function toHitValidity(row: HitValidityRow): HitValidity {
  const { id, kind, label, version, tags, valid_to: validTo, superseded_by: supersededBy, is_valid: isValid } = row;
  const successor: Successor | null =
    row.successor_id === null
      ? null
      : {
          kind,
          id: row.successor_id,
          label,
          version,
          priority: row.priority ?? undefined,
          tags,
          sessionId: row.session_id ?? undefined,
          createdAt: row.created_at,
        };
  return { id, validTo, supersededBy, isValid, successor };
}
