import { Injectable } from '@nestjs/common';
import { SearchConfig } from '#config';
import { Database } from '#database';
import type { Priority } from '#context';
import type { ProjectId, SessionId, WorkspaceId } from '#kernel';
import { ANALYSIS_VERSION } from '../analysis/words.js';
import { BM25, SCORE_UNIT } from '../ranking/bm25.js';
import { HIGHEST_BOOST, PRIORITY_BOOST, RECENCY_BOOST, RECENCY_HALF_LIFE_MS } from '../ranking/boosts.js';
import type { SimilarWord } from '../ranking/spelling.js';
import { type Ranking, satisfies, type SearchDocument, type SearchScope, type WeightedTerm } from '../search.js';
import {
  type AnalysedDocument,
  type HoldingRequest,
  KeywordIndex,
  type Passage,
  type QueryStatistics,
  type QueryTerm,
  type RankedDocument,
  type RankRequest,
  type ResolvedDocument,
} from './keyword-index.js';
import {
  documentInsert,
  documentRemoval,
  documentResolution,
  holdingDocuments,
  longerTerms,
  nearWordCandidates,
  passageSelection,
  adHocPassageSelection,
  postingRemoval,
  projectsOfDocuments,
  queryStatistics,
  ranking,
  adHocRanking,
  replacedDocuments,
  segmentRemoval,
  similarWords,
  staleDocuments,
  wordInsert,
} from './keyword-index.sql.js';

/** Bounds what a query costs that nothing matches: some 50 ms. */
const MOST_WORDS_LOOKED_AT = 50_000;
const NEAR_CANDIDATES = 50;
const LONGER_TERMS = 10;

/**
 * BM25 on stock PostgreSQL. A posting carries its document's length, so that scoring a term is one index-only scan
 * of the rows of that term in that project; nothing else of the workspace is touched.
 */
@Injectable()
export class PostgresKeywordIndex extends KeywordIndex {
  private readonly language: string;
  /** What the postings depend on besides the text. */
  private readonly analysis: string;

  constructor(
    private readonly database: Database,
    config: SearchConfig,
  ) {
    super();
    this.language = config.language;
    this.analysis = `${config.language}/${ANALYSIS_VERSION}`;
  }

  async put(documents: readonly AnalysedDocument[]): Promise<void> {
    for (const [workspaceId, group] of byWorkspace(documents)) {
      const labelled = group.filter(({ document }) => document.label !== undefined);
      await this.removeLocked(
        workspaceId,
        await this.lock(workspaceId, {
          ids: group.map(({ document }) => document.id),
          labels: labelled.map(({ document }) => document),
        }),
      );
      await this.insert(workspaceId, group);
    }
  }

  async remove(workspaceId: WorkspaceId, ids: readonly string[]): Promise<void> {
    await this.removeLocked(workspaceId, await this.lock(workspaceId, { ids, labels: [] }));
  }

  async takeStale(limit: number): Promise<SearchDocument[]> {
    interface Row {
      readonly workspace_id: WorkspaceId;
      readonly project_id: ProjectId;
      readonly id: string;
      readonly kind: SearchDocument['kind'];
      readonly label: string | null;
      readonly version: number | null;
      readonly priority: Priority | null;
      readonly tags: readonly string[];
      readonly session_id: SessionId | null;
      readonly created_at: Date;
      readonly text: string | null;
    }
    const rows = await this.database.query<Row>(staleDocuments, [this.analysis, limit]);
    return rows.map((row) => ({
      workspaceId: row.workspace_id,
      projectId: row.project_id,
      id: row.id,
      kind: row.kind,
      label: row.label ?? undefined,
      version: row.version ?? undefined,
      text: row.text ?? '',
      priority: row.priority ?? undefined,
      tags: row.tags,
      sessionId: row.session_id ?? undefined,
      createdAt: row.created_at,
    }));
  }

  async reindex(documents: readonly AnalysedDocument[]): Promise<void> {
    for (const [workspaceId, group] of byWorkspace(documents)) {
      const ids = group.map(({ document }) => document.id);
      await this.database.query(postingRemoval, [workspaceId, ids]);
      await this.database.query(segmentRemoval, [workspaceId, ids]);
      await this.insert(workspaceId, group);
    }
  }

