import { Injectable } from '@nestjs/common';
import { SearchConfig } from '#config';
import { RerankService } from '#embedding';
import { Clock, type Principal, type WorkspaceId } from '#kernel';
import { ProjectReader } from '#project';
import { analysisOptionsOf } from './analysis/words.js';
import type { QueryAnalysis } from './analysis/query-analysis.js';
import { EmptyAnswers, NOTHING_STORED } from './empty-answers.js';
import { QueryReader } from './query-reader.js';
import { KeywordSearch } from './keyword-search.js';
import { LiteralSearch } from './literal-search.js';
import { isWritten, type LiveDocuments, LiveEntries } from './live-entries.js';
import { KeywordIndex, type RankedDocument } from './persistence/keyword-index.js';
import { semanticWeight } from './ranking/boosts.js';
import { alone, beforeOthers, fuse } from './ranking/fusion.js';
import type {
  FusedPosition,
  KeywordPosition,
  Ranking,
  SearchAnswer,
  SearchMode,
  SearchRequest,
  SearchScope,
} from './search.js';
import { RemovedMeanwhileError, SearchHits } from './search-hits.js';
import { type Page, type PreparedSearch, SeenHits, toAnswer, toChannelHit } from './search-page.js';
import { mergeNearby, mergeRanked, MOST_CHANGES, type RememberedSearch, SPARE } from './remembered-search.js';
import { nearestHits, type SemanticFindings, SemanticSearch } from './semantic-search.js';

/** Each channel is asked for so many hits at least: fusion needs to see what one of them ranks low. */
const LEAST_DEPTH = 100;
/** A semantic or hybrid search ends after so many hits; a keyword search goes on to the last. */
const MOST_HITS = 500;

/** How often a search is done at most whose texts are replaced each time before they are read. */
const ATTEMPTS = 5;

const NOTHING_LIVE: LiveDocuments = { documents: [], truncated: false };
const NOTHING_NEAR: SemanticFindings = { hits: [], nearby: { nearest: [], hits: [], isAll: true } };
const ALL_WEAK = 'no text holds these words; what was found holds words, or parts of words, near to them';
const NOTHING_ASKED = 'the query leaves something out and names nothing to look for';
const NO_WORDS = 'the query holds no word to look for, and no text holds it as it stands';
const STOP_WORDS_ALONE = 'the query holds stop words alone, and no text holds them as they stand';
const TOO_MUCH_LIVE = 'of what open sessions wrote only the newest was looked at';

/** An answer, and what it takes to bring it up to date. */
interface FoundSearch {
  readonly answer: SearchAnswer;
  /** Absent where it can't be. */
  readonly remembered?: RememberedSearch;
}

type FoundNearby = Exclude<SemanticFindings, { readonly failure: string }>;

/**
 * Searches one project now. Reads committed state: what was written before the call is found, what was removed is not.
 *
 * One statement ranks a page, another reads its texts. Where one of these was replaced in between, the search is done
 * again, since it would show neither the old text nor the new one. (A snapshot would cost every search two statements,
 * and a connection while it waits for a provider.)
 */
@Injectable()
export class FreshSearch {
  private readonly hits: SearchHits;
  private readonly empty: EmptyAnswers;

  constructor(
    private readonly projects: ProjectReader,
    private readonly queries: QueryReader,
    private readonly keywords: KeywordSearch,
    private readonly index: KeywordIndex,
    private readonly literal: LiteralSearch,
    private readonly live: LiveEntries,
    private readonly semantic: SemanticSearch,
    private readonly reranker: RerankService,
    private readonly clock: Clock,
    config: SearchConfig,
  ) {
    this.empty = new EmptyAnswers(index, semantic);
    this.hits = new SearchHits(index, semantic, reranker, analysisOptionsOf(config.language));
  }

