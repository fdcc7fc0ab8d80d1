import { highestBoost, roleWeightOf } from '../ranking/boosts.js';
import { SCORE_UNIT } from '../ranking/bm25.js';
import type { RankPosition, Ranking, SearchFilters, SearchScope } from '../search.js';
import type { RankedDocument, RankRequest } from './keyword-index.js';
import { weightsOf } from './bm25-scores.sql.js';

/** A row of the statements that rank. */
export interface RankedRow {
  readonly kind: RankedDocument['kind'];
  readonly id: string;
  readonly label: string | null;
  readonly version: number | null;
  readonly role: string | null;
  readonly score: number;
  readonly own_score: number;
  readonly recency_score: number;
  readonly priority_score: number;
  readonly author_score: number;
  readonly neighbour_score: number;
  readonly time_score: number;
}

export function toRankedDocument(row: RankedRow): RankedDocument {
  const keywordScore = Math.round(row.own_score / roleWeightOf(row.role ?? undefined));
  return {
    kind: row.kind,
    id: row.id,
    label: row.label,
    version: row.version,
    score: row.score,
    keywordScore,
    boosts: {
      recency: row.recency_score,
      priority: row.priority_score,
      role: row.own_score - keywordScore,
      author: row.author_score,
      neighbours: row.neighbour_score,
      time: row.time_score,
    },
  };
}

/** `$26` and `$27` of `ranking`. */
export function askedParameters({ times = [], names = [] }: Ranking): readonly [times: unknown, names: unknown] {
  return [JSON.stringify(times), names];
}

/** `$28` and `$29` of `ranking`. */
export function validityParameters({ valid }: SearchFilters): readonly [at: string | null, isKnown: boolean] {
  return [valid?.at.toISOString() ?? null, valid?.isKnown === true];
}

/** `$24` and `$25` of `ranking`. */
export function kindParameters({ kinds, settled }: SearchFilters): readonly [kinds: unknown, settled: boolean] {
  return [kinds ?? null, settled === true];
}

/** $1 to $21 of `ranking`. */
export function rankingParameters(
  scope: SearchScope,
  language: string,
  { ranking: weights, phrases, exclusions, filters }: Omit<RankRequest, 'after' | 'limit' | 'adHoc'>,
  after: RankPosition | undefined,
): unknown[] {
  return [
    scope.workspaceId,
    scope.projectId,
    language,
    ...weightsOf(weights),
    highestBoost(weights),
    phrases,
    exclusions,
    filters.priority ?? null,
    filters.tags ?? null,
    filters.sessionId ?? null,
    filters.since?.toISOString() ?? null,
    filters.minScore === undefined ? null : filters.minScore * SCORE_UNIT,
    after?.score ?? null,
    after?.id ?? null,
  ];
}
