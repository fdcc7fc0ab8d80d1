import { Injectable } from '@nestjs/common';
import { SearchConfig } from '#config';
import { RerankService } from '#embedding';
import { Clock, type Principal, type WorkspaceId } from '#kernel';
import { ProjectReader } from '#project';
import type { QueryAnalysis } from './analysis/query-analysis.js';
import { analysisOptionsOf } from './analysis/words.js';
import { EmptyAnswers, NOTHING_STORED } from './empty-answers.js';
import { QueryReader } from './query-reader.js';
import { KeywordSearch } from './keyword-search.js';
import { HitArrangement } from './hit-arrangement.js';
import { LiteralSearch } from './literal-search.js';
import { type AdHocDocuments, isWritten, NOTHING_AD_HOC } from './ad-hoc-documents.js';
import { KeywordIndex } from './persistence/keyword-index.js';
import { type RememberedSearch, SPARE } from './remembered-search.js';
import { rangeOf } from './analysis/query-intent.js';
import type {
  QueryIntent,
  SearchAnswer,
  SearchMode,
  SearchPosition,
  SearchRequest,
  SearchScope,
  TimeRange,
} from './search.js';
import { PastVersions } from './past-versions.js';
import { RemovedMeanwhileError, SearchHits } from './search-hits.js';
import { depthOf, narrowing, type PreparedSearch, SeenHits, toAnswer, withValidity } from './search-page.js';
import { SearchPageBuilder } from './search-page-builder.js';
import { SearchUpdate } from './search-update.js';
import { SemanticSearch } from './semantic-search.js';
import { weakReasonOf } from './weak-hits.js';

/** How often a search is done at most whose texts are replaced each time before they are read. */
const ATTEMPTS = 5;

const TOO_MUCH_PAST = 'of what was replaced or archived since only the newest versions were looked at';

