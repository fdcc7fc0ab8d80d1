import type { Principal } from '#kernel';
import type { QueryAnalysis } from './analysis/query-analysis.js';
import type { KeywordSearch } from './keyword-search.js';
import { NOTHING_AD_HOC } from './ad-hoc-documents.js';
import type { KeywordIndex } from './persistence/keyword-index.js';
import type { QueryReader } from './query-reader.js';
import { mergeNearby, mergeRanked, MOST_CHANGES, type RememberedSearch, SPARE } from './remembered-search.js';
import type { Ranking, SearchAnswer, SearchRequest, SearchScope } from './search.js';
import { RemovedMeanwhileError, type SearchHits } from './search-hits.js';
import {
  depthOf,
  goesBySeen,
  narrowing,
  type PreparedSearch,
  SeenHits,
  toAnswer,
  withValidity,
} from './search-page.js';
import { type FoundNearby, NOTHING_NEAR, type SearchPageBuilder } from './search-page-builder.js';
import { nearestHits, type SemanticSearch } from './semantic-search.js';
import { weakReasonOf } from './weak-hits.js';

/** Brings a remembered search up to date: ranks what has changed since, and merges it in. */
export class SearchUpdate {
  constructor(
    private readonly index: KeywordIndex,
    private readonly queries: QueryReader,
    private readonly keywords: KeywordSearch,
    private readonly semantic: SemanticSearch,
    private readonly hits: SearchHits,
    private readonly pages: SearchPageBuilder,
  ) {}

  /**
   * What a search would answer now with the statistics (weights of words, average length, moment of recency) that the
   * remembered search was made with.
   * @param nowMs the moment that validity is asked for
   * @returns undefined where it must be made again
   */
  async update(
    scope: SearchScope,
    given: SearchRequest,
    remembered: RememberedSearch,
    nowMs: number,
    billedPrincipal?: Principal,
  ): Promise<SearchAnswer | undefined> {
    const { mode, ranking, areWordsKnown, untilMs = Number.POSITIVE_INFINITY } = remembered;
    if (untilMs <= nowMs) return undefined;
    const request = withValidity(given, nowMs);
    const query = this.queries.analyse(request.query);
    const intent = this.queries.intentOf(given, nowMs);
    const isByScore = mode === 'keyword' && !goesBySeen(request, intent);
    const narrowed = isByScore ? { ...narrowing(request, query), filters: request.filters } : narrowing(request, query);
    const changes = await this.index.changesSince(
      scope,
      remembered.watermark,
      { ...narrowed, ranking: this.pages.usesWords(mode) ? ranking : { ...ranking, terms: [] } },
      MOST_CHANGES,
    );
    if (changes === undefined) return undefined;
    const { pieces, ranked, isDated = false, nextChangeMs } = changes;
    // What has begun or ended since, and what has a time now where nothing had one, is in nothing that is remembered.
    if ((isDated && ranking.isDated !== true) || (nextChangeMs !== undefined && nextChangeMs <= nowMs))
      return undefined;
    if (pieces.length > 0 && !areWordsKnown && !(await this.hasSameWords(scope, query, request, ranking)))
      return undefined;

    const changed = new Set(pieces.map(({ id }) => id));
    const seen = new SeenHits();
    const depth = depthOf(request, seen);
    const shown = isByScore ? request.limit + 1 : depth;
    const keyword = mergeRanked(remembered.keyword, changed, ranked, shown);
    // Where nothing holds the words any more, others are near to them.
    if (keyword === undefined || (keyword.length === 0 && remembered.keyword.hits.length > 0)) return undefined;
    const prepared: PreparedSearch = {
      scope,
      request,
      billedPrincipal,
      query,
      reading: [],
      ranking,
      areWordsKnown,
      asOfMs: ranking.asOfMs,
      validAtMs: nowMs,
      intent,
      isDated,
      adHoc: NOTHING_AD_HOC,
      seen,
      depth,
      spare: SPARE,
      similarity: undefined,
      leavesOutRemoved: false,
    };
    const contexts = pieces.filter(({ kind }) => kind === 'context').map(({ id }) => id);
    const semantic = mode === 'keyword' ? NOTHING_NEAR : await this.nearNow(prepared, remembered, changed, contexts);
    if (semantic === undefined || this.pages.needsWords(mode, semantic)) return undefined;
    const page = isByScore
      ? await this.pages.keywordPageOf(prepared, keyword)
      : await this.pages.fusedPageOf(prepared, mode, keyword, semantic);
    const snippets = new Map(remembered.snippets.filter(([id]) => !changed.has(id)));
    try {
      const items = await this.hits.describe(prepared, page.hits, snippets);
      // Why there is nothing is not known from what has changed.
      if (items.length === 0) return undefined;
      const weakReason = weakReasonOf(items, this.semantic.embedder);
      const notes = [...(weakReason === undefined ? [] : [weakReason]), ...page.notes];
      return toAnswer(request, { ...page, notes, intent }, items, null, nextChangeMs);
    } catch (error) {
      if (error instanceof RemovedMeanwhileError) return undefined;
      throw error;
    }
  }

  /** Whether the words of a query still stand for the same terms, known ones and those near to unknown ones. */
  private async hasSameWords(
    scope: SearchScope,
    query: QueryAnalysis,
    request: SearchRequest,
    { terms, asOfMs, isGuess }: Ranking,
  ): Promise<boolean> {
    const now = await this.keywords.rankingOf(scope, query, asOfMs, { guess: request.weak !== false });
    const wordsOf = (list: Ranking['terms']) =>
      list
        .map(({ term }) => term)
        .toSorted()
        .join(' ');
    return now !== undefined && now.isGuess === isGuess && wordsOf(now.terms) === wordsOf(terms);
  }

  private async nearNow(
    { scope, request, query, asOfMs, depth, billedPrincipal }: PreparedSearch,
    { nearby }: RememberedSearch,
    changed: ReadonlySet<string>,
    contexts: readonly string[],
  ): Promise<FoundNearby | undefined> {
    if (nearby === undefined) return undefined;
    const asked = { ...narrowing(request, query), text: query.plain, asOfMs, billedPrincipal };
    const found = await this.semantic.among(scope, asked, contexts);
    const merged = found && mergeNearby(nearby, changed, found, depth);
    if (merged === undefined) return undefined;
    const pending = await this.semantic.pending(scope);
    return { hits: nearestHits(merged, depth), nearby: merged, ...(pending === undefined ? {} : { pending }) };
  }
}
