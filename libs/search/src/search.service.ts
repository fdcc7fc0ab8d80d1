import { Injectable } from '@nestjs/common';
import { SearchConfig } from '#config';
import { Clock, type WorkspaceId } from '#kernel';
import { ProjectService } from '#project';
import { analysisOptionsOf } from './analysis/language.js';
import { analyseQuery } from './analysis/query-analysis.js';
import type { AnalysisOptions } from './analysis/words.js';
import { KeywordSearch } from './keyword-search.js';
import { type LiveDocuments, LiveEntries } from './live-entries.js';
import { type AnalysedDocument, KeywordIndex, type RankedDocument } from './persistence/keyword-index.js';
import { SCORE_UNIT } from './ranking/bm25.js';
import type { Ranking, SearchAnswer, SearchHit, SearchRequest, SearchScope } from './search.js';
import { snippetOf } from './snippet.js';

const NOTHING_LIVE: LiveDocuments = { documents: [], truncated: false };
const TOO_MUCH_LIVE = 'of what open sessions wrote only the newest was looked at';

/** Finds memory in one project. Reads committed state: what was written before the call is found, what was removed is not. */
@Injectable()
export class SearchService {
  private readonly options: AnalysisOptions;

  constructor(
    private readonly projects: ProjectService,
    private readonly keywords: KeywordSearch,
    private readonly index: KeywordIndex,
    private readonly live: LiveEntries,
    private readonly clock: Clock,
    config: SearchConfig,
  ) {
    this.options = analysisOptionsOf(config.language);
  }

  async search(workspaceId: WorkspaceId, request: SearchRequest): Promise<SearchAnswer> {
    const answer = { project: request.project, ...channelsFor(request) };
    const project = await this.projects.find(workspaceId, request.project);
    if (project === undefined) return { ...answer, items: [] };
    const scope: SearchScope = { workspaceId, projectId: project.id };
    const query = analyseQuery(request.query, this.options);

    const { documents: beside, truncated } = request.live ? await this.live.of(scope) : NOTHING_LIVE;
    const ranking =
      request.after?.ranking ??
      (await this.keywords.rankingOf(scope, query, this.clock.nowMs(), { keepUnknown: beside.length > 0 }));
    const nothing =
      ranking === undefined
        ? query.words === ''
          ? 'the query holds no word to look for'
          : 'the query holds stop words alone'
        : undefined;
    if (ranking === undefined) return { ...answer, items: [], reason: both(answer.reason, nothing) };
    if (!(await this.index.allTelling([...query.phrases, ...query.exclusions]))) {
      return {
        ...answer,
        items: [],
        reason: both(answer.reason, 'a phrase or an exclusion holds stop words alone, which are not indexed'),
      };
    }

    const found = await this.index.rank(scope, {
      ranking,
      phrases: query.phrases,
      exclusions: query.exclusions,
      filters: request.filters,
      after: request.after?.after,
      limit: request.limit + 1,
      beside,
    });
    const page = found.slice(0, request.limit);
    const last = page.at(-1);
    const items = await this.describe(scope, page, ranking, beside);
    const told = truncated ? { ...answer, reason: both(answer.reason, TOO_MUCH_LIVE) } : answer;
    return found.length > request.limit && last !== undefined
      ? { ...told, items, next: { ranking, after: { score: last.score, id: last.id } } }
      : { ...told, items };
  }

  /** A document that was removed since it was ranked has no passage, and is no hit any more. */
  private async describe(
    scope: SearchScope,
    page: readonly RankedDocument[],
    ranking: Ranking,
    beside: readonly AnalysedDocument[],
  ): Promise<SearchHit[]> {
    const passages = await this.index.passages(
      scope,
      page.map(({ id }) => id),
      ranking.terms,
      beside,
    );
    const byId = new Map(passages.map((passage) => [passage.id, passage]));
    return page.flatMap((document) => {
      const passage = byId.get(document.id);
      return passage === undefined ? [] : [toHit(document, snippetOf(passage, ranking.terms, this.options))];
    });
  }
}

/** Keywords are the one channel there is; who asks for more is told. */
function channelsFor({ mode, rerank }: SearchRequest): Pick<SearchAnswer, 'mode' | 'degraded' | 'reason'> {
  const missing = [
    ...(mode === undefined || mode === 'keyword' ? [] : ['embeddings are not enabled']),
    ...(rerank ? ['no reranker is configured'] : []),
  ];
  return { mode: 'keyword', degraded: missing.length > 0, reason: missing.length > 0 ? missing.join('; ') : null };
}

function both(first: string | null, second: string | undefined): string | null {
  return [first, second].filter((reason) => typeof reason === 'string').join('; ') || null;
}

function toHit(
  { kind, id, label, version, score, keywordScore, recencyScore, priorityScore }: RankedDocument,
  snippet: string,
): SearchHit {
  const scores = {
    keyword: keywordScore / SCORE_UNIT,
    recency: recencyScore / SCORE_UNIT,
    priority: priorityScore / SCORE_UNIT,
  };
  return { kind, id, label, version, score: score / SCORE_UNIT, scores, snippet };
}