  /** @param billedPrincipal whose budget pays for what a provider is asked */
  async search(workspaceId: WorkspaceId, request: SearchRequest, billedPrincipal?: Principal): Promise<SearchAnswer> {
    return (await this.find(workspaceId, request, billedPrincipal)).answer;
  }

  /** As `search`, with what it takes to bring the answer up to date later, where that can be done. */
  async find(workspaceId: WorkspaceId, request: SearchRequest, billedPrincipal?: Principal): Promise<FoundSearch> {
    const mode = this.modeOf(request);
    const faults = this.faultsOf(request, mode);
    const project = await this.projects.find(workspaceId, request.project);
    if (project === undefined)
      return { answer: toAnswer(request, { mode, hits: [], faults, notes: [] }, [], NOTHING_STORED) };

    const scope = { workspaceId, projectId: project.id };
    // Before anything is read: what changes from here on is merged, also what the statements below have seen.
    const watermark = this.canMerge(request) ? await this.index.watermark() : undefined;
    const { prepared, page, items } = await this.repeated(async (isLast) => {
      const made = { ...(await this.prepare(scope, request, mode, billedPrincipal)), leavesOutRemoved: isLast };
      const ranked = await this.pageOf(made, mode);
      return { prepared: made, page: ranked, items: await this.hits.describe(made, ranked.hits) };
    });
    const isWeak = items.length > 0 && items.every(({ weak }) => weak);
    const notes = [
      ...prepared.reading,
      ...(isWeak ? [ALL_WEAK] : []),
      ...page.notes,
      ...(prepared.live.truncated ? [TOO_MUCH_LIVE] : []),
    ];
    const emptyReason = items.length > 0 ? null : await this.empty.reasonOf(prepared, page.mode, page);
    const answer = toAnswer(request, { ...page, notes, faults: [...faults, ...page.faults] }, items, emptyReason);
    const { ranking, areWordsKnown } = prepared;
    const isMergeable = watermark !== undefined && page.channels !== undefined && items.length > 0;
    if (!isMergeable || ranking === undefined || answer.degraded) return { answer };
    const snippets = items.map(({ id, snippet }) => [id, snippet] as const);
    const { projectId } = scope;
    return { answer, remembered: { ...page.channels, projectId, watermark, mode, ranking, areWordsKnown, snippets } };
  }

