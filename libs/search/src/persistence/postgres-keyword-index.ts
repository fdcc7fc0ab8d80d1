import { Injectable } from '@nestjs/common';
import { SearchConfig } from '#config';
import { Database } from '#database';
import type { Priority } from '#context';
import type { WorkspaceId } from '#kernel';
import { ANALYSIS_VERSION } from '../analysis/words.js';
import { BM25, SCORE_UNIT } from '../ranking/bm25.js';
import { HIGHEST_BOOST, PRIORITY_BOOST, RECENCY_BOOST, RECENCY_HALF_LIFE_MS } from '../ranking/boosts.js';
import type { SimilarWord } from '../ranking/spelling.js';
import type { SearchScope, WeightedTerm } from '../search.js';
import {
  type AnalysedDocument,
  KeywordIndex,
  type Passage,
  type QueryStatistics,
  type QueryTerm,
  type RankedDocument,
  type RankRequest,
} from './keyword-index.js';
import {
  documentInsert,
  documentRemoval,
  passageSelection,
  postingRemoval,
  queryStatistics,
  ranking,
  replacedDocuments,
  similarWords,
  wordInsert,
} from './keyword-index.sql.js';

/**
 * BM25 on stock PostgreSQL. A posting carries its document's length, so that scoring a term is one index-only scan
 * of the rows of that term in that project; nothing else of the workspace is touched.
 */
@Injectable()
export class PostgresKeywordIndex extends KeywordIndex {
  private readonly language: string;

  constructor(
    private readonly database: Database,
    config: SearchConfig,
  ) {
    super();
    this.language = config.language;
  }

  async put(documents: readonly AnalysedDocument[]): Promise<void> {
    for (const [workspaceId, group] of byWorkspace(documents)) await this.putInWorkspace(workspaceId, group);
  }

  private async putInWorkspace(workspaceId: WorkspaceId, documents: readonly AnalysedDocument[]): Promise<void> {
    await this.removeReplaced(workspaceId, documents);
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
    const segments = documents.flatMap(({ document, analysis }) => [
      ...(analysis.labelWords === ''
        ? []
        : [{ id: document.id, position: 0, text: document.label ?? '', words: analysis.labelWords }]),
      ...analysis.segments.map((segment, index) => ({
        id: document.id,
        position: index + 1,
        text: segment.text,
        words: segment.words,
      })),
    ]);
    await this.database.query(documentInsert, [
      workspaceId,
      this.language,
      `${this.language}/${ANALYSIS_VERSION}`,
      JSON.stringify(rows),
      segments.map((segment) => segment.id),
      segments.map((segment) => segment.position),
      segments.map((segment) => segment.text),
      segments.map((segment) => segment.words),
    ]);
    const words = documents.flatMap(({ document, analysis }) =>
      analysis.vocabulary.map((word) => ({ projectId: document.projectId, word })),
    );
    await this.database.query(wordInsert, [
      workspaceId,
      this.language,
      words.map(({ projectId }) => projectId),
      words.map(({ word }) => word),
    ]);
  }

  private async removeReplaced(workspaceId: WorkspaceId, documents: readonly AnalysedDocument[]): Promise<void> {
    const labelled = documents.filter(({ document }) => document.label !== undefined);
    const replaced = await this.database.query<{ id: string }>(replacedDocuments, [
      workspaceId,
      documents.map(({ document }) => document.id),
      labelled.map(({ document }) => document.projectId),
      labelled.map(({ document }) => document.kind),
      labelled.map(({ document }) => document.label),
    ]);
    if (replaced.length > 0) {
      await this.remove(
        workspaceId,
        replaced.map(({ id }) => id),
      );
    }
  }

  async remove(workspaceId: WorkspaceId, ids: readonly string[]): Promise<void> {
    await this.database.query(postingRemoval, [workspaceId, ids]);
    await this.database.query(documentRemoval, [workspaceId, ids]);
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
    interface Row {
      readonly word: string;
      readonly candidate: string;
      readonly term: string;
      readonly document_frequency: number;
    }
    const rows = await this.database.query<Row>(similarWords, [
      scope.workspaceId,
      scope.projectId,
      this.language,
      words,
    ]);
    return rows.map((row) => ({
      word: row.word,
      candidate: row.candidate,
      term: row.term,
      documentFrequency: row.document_frequency,
    }));
  }

  async allTelling(phrases: readonly string[]): Promise<boolean> {
    const [row] = await this.database.query<{ telling: boolean }>(
      `SELECT coalesce(bool_and(numnode(phraseto_tsquery($1::regconfig, words)) > 0), true) AS telling FROM unnest($2::text[]) AS phrase (words)`,
      [this.language, phrases],
    );
    return row?.telling ?? true;
  }

  async rank(scope: SearchScope, request: RankRequest): Promise<RankedDocument[]> {
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
      weights.terms.map(({ term }) => term),
      weights.terms.map(({ weight }) => weight),
      BM25.k1 * (1 - BM25.b),
      weights.averageLength > 0 ? (BM25.k1 * BM25.b) / weights.averageLength : 0,
      new Date(weights.asOfMs).toISOString(),
      RECENCY_BOOST,
      RECENCY_HALF_LIFE_MS,
      JSON.stringify(PRIORITY_BOOST),
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

  async passages(scope: SearchScope, ids: readonly string[], terms: readonly WeightedTerm[]): Promise<Passage[]> {
    return this.database.query<Passage>(passageSelection, [
      scope.workspaceId,
      ids,
      terms.map(({ term }) => term),
      terms.map(({ weight }) => weight),
    ]);
  }
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

/** A lowest score only cuts the end off: it takes nothing out from between. */
function isUnfiltered({ phrases, exclusions, filters }: RankRequest): boolean {
  const { minScore: _, ...others } = filters;
  return (
    phrases.length === 0 && exclusions.length === 0 && Object.values(others).every((filter) => filter === undefined)
  );
}
