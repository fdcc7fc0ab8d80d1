import { Injectable } from '@nestjs/common';
import { SearchConfig } from '#config';
import { Database } from '#database';
import type { Priority } from '#context';
import { SCORE_UNIT } from '../ranking/bm25.js';
import { highestBoost, roleWeightOf } from '../ranking/boosts.js';
import type { SimilarWord } from '../ranking/spelling.js';
import {
  type RankPosition,
  type Ranking,
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
  type QueryStatistics,
  type QueryTerm,
  type RankedDocument,
  type RankRequest,
  type ResolvedDocument,
} from './keyword-index.js';
import {
  documentResolution,
  holdingDocuments,
  longerTerms,
  nearWordCandidates,
  passageSelection,
  adHocPassageSelection,
  queryStatistics,
  changesSince,
  ranking,
  adHocRanking,
  similarWords,
  weightsOf,
} from './keyword-queries.sql.js';
import { factorOf, PostgresKeywordDocuments, segmentsOf } from './postgres-keyword-documents.js';

/** Bounds what a query costs that nothing matches: some 50 ms. */
const MOST_WORDS_LOOKED_AT = 50_000;
const NEAR_CANDIDATES = 50;
const LONGER_TERMS = 10;

/** More than one project has documents. */
const NO_LIMIT = 2 ** 31 - 1;

/**
 * BM25 on stock PostgreSQL. A posting carries its document's length, so that scoring a term is one index-only scan
 * of the rows of that term in that project; nothing else of the workspace is touched.
 */
@Injectable()
export class PostgresKeywordIndex extends PostgresKeywordDocuments {
  constructor(database: Database, config: SearchConfig) {
    super(database, config.language);
  }

  async statistics(scope: SearchScope, words: string): Promise<QueryStatistics> {
    interface Row {
      readonly document_count: number;
      readonly passage_count: number;
      readonly average_length: number;
      readonly term: string | null;
      readonly query_frequency: number;
      readonly passage_frequency: number;
      readonly is_name: boolean;
    }
    const rows = await this.database.query<Row>(queryStatistics, [
      scope.workspaceId,
      scope.projectId,
      this.language,
      words,
    ]);
    const terms = rows.flatMap((row): QueryTerm[] =>
      row.term === null
        ? []
        : [
            {
              term: row.term,
              queryFrequency: row.query_frequency,
              passageFrequency: row.passage_frequency,
              isName: row.is_name,
            },
          ],
    );
    return {
      documentCount: rows[0]?.document_count ?? 0,
      passageCount: rows[0]?.passage_count ?? 0,
      averageLength: rows[0]?.average_length ?? 0,
      terms,
    };
  }

  async similarWords(scope: SearchScope, words: readonly string[]): Promise<SimilarWord[]> {
    const rows = await this.database.query<SimilarWordRow>(similarWords, [
      scope.workspaceId,
      scope.projectId,
      this.language,
      words,
    ]);
    return rows.map(toSimilarWord);
  }

  async nearCandidates(scope: SearchScope, words: readonly string[]): Promise<SimilarWord[]> {
    const rows = await this.database.query<SimilarWordRow>(nearWordCandidates, [
      scope.workspaceId,
      scope.projectId,
      words,
      MOST_WORDS_LOOKED_AT,
      NEAR_CANDIDATES,
    ]);
    return rows.map(toSimilarWord);
  }

  async longerTerms(scope: SearchScope, words: readonly string[]): Promise<SimilarWord[]> {
    const rows = await this.database.query<SimilarWordRow>(longerTerms, [
      scope.workspaceId,
      scope.projectId,
      words,
      LONGER_TERMS,
    ]);
    return rows.map(toSimilarWord);
  }

  async haveTerms(phrases: readonly string[]): Promise<readonly boolean[]> {
    const rows = await this.database.query<{ has_terms: boolean }>(
      `SELECT numnode(phraseto_tsquery($1::regconfig, words)) > 0 AS has_terms
       FROM unnest($2::text[]) WITH ORDINALITY AS phrase (words, place) ORDER BY place`,
      [this.language, phrases],
    );
    return rows.map((row) => row.has_terms);
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
      ...this.rankingParameters(scope, request, after),
      limit,
      isUnfiltered(request),
      ...kindParameters(request.filters),
      ...askedParameters(request.ranking),
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
    };
    const rows = await this.database.query<Row>(changesSince, [
      ...this.rankingParameters(scope, request, undefined),
      NO_LIMIT,
      false,
      ...kindParameters(request.filters),
      ...askedParameters(request.ranking),
      watermark,
      most,
    ]);
    const pieces = rows.flatMap(({ piece_id: id, piece_kind: kind }) => (id === null ? [] : [{ id, kind }]));
    const changed = rows.filter((row) => row.is_changed === true);
    if (changed.length > most || rows[0]?.is_complete !== true) return undefined;
    const ranked = rows.filter((row): row is Row & RankedRow => row.id !== null);
    return { pieces, ranked: ranked.map(toRankedDocument).sort(byRank) };
  }

  /** $1 to $21 of `ranking`. */
  private rankingParameters(
    scope: SearchScope,
    { ranking: weights, phrases, exclusions, filters }: Omit<RankRequest, 'after' | 'limit' | 'adHoc'>,
    after: RankPosition | undefined,
  ): unknown[] {
    return [
      scope.workspaceId,
      scope.projectId,
      this.language,
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
    ]);
    return {
      documents: rows.map(({ kind, id, label, version }) => ({ kind, id, label, version })),
      isPartial: rows[0]?.is_partial ?? false,
    };
  }

  async resolve(
    scope: SearchScope,
    ids: readonly string[],
    { phrases, exclusions }: Pick<RankRequest, 'phrases' | 'exclusions'>,
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

interface RankedRow {
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

function toRankedDocument(row: RankedRow): RankedDocument {
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

type SimilarWordRow = Omit<SimilarWord, 'passageFrequency'> & { readonly passage_frequency: number };

function toSimilarWord({ word, candidate, term, passage_frequency: passageFrequency }: SimilarWordRow): SimilarWord {
  return { word, candidate, term, passageFrequency };
}

/** `$26` and `$27` of `ranking`. */
function askedParameters({ times = [], names = [] }: Ranking): readonly [times: unknown, names: unknown] {
  return [JSON.stringify(times), names];
}

/** `$24` and `$25` of `ranking`. */
function kindParameters({ kinds, settled }: SearchFilters): readonly [kinds: unknown, settled: boolean] {
  return [kinds ?? null, settled === true];
}
