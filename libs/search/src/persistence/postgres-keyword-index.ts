import { Injectable } from '@nestjs/common';
import { SearchConfig } from '#config';
import { Database } from '#database';
import type { Priority } from '#context';
import { SCORE_UNIT } from '../ranking/bm25.js';
import {
  satisfies,
  type SearchDocument,
  type SearchFilters,
  type SearchKind,
  type SearchScope,
  type WeightedTerm,
} from '../search.js';
import {
  type AnalysedDocument,
  byRank,
  type Changes,
  type HoldingRequest,
  isUnfiltered,
  type Passage,
  type RankedDocument,
  type RankRequest,
  type ResolvedDocument,
} from './keyword-index.js';
import { documentResolution, holdingDocuments, passageSelection, adHocPassageSelection } from './found-texts.sql.js';
import { factorOf, segmentsOf } from './postgres-keyword-documents.js';
import { PostgresQueryWords } from './postgres-query-words.js';
import {
  askedParameters,
  kindParameters,
  type RankedRow,
  rankingParameters,
  toRankedDocument,
  validityParameters,
} from './ranked-rows.js';
import { adHocRanking, changesSince, ranking, weightsOf } from './bm25-scores.sql.js';

/** More than one project has documents. */
const NO_LIMIT = 2 ** 31 - 1;

/**
 * BM25 on stock PostgreSQL. A posting carries its document's length, so that scoring a term is one index-only scan
 * of the rows of that term in that project; nothing else of the workspace is touched.
 */
@Injectable()
export class PostgresKeywordIndex extends PostgresQueryWords {
  constructor(database: Database, config: SearchConfig) {
    super(database, config.language);
  }

  async rank(scope: SearchScope, request: RankRequest): Promise<RankedDocument[]> {
    // First what is beside: a document that is indexed in between is then ranked twice, never not at all.
    const adHoc = await this.rankAdHoc(scope, request);
    const indexed = await this.rankIndexed(scope, request);
    if (adHoc.length === 0) return indexed;
    const all = new Map([...adHoc, ...indexed].map((document) => [document.id, document]));
    return [...all.values()].sort(byRank).slice(0, request.limit);
  }

  private async rankIndexed(scope: SearchScope, request: RankRequest): Promise<RankedDocument[]> {
    const { after, limit } = request;
    const rows = await this.database.query<RankedRow>(ranking, [
      ...rankingParameters(scope, this.language, request, after),
      limit,
      isUnfiltered(request),
      ...kindParameters(request.filters),
      ...askedParameters(request.ranking),
      ...validityParameters(request.filters),
    ]);
    return rows.map(toRankedDocument);
  }

  async watermark(): Promise<string> {
    const [row] = await this.database.query<{ snapshot: string }>('SELECT pg_current_snapshot()::text AS snapshot');
    return row!.snapshot;
  }

  async changesSince(
    scope: SearchScope,
    watermark: string,
    request: Omit<RankRequest, 'after' | 'limit' | 'adHoc'>,
    most: number,
  ): Promise<Changes | undefined> {
    type Row = { [Column in keyof RankedRow]: RankedRow[Column] | null } & {
      readonly is_complete: boolean;
      readonly piece_id: string | null;
      readonly piece_kind: SearchKind;
      readonly is_changed: boolean | null;
      readonly is_dated: boolean;
      readonly next_change: Date | null;
    };
    const rows = await this.database.query<Row>(changesSince, [
      ...rankingParameters(scope, this.language, request, undefined),
      NO_LIMIT,
      false,
      ...kindParameters(request.filters),
      ...askedParameters(request.ranking),
      ...validityParameters(request.filters),
      watermark,
      most,
    ]);
    const pieces = rows.flatMap(({ piece_id: id, piece_kind: kind }) => (id === null ? [] : [{ id, kind }]));
    const changed = rows.filter((row) => row.is_changed === true);
    if (changed.length > most || rows[0]?.is_complete !== true) return undefined;
    const ranked = rows.filter((row): row is Row & RankedRow => row.id !== null);
    const [{ is_dated: isDated, next_change: nextChange }] = rows as [Row];
    return {
      pieces,
      ranked: ranked.map(toRankedDocument).sort(byRank),
      ...(isDated ? { isDated } : {}),
      ...(nextChange === null ? {} : { nextChangeMs: nextChange.getTime() }),
    };
  }