/** An answer, and what it takes to bring it up to date. */
interface FoundSearch {
  readonly answer: SearchAnswer;
  /** Absent where it can't be. */
  readonly remembered?: RememberedSearch;
}

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
  private readonly pages: SearchPageBuilder;
  private readonly updates: SearchUpdate;

  constructor(
    private readonly projects: ProjectReader,
    private readonly queries: QueryReader,
    private readonly keywords: KeywordSearch,
    private readonly index: KeywordIndex,
    literal: LiteralSearch,
    private readonly semantic: SemanticSearch,
    private readonly reranker: RerankService,
    arrangement: HitArrangement,
    private readonly past: PastVersions,
    private readonly clock: Clock,
    config: SearchConfig,
  ) {
    this.empty = new EmptyAnswers(index, semantic);
    this.hits = new SearchHits(index, semantic, reranker, analysisOptionsOf(config.language));
    this.pages = new SearchPageBuilder(index, literal, semantic, this.hits, arrangement);
    this.updates = new SearchUpdate(index, queries, keywords, semantic, this.hits, this.pages);
  }

  /** @param billedPrincipal whose budget pays for what a provider is asked */
  async search(workspaceId: WorkspaceId, request: SearchRequest, billedPrincipal?: Principal): Promise<SearchAnswer> {
    return (await this.find(workspaceId, request, billedPrincipal)).answer;
  }

  /** As `search`, with what it takes to bring the answer up to date later, where that can be done. */
  async find(workspaceId: WorkspaceId, given: SearchRequest, billedPrincipal?: Principal): Promise<FoundSearch> {
    const nowMs = this.clock.nowMs();
    const request = withValidity(given, nowMs);
    const intent = this.queries.intentOf(given, nowMs);
    const mode = this.modeOf(request);
    const faults = this.faultsOf(request, mode);
    const project = await this.projects.find(workspaceId, request.project);
    if (project === undefined)
      return { answer: toAnswer(request, { mode, hits: [], faults, notes: [], intent }, [], NOTHING_STORED) };

    const scope = { workspaceId, projectId: project.id };
    // Before anything is read: what changes from here on is merged, also what the statements below have seen.
    const watermark = this.canMerge(request, intent) ? await this.index.watermark() : undefined;
    const { prepared, page, items } = await this.repeated(async (isLast) => {
      const made = {
        ...(await this.prepare(scope, request, { mode, intent, billedPrincipal })),
        leavesOutRemoved: isLast,
      };
      const ranked = await this.pages.pageOf(made, mode);
      return { prepared: made, page: ranked, items: await this.hits.describe(made, ranked.hits) };
    });
    const weakReason = weakReasonOf(items, this.semantic.embedder);
    const notes = [
      ...prepared.reading,
      ...(weakReason === undefined ? [] : [weakReason]),
      ...page.notes,
      ...(prepared.adHoc.truncated ? [TOO_MUCH_PAST] : []),
    ];
    const emptyReason = items.length > 0 ? null : await this.empty.reasonOf(prepared, page.mode, page);
    const whole = { ...page, notes, faults: [...faults, ...page.faults], intent };
    const answer = toAnswer(request, whole, items, emptyReason, prepared.untilMs);
    const { ranking, areWordsKnown } = prepared;
    const { untilMs } = answer;
    // What stands for texts that are left out is not found among changes.
    const isWhole = given.current !== true || !prepared.isDated;
    const isMergeable = isWhole && watermark !== undefined && page.channels !== undefined && items.length > 0;
    if (!isMergeable || ranking === undefined || answer.degraded) return { answer };
    const snippets = items.map(({ id, snippet }) => [id, snippet] as const);
    const { projectId } = scope;
    const remembered = { ...page.channels, projectId, watermark, mode, ranking, areWordsKnown, untilMs, snippets };
    return { answer, remembered };
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
    const { mode, projectId } = remembered;
    const project = await this.projects.find(workspaceId, request.project);
    if (mode !== this.modeOf(request) || project?.id !== projectId) return undefined;
    const scope = { workspaceId, projectId };
    return this.updates.update(scope, request, remembered, this.clock.nowMs(), billedPrincipal);
  }

  /**
   * Whether an answer to it can be brought up to date: not a page after others, nor what was there at another time, nor what a reranker has judged, nor what hangs on
   * which sessions and conversations are open.
   */
  private canMerge(request: SearchRequest, intent: QueryIntent | undefined): boolean {
    const { after, rerank, filters } = request;
    const isJudged = rerank && this.reranker.isOn;
    const isPlain = after === undefined && !looksBack(request, intent);
    return isPlain && !isJudged && filters.settled !== true;
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
    {
      mode,
      intent,
      billedPrincipal,
    }: Pick<PreparedSearch, 'intent' | 'billedPrincipal'> & { readonly mode: SearchMode },
  ): Promise<Omit<PreparedSearch, 'leavesOutRemoved'>> {
    const { asOf } = request;
    const adHoc = (await this.pastOf(scope, request, intent)) ?? NOTHING_AD_HOC;
    const read = await this.queries.read(scope, request.query, adHoc);
    const { reading, isDoubtful } = read;
    const query = withTime(read.query, rangeOf(intent));
    const { after } = request;
    const nowMs = this.clock.nowMs();
    const asOfMs = after?.by === 'seen' ? after.asOfMs : (after?.ranking.asOfMs ?? nowMs);
    const seen = new SeenHits(after?.by === 'seen' ? after.seen : undefined);
    const depth = depthOf(request, seen);
    const isPlain = !isDoubtful && query.phrases.length === 0 && query.exclusions.length === 0;
    const spare = isPlain && this.canMerge(request, intent) ? SPARE : 0;
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
            keepUnknown: adHoc.documents.length > 0,
            isHeld: query.words.split(' ').some((word) => isWritten(adHoc, word)),
            guess: request.weak !== false,
          })
        : laterPage(after, nowMs);
    const { ranking, areWordsKnown, isDated, nextChangeMs: untilMs } = weighed;
    const words = { query, reading, ranking, areWordsKnown };
    const validity = {
      validAtMs: asOf?.getTime() ?? nowMs,
      isDated,
      untilMs: asOf === undefined ? untilMs : undefined,
    };
    const asked = { scope, request, billedPrincipal, intent };
    return { ...asked, ...words, ...validity, asOfMs, adHoc, seen, depth, spare, similarity };
  }

  /** Versions of then that no index holds any more. What was archived since is found as of a time alone. */
  private pastOf(
    scope: SearchScope,
    { asOf }: SearchRequest,
    intent: QueryIntent | undefined,
  ): Promise<AdHocDocuments> | undefined {
    if (asOf !== undefined) return this.past.documentsOf(scope, { from: asOf, to: asOf, withArchived: true });
    if (intent?.kind !== 'time') return undefined;
    const nowMs = this.clock.nowMs();
    const { fromMs = 0, toMs = Number.POSITIVE_INFINITY } = intent;
    // What is still to come was replaced by nothing yet.
    if (fromMs > nowMs) return undefined;
    const to = new Date(Math.min(nowMs, toMs - 1));
    return this.past.documentsOf(scope, { from: new Date(fromMs), to, withArchived: false });
  }
}

/** A page after others does not count the words again; what it was begun with stays. When something changes next is not known. */
function laterPage({ ranking }: SearchPosition, nowMs: number) {
  return { ranking, areWordsKnown: false, isDated: ranking?.isDated ?? true, nextChangeMs: nowMs };
}

/** Whether it asks for what was there at another time, which no index holds. */
function looksBack({ asOf }: SearchRequest, intent: QueryIntent | undefined): boolean {
  return asOf !== undefined || intent?.kind === 'time';
}

/** With a time that the query names by other words than those of a date. */
function withTime(query: QueryAnalysis, time: TimeRange | undefined): QueryAnalysis {
  const { times } = query;
  if (time === undefined || times.length > 0) return query;
  return { ...query, times: [time] };
}