  /**
   * What `search` would answer now with the statistics (weights of words, average length, moment of recency) that the
   * remembered search was made with.
   * @returns undefined where it must be made again
   */
  async update(
    workspaceId: WorkspaceId,
    request: SearchRequest,
    remembered: RememberedSearch,
    billedPrincipal?: Principal,
  ): Promise<SearchAnswer | undefined> {
    const { mode, ranking, areWordsKnown, projectId } = remembered;
    const project = await this.projects.find(workspaceId, request.project);
    if (mode !== this.modeOf(request) || project?.id !== projectId) return undefined;
    const scope = { workspaceId, projectId };
    const query = this.queries.analyse(request.query);
    const narrowed =
      mode === 'keyword' ? { ...narrowing(request, query), filters: request.filters } : narrowing(request, query);
    const changes = await this.index.changesSince(
      scope,
      remembered.watermark,
      { ...narrowed, ranking: this.usesWords(mode) ? ranking : { ...ranking, terms: [] } },
      MOST_CHANGES,
    );
    if (changes === undefined) return undefined;
    const { pieces, ranked } = changes;
    if (pieces.length > 0 && !areWordsKnown && !(await this.hasSameWords(scope, query, request, ranking)))
      return undefined;

    const changed = new Set(pieces.map(({ id }) => id));
    const seen = new SeenHits();
    const depth = depthOf(request, seen);
    const shown = mode === 'keyword' ? request.limit + 1 : depth;
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
      live: NOTHING_LIVE,
      seen,
      depth,
      spare: SPARE,
      similarity: undefined,
      leavesOutRemoved: false,
    };
    const contexts = pieces.filter(({ kind }) => kind === 'context').map(({ id }) => id);
    const semantic = mode === 'keyword' ? undefined : await this.nearNow(prepared, remembered, changed, contexts);
    if (mode !== 'keyword' && semantic === undefined) return undefined;
    const page =
      mode === 'keyword' || semantic === undefined
        ? await this.keywordPageOf(prepared, keyword)
        : await this.fusedPageOf(prepared, mode, keyword, semantic);
    const snippets = new Map(remembered.snippets.filter(([id]) => !changed.has(id)));
    try {
      const items = await this.hits.describe(prepared, page.hits, snippets);
      // Why there is nothing is not known from what has changed.
      if (items.length === 0) return undefined;
      const isWeak = items.every(({ weak }) => weak);
      return toAnswer(request, { ...page, notes: [...(isWeak ? [ALL_WEAK] : []), ...page.notes] }, items);
    } catch (error) {
      if (error instanceof RemovedMeanwhileError) return undefined;
      throw error;
    }
  }

  /**
   * Whether an answer to it can be brought up to date: not a page after others, nor what a reranker has judged, nor what hangs on
   * which sessions and conversations are open.
   */
  private canMerge({ after, live, rerank, filters }: SearchRequest): boolean {
    const isJudged = rerank && this.reranker.isOn;
    return after === undefined && live !== true && !isJudged && filters.settled !== true;
  }

  /** Whether the mode ranks by words at all. */
  private usesWords(mode: SearchMode): boolean {
    return mode !== 'semantic' || this.semantic.isLexical;
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
    const pending = merged.isAll && merged.nearest.length < depth ? await this.semantic.pending(scope) : undefined;
    return { hits: nearestHits(merged, depth), nearby: merged, ...(pending === undefined ? {} : { pending }) };
  }

  private async repeated<Found>(attempt: (isLast: boolean) => Promise<Found>): Promise<Found> {
    for (let left = ATTEMPTS - 1; left > 0; left--) {
      try {
        return await attempt(false);
      } catch (error) {
        if (!(error instanceof RemovedMeanwhileError)) throw error;
      }
    }
    return attempt(true);
  }

  private pageOf(prepared: PreparedSearch, mode: SearchMode): Promise<Page> {
    if (mode === 'keyword') return this.keywordPage(prepared);
    // An embedder of meaning may understand what the index has no term for.
    const needsTerms = this.semantic.isLexical || prepared.query.words === '';
    return prepared.ranking === undefined && needsTerms
      ? this.literalPage(prepared, mode)
      : this.fusedPage(prepared, mode);
  }

  /** The mode that is tried. A search that began without vectors goes on without them. */
  private modeOf({ mode = 'hybrid', after }: SearchRequest): SearchMode {
    return this.semantic.isOn && after?.by !== 'score' ? mode : 'keyword';
  }

  private faultsOf({ mode = 'keyword', rerank }: SearchRequest, tried: SearchMode): string[] {
    const isWithoutVectors = mode !== 'keyword' && tried === 'keyword';
    return [
      ...(isWithoutVectors
        ? [this.semantic.isOn ? 'the search began with keywords alone' : 'embeddings are not enabled']
        : []),
      ...(rerank && !this.reranker.isOn ? ['no reranker is configured'] : []),
    ];
  }

  private async prepare(
    scope: SearchScope,
    request: SearchRequest,
    mode: SearchMode,
    billedPrincipal: Principal | undefined,
  ): Promise<Omit<PreparedSearch, 'leavesOutRemoved'>> {
    const live = request.live === true ? await this.live.documentsOf(scope) : NOTHING_LIVE;
    const { query, reading, isDoubtful } = await this.queries.read(scope, request.query, live);
    const { after } = request;
    const nowMs = this.clock.nowMs();
    const asOfMs = after?.by === 'seen' ? after.asOfMs : (after?.ranking.asOfMs ?? nowMs);
    const seen = new SeenHits(after?.by === 'seen' ? after.seen : undefined);
    const depth = depthOf(request, seen);
    const isPlain = !isDoubtful && query.phrases.length === 0 && query.exclusions.length === 0;
    const spare = isPlain && this.canMerge(request) ? SPARE : 0;
    const similarity =
      mode === 'keyword' || query.words === ''
        ? undefined
        : this.semantic.find(scope, {
            ...narrowing(request, query),
            text: query.plain,
            asOfMs,
            depth,
            spare,
            billedPrincipal,
          });
    const weighed =
      after === undefined
        ? await this.keywords.rankingWithWords(scope, query, nowMs, {
            keepUnknown: live.documents.length > 0,
            isHeld: query.words.split(' ').some((word) => isWritten(live, word)),
            guess: request.weak !== false,
          })
        : { ranking: after.ranking, areWordsKnown: false };
    const { ranking, areWordsKnown = false } = weighed ?? {};
    const words = { query, reading, ranking, areWordsKnown };
    return { scope, request, billedPrincipal, ...words, asOfMs, live, seen, depth, spare, similarity };
  }

  /** Where the index has no term for what is looked for, the texts themselves are asked. */
  private async literalPage(prepared: PreparedSearch, mode: SearchMode): Promise<Page> {
    const { scope, request, query, asOfMs, live, seen } = prepared;
    const limit = Math.min(MOST_HITS, seen.count + request.limit + 1);
    const { documents, notes } = await this.literal.find(scope, query, { filters: request.filters, live, limit });
    const unseen = alone('keyword', documents.map(toChannelHit)).filter(({ id }) => !seen.has(id));
    const hits = unseen.slice(0, request.limit);
    const next: FusedPosition = {
      by: 'seen',
      ranking: undefined,
      asOfMs,
      seen: seen.packWith(hits.map(({ id }) => id)),
    };
    const nothing = query.plain === '' ? NOTHING_ASKED : query.inOrder === '' ? NO_WORDS : STOP_WORDS_ALONE;
    return {
      mode,
      hits,
      next: unseen.length > hits.length ? next : undefined,
      faults: [],
      notes: documents.length === 0 ? [...notes, nothing] : notes,
    };
  }

  private async keywordPage(prepared: PreparedSearch): Promise<Page> {
    const { scope, request, query, ranking, live, spare } = prepared;
    if (ranking === undefined) return this.literalPage(prepared, 'keyword');
    const found = await this.index.rank(scope, {
      ranking,
      phrases: query.phrases,
      exclusions: query.exclusions,
      filters: request.filters,
      after: request.after?.by === 'score' ? request.after.after : undefined,
      limit: request.limit + 1 + spare,
      adHoc: live.documents,
    });
    const page = await this.keywordPageOf(prepared, found);
    if (spare === 0) return page;
    return { ...page, channels: { keyword: { hits: found, isAll: found.length < request.limit + 1 + spare } } };
  }

  private async keywordPageOf(prepared: PreparedSearch, found: readonly RankedDocument[]): Promise<Page> {
    const { request, ranking } = prepared;
    const page = found.slice(0, request.limit);
    const last = page.at(-1);
    const next: KeywordPosition | undefined =
      found.length > request.limit && last !== undefined && ranking !== undefined
        ? { by: 'score', ranking, after: { score: last.score, id: last.id } }
        : undefined;
    const reranked = await this.hits.rerank(
      prepared,
      alone('keyword', page.map(toChannelHit), request.after === undefined),
    );
    return { mode: 'keyword', ...reranked, next, notes: [] };
  }

  private async fusedPage(prepared: PreparedSearch, mode: 'hybrid' | 'semantic'): Promise<Page> {
    const { scope, request, query, ranking, live, depth, spare, similarity } = prepared;
    const limit = depth + spare;
    const [keyword, semantic] = await Promise.all([
      this.usesWords(mode) && ranking !== undefined
        ? this.index.rank(scope, { ...narrowing(request, query), ranking, limit, adHoc: live.documents })
        : Promise.resolve([]),
      similarity ?? NOTHING_NEAR,
    ]);
    if ('failure' in semantic) return this.withoutVectors(prepared, semantic.failure);
    const page = await this.fusedPageOf(prepared, mode, keyword.slice(0, depth), semantic);
    if (spare === 0) return page;
    return {
      ...page,
      channels: { keyword: { hits: keyword, isAll: keyword.length < limit }, nearby: semantic.nearby },
    };
  }

  private async fusedPageOf(
    prepared: PreparedSearch,
    mode: 'hybrid' | 'semantic',
    keyword: readonly RankedDocument[],
    semantic: FoundNearby,
  ): Promise<Page> {
    const { request, ranking, asOfMs, seen } = prepared;
    const { minScore = Number.NEGATIVE_INFINITY } = request.filters;
    const fused =
      mode === 'semantic'
        ? beforeOthers(alone('semantic', semantic.hits), keyword.map(toChannelHit), semanticWeight(true).leastCosine)
        : fuse(
            { keyword: keyword.map(toChannelHit), semantic: semantic.hits },
            semanticWeight(this.semantic.isLexical).weight,
          );
    const unseen = fused.filter(
      (hit) =>
        hit.score >= minScore && !seen.has(hit.id) && (request.weak !== false || !this.hits.isWeak(prepared, hit)),
    );
    const { hits, faults } = await this.hits.rerank(prepared, unseen);
    const page = hits.slice(0, Math.min(request.limit, MOST_HITS - seen.count));
    const isMore = hits.length > page.length && seen.count + page.length < MOST_HITS;
    const next: FusedPosition = { by: 'seen', ranking, asOfMs, seen: seen.packWith(page.map(({ id }) => id)) };
    const { weakness, pending } = semantic;
    // What is not embedded yet is found by its words; where only vectors are asked, it is missing.
    const isMissing = mode === 'semantic' && pending !== undefined;
    return {
      mode,
      hits: page,
      next: isMore ? next : undefined,
      faults: [...faults, ...[weakness, isMissing ? pending : undefined].filter((fault) => fault !== undefined)],
      notes: pending !== undefined && !isMissing ? [pending] : [],
    };
  }

  /** Keywords are what is left. A page after others stays by what was seen, so that nothing comes twice. */
  private async withoutVectors(prepared: PreparedSearch, failure: string): Promise<Page> {
    const { request, ranking, asOfMs, scope, query, live, seen } = prepared;
    if (ranking === undefined || request.after?.by !== 'seen') {
      const page = await this.keywordPage(prepared);
      return { ...page, faults: [failure, ...page.faults] };
    }
    const { phrases, exclusions } = query;
    const limit = Math.min(MOST_HITS, seen.count + request.limit + 1);
    const ranked = await this.index.rank(scope, {
      ranking,
      phrases,
      exclusions,
      filters: request.filters,
      limit,
      adHoc: live.documents,
    });
    const unseen = alone('keyword', ranked.map(toChannelHit)).filter(({ id }) => !seen.has(id));
    const { hits, faults } = await this.hits.rerank(prepared, unseen);
    const page = hits.slice(0, request.limit);
    const next: FusedPosition = { by: 'seen', ranking, asOfMs, seen: seen.packWith(page.map(({ id }) => id)) };
    const isMore = hits.length > page.length;
    return { mode: 'keyword', hits: page, next: isMore ? next : undefined, faults: [failure, ...faults], notes: [] };
  }
}

/** Hits that each channel is asked for. */
function depthOf({ limit }: SearchRequest, seen: SeenHits): number {
  return Math.min(MOST_HITS, Math.max(LEAST_DEPTH, seen.count + limit + 1));
}

/** What both channels are narrowed by; the lowest score is one of the whole answer. */
function narrowing(request: SearchRequest, { phrases, exclusions }: QueryAnalysis) {
  const { minScore: _, ...filters } = request.filters;
  return { filters, phrases, exclusions };
}