  private async lock(
    workspaceId: WorkspaceId,
    { ids, labels }: { readonly ids: readonly string[]; readonly labels: readonly SearchDocument[] },
  ): Promise<string[]> {
    const rows = await this.database.query<{ id: string }>(replacedDocuments, [
      workspaceId,
      ids,
      labels.map(({ projectId }) => projectId),
      labels.map(({ kind }) => kind),
      labels.map(({ label }) => label),
    ]);
    return rows.map(({ id }) => id);
  }

  private async removeLocked(workspaceId: WorkspaceId, ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await this.database.query(postingRemoval, [workspaceId, ids]);
    await this.database.query(documentRemoval, [workspaceId, ids]);
  }

  private async insert(workspaceId: WorkspaceId, documents: readonly AnalysedDocument[]): Promise<void> {
    const rows = documents.map(({ document }) => ({
      id: document.id,
      project_id: document.projectId,
      kind: document.kind,
      label: document.label ?? null,
      version: document.version ?? null,
      priority: document.priority ?? null,
      tags: document.tags,
      session_id: document.sessionId ?? null,
      created_at: document.createdAt.toISOString(),
    }));
    const segments = segmentsOf(documents);
    await this.database.query(documentInsert, [
      workspaceId,
      this.language,
      this.analysis,
      JSON.stringify(rows),
      segments.map(({ id }) => id),
      segments.map(({ position }) => position),
      segments.map(({ text }) => text),
      segments.map(({ words }) => words),
    ]);
    const words = documents.flatMap(({ document: { projectId }, analysis }) =>
      analysis.vocabulary.map((word) => ({ projectId, word })),
    );
    await this.database.query(wordInsert, [
      workspaceId,
      this.language,
      words.map(({ projectId }) => projectId),
      words.map(({ word }) => word),
    ]);
  }

  async describe(
    workspaceId: WorkspaceId,
    id: string,
    change: { readonly priority?: Priority; readonly tags?: readonly string[] },
  ): Promise<void> {
    await this.database.query(
      `UPDATE search_documents SET priority = coalesce($3, priority), tags = coalesce($4, tags) WHERE workspace_id = $1 AND id = $2`,
      [workspaceId, id, change.priority ?? null, change.tags ?? null],
    );
  }

  async statistics(scope: SearchScope, words: string): Promise<QueryStatistics> {
    interface Row {
      readonly document_count: number;
      readonly average_length: number;
      readonly term: string | null;
      readonly query_frequency: number;
      readonly document_frequency: number;
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
        : [{ term: row.term, queryFrequency: row.query_frequency, documentFrequency: row.document_frequency }],
    );
    return { documentCount: rows[0]?.document_count ?? 0, averageLength: rows[0]?.average_length ?? 0, terms };
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
    const beside = await this.rankAdHoc(scope, request);
    const indexed = await this.rankIndexed(scope, request);
    if (beside.length === 0) return indexed;
    const all = new Map([...beside, ...indexed].map((document) => [document.id, document]));
    return [...all.values()].sort(byRank).slice(0, request.limit);
  }