  async holding(scope: SearchScope, { filters, ...request }: HoldingRequest) {
    interface Row {
      readonly kind: RankedDocument['kind'];
      readonly id: string;
      readonly label: string | null;
      readonly version: number | null;
      readonly is_partial: boolean;
    }
    const rows = await this.database.query<Row>(holdingDocuments, [
      scope.workspaceId,
      scope.projectId,
      this.language,
      request.words ?? null,
      request.text ?? null,
      request.exclusions,
      filters.priority ?? null,
      filters.tags ?? null,
      filters.sessionId ?? null,
      filters.since?.toISOString() ?? null,
      request.mostSegments,
      request.limit,
      ...kindParameters(filters),
      ...validityParameters(filters),
    ]);
    return {
      documents: rows.map(({ kind, id, label, version }) => ({ kind, id, label, version })),
      isPartial: rows[0]?.is_partial ?? false,
    };
  }

  async resolve(
    scope: SearchScope,
    ids: readonly string[],
    { phrases, exclusions, valid }: Pick<RankRequest, 'phrases' | 'exclusions'> & Pick<SearchFilters, 'valid'>,
  ): Promise<ResolvedDocument[]> {
    interface Row {
      readonly kind: SearchDocument['kind'];
      readonly id: string;
      readonly label: string | null;
      readonly version: number | null;
      readonly priority: Priority | null;
      readonly created_at: Date;
    }
    if (ids.length === 0) return [];
    const rows = await this.database.query<Row>(documentResolution, [
      scope.workspaceId,
      scope.projectId,
      this.language,
      ids,
      phrases,
      exclusions,
      ...validityParameters({ valid }),
    ]);
    return rows.map(({ priority, created_at: createdAt, ...row }) => ({
      ...row,
      priority: priority ?? undefined,
      createdAt,
    }));
  }

  private async rankAdHoc(scope: SearchScope, request: RankRequest): Promise<RankedDocument[]> {
    const { ranking: weights, filters, after, limit } = request;
    const documents = (request.adHoc ?? []).filter(({ document }) => satisfies(document, filters));
    if (documents.length === 0) return [];
    interface Row {
      readonly id: string;
      readonly score: number;
      readonly own_score: number;
      readonly recency_score: number;
      readonly priority_score: number;
      readonly time_score: number;
    }
    const segments = segmentsOf(documents);
    const rows = await this.database.query<Row>(adHocRanking, [
      scope.workspaceId,
      JSON.stringify(
        documents.map(({ document, analysis }) => ({
          id: document.id,
          kind: document.kind,
          priority: document.priority,
          created_at: document.createdAt,
          factor: factorOf({ document, analysis }),
        })),
      ),
      this.language,
      ...weightsOf(weights),
      filters.minScore === undefined ? null : filters.minScore * SCORE_UNIT,
      request.phrases,
      request.exclusions,
      segments.map(({ id }) => id),
      segments.map(({ words }) => words),
      segments.map(({ firstPassage }) => firstPassage),
      segments.map(({ starts }) => `{${starts.join()}}`),
      after?.score ?? null,
      after?.id ?? null,
      limit,
      JSON.stringify(weights.times ?? []),
    ]);
    const byId = new Map(documents.map(({ document }) => [document.id, document]));
    return rows.flatMap((row) => {
      const document = byId.get(row.id);
      if (document === undefined) return [];
      const { kind, id, label = null, version = null, role = null } = document;
      return toRankedDocument({ ...row, kind, id, label, version, role, author_score: 0, neighbour_score: 0 });
    });
  }

  async passages(
    scope: SearchScope,
    ids: readonly string[],
    terms: readonly WeightedTerm[],
    adHoc: readonly AnalysedDocument[] = [],
  ): Promise<Passage[]> {
    const query = [terms.map(({ term }) => term), terms.map(({ weight }) => weight)];
    const indexed = await this.database.query<Passage>(passageSelection, [scope.workspaceId, ids, ...query]);
    const found = new Set(indexed.map(({ id }) => id));
    const others = adHoc.filter(({ document: { id } }) => ids.includes(id) && !found.has(id));
    if (others.length === 0) return indexed;
    const segments = segmentsOf(others);
    const passages = await this.database.query<Passage>(adHocPassageSelection, [
      scope.workspaceId,
      others.map(({ document }) => document.id),
      ...query,
      this.language,
      segments.map(({ id }) => id),
      segments.map(({ position }) => position),
      segments.map(({ text }) => text),
      segments.map(({ words }) => words),
    ]);
    return [...indexed, ...passages];
  }
}