  private async rankIndexed(scope: SearchScope, request: RankRequest): Promise<RankedDocument[]> {
    interface Row {
      readonly kind: RankedDocument['kind'];
      readonly id: string;
      readonly label: string | null;
      readonly version: number | null;
      readonly score: number;
      readonly keyword_score: number;
      readonly recency_score: number;
      readonly priority_score: number;
    }
    const { ranking: weights, filters, after } = request;
    const rows = await this.database.query<Row>(ranking, [
      scope.workspaceId,
      scope.projectId,
      this.language,
      ...weightsOf(weights),
      HIGHEST_BOOST,
      request.phrases,
      request.exclusions,
      filters.priority ?? null,
      filters.tags ?? null,
      filters.sessionId ?? null,
      filters.since?.toISOString() ?? null,
      filters.minScore === undefined ? null : filters.minScore * SCORE_UNIT,
      after?.score ?? null,
      after?.id ?? null,
      request.limit,
      isUnfiltered(request),
    ]);
    return rows.map((row) => ({
      kind: row.kind,
      id: row.id,
      label: row.label,
      version: row.version,
      score: row.score,
      keywordScore: row.keyword_score,
      recencyScore: row.recency_score,
      priorityScore: row.priority_score,
    }));
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

  async projectsOf(workspaceId: WorkspaceId, ids: readonly string[]): Promise<ProjectId[]> {
    const rows = await this.database.query<{ id: ProjectId }>(projectsOfDocuments, [workspaceId, ids]);
    return rows.map(({ id }) => id);
  }

  private async rankAdHoc(scope: SearchScope, request: RankRequest): Promise<RankedDocument[]> {
    const { ranking: weights, filters, after, limit } = request;
    const documents = (request.beside ?? []).filter(({ document }) => satisfies(document, filters));
    if (documents.length === 0) return [];
    interface Row {
      readonly id: string;
      readonly score: number;
      readonly keyword_score: number;
      readonly recency_score: number;
      readonly priority_score: number;
    }
    const segments = segmentsOf(documents);
    const rows = await this.database.query<Row>(adHocRanking, [
      scope.workspaceId,
      JSON.stringify(
        documents.map(({ document: { id, priority, createdAt } }) => ({ id, priority, created_at: createdAt })),
      ),
      this.language,
      ...weightsOf(weights),
      filters.minScore === undefined ? null : filters.minScore * SCORE_UNIT,
      request.phrases,
      request.exclusions,
      segments.map(({ id }) => id),
      segments.map(({ words }) => words),
      after?.score ?? null,
      after?.id ?? null,
      limit,
    ]);
    const byId = new Map(documents.map(({ document }) => [document.id, document]));
    return rows.flatMap((row) => {
      const document = byId.get(row.id);
      if (document === undefined) return [];
      return {
        kind: document.kind,
        id: row.id,
        label: document.label ?? null,
        version: document.version ?? null,
        score: row.score,
        keywordScore: row.keyword_score,
        recencyScore: row.recency_score,
        priorityScore: row.priority_score,
      };
    });
  }

  async passages(
    scope: SearchScope,
    ids: readonly string[],
    terms: readonly WeightedTerm[],
    beside: readonly AnalysedDocument[] = [],
  ): Promise<Passage[]> {
    const query = [terms.map(({ term }) => term), terms.map(({ weight }) => weight)];
    const indexed = await this.database.query<Passage>(passageSelection, [scope.workspaceId, ids, ...query]);
    const found = new Set(indexed.map(({ id }) => id));
    const others = beside.filter(({ document: { id } }) => ids.includes(id) && !found.has(id));
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

interface SimilarWordRow {
  readonly word: string;
  readonly candidate: string;
  readonly term: string;
  readonly document_frequency: number;
}

function toSimilarWord({ word, candidate, term, document_frequency: documentFrequency }: SimilarWordRow): SimilarWord {
  return { word, candidate, term, documentFrequency };
}

function byWorkspace(documents: readonly AnalysedDocument[]): Map<WorkspaceId, AnalysedDocument[]> {
  const groups = new Map<WorkspaceId, AnalysedDocument[]>();
  for (const entry of documents) {
    const group = groups.get(entry.document.workspaceId);
    if (group === undefined) groups.set(entry.document.workspaceId, [entry]);
    else group.push(entry);
  }
  return groups;
}

/** The parameters $4 to $11 of `ranking`. */
function weightsOf({ terms, averageLength, asOfMs }: Ranking): unknown[] {
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

function segmentsOf(documents: readonly AnalysedDocument[]) {
  return documents.flatMap(({ document: { id, label }, analysis }) => [
    ...(analysis.labelWords === '' ? [] : [{ id, position: 0, text: label ?? '', words: analysis.labelWords }]),
    ...analysis.segments.map(({ text, words }, index) => ({ id, position: index + 1, text, words })),
  ]);
}

function byRank(a: RankedDocument, b: RankedDocument): number {
  return b.score - a.score || (a.id < b.id ? -1 : 1);
}

/** A lowest score only cuts the end off: it takes nothing out from between. */
function isUnfiltered({ phrases, exclusions, filters }: RankRequest): boolean {
  const { minScore: _, ...others } = filters;
  return (
    phrases.length === 0 && exclusions.length === 0 && Object.values(others).every((filter) => filter === undefined)
  );
}
