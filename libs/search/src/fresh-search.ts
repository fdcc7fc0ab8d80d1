import { Injectable } from '@nestjs/common';
import { SearchConfig } from '#config';
import { RerankService } from '#embedding';
import { Clock, DomainError, type Principal, type WorkspaceId } from '#kernel';
import { ProjectReader } from '#project';
import { analysisOptionsOf } from './analysis/language.js';
import type { QueryAnalysis } from './analysis/query-analysis.js';
import type { AnalysisOptions } from './analysis/words.js';
import { QueryReader } from './query-reader.js';
import { KeywordSearch } from './keyword-search.js';
import { LiteralSearch } from './literal-search.js';
import { isWritten, type LiveDocuments, LiveEntries } from './live-entries.js';
import { KeywordIndex, type Passage } from './persistence/keyword-index.js';
import { semanticWeight } from './ranking/channel-weights.js';
import { alone, beforeOthers, byScore, fuse, type FusedHit } from './ranking/fusion.js';
import type {
  FusedPosition,
  KeywordPosition,
  Ranking,
  SearchAnswer,
  SearchHit,
  SearchMode,
  SearchRequest,
  SearchScope,
} from './search.js';
import { type Page, toAnswer, toChannelHit } from './search-page.js';
import { SeenHits } from './seen-hits.js';
import { type SemanticFindings, SemanticSearch } from './semantic-search.js';
import { snippetOf } from './snippet.js';

/** Each channel is asked for so many hits at least: fusion needs to see what one of them ranks low. */
const LEAST_DEPTH = 100;
/** A semantic or hybrid search ends after so many hits; a keyword search goes on to the last. */
const MOST_HITS = 500;
/** Hits that a reranker looks at. */
const RERANKED = 50;

const NOTHING_LIVE: LiveDocuments = { documents: [], truncated: false };
const NOTHING_NEAR: SemanticFindings = { hits: [] };
const ALL_WEAK = 'no text holds these words; what was found holds words, or parts of words, near to them';
const NOTHING_ASKED = 'the query leaves something out and names nothing to look for';
const NO_WORDS = 'the query holds no word to look for, and no text holds it as it stands';
const STOP_WORDS_ALONE = 'the query holds stop words alone, and no text holds them as they stand';
const TOO_MUCH_LIVE = 'of what open sessions wrote only the newest was looked at';

/** A search of one project, worked out as far as its words go. */
interface Prepared {
  readonly scope: SearchScope;
  readonly request: SearchRequest;
  readonly billedPrincipal: Principal | undefined;
  readonly query: QueryAnalysis;
  /** How the query was understood, where that isn't plain. */
  readonly reading: readonly string[];
  /** Absent where the query holds no word that the index could hold. */
  readonly ranking: Ranking | undefined;
  readonly asOfMs: number;
  /** What open sessions wrote, ranked by its words beside the index. */
  readonly live: LiveDocuments;
  /** What earlier pages have shown, where pages go by that. */
  readonly seen: SeenHits;
  /** Hits that each channel is asked for. */
  readonly depth: number;
  /** Under way since before the query's words were weighed: it does not wait for them. Absent where only words count. */
  readonly similarity: Promise<SemanticFindings> | undefined;
}

/** Searches one project now. Reads committed state: what was written before the call is found, what was removed is not. */
@Injectable()
export class FreshSearch {
  private readonly options: AnalysisOptions;

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
    this.options = analysisOptionsOf(config.language);
  }

  /** @param billedPrincipal whose budget pays for what a provider is asked */
  async search(workspaceId: WorkspaceId, request: SearchRequest, billedPrincipal?: Principal): Promise<SearchAnswer> {
    const mode = this.modeOf(request);
    const faults = this.faultsOf(request, mode);
    const project = await this.projects.find(workspaceId, request.project);
    if (project === undefined) return toAnswer(request, { mode, hits: [], faults, notes: [] }, []);

    const prepared = await this.prepare({ workspaceId, projectId: project.id }, request, mode, billedPrincipal);
    const page = await this.pageOf(prepared, mode);
    const items = await this.describe(prepared, page.hits);
    const isWeak = items.length > 0 && items.every(({ weak }) => weak);
    const notes = [
      ...prepared.reading,
      ...(isWeak ? [ALL_WEAK] : []),
      ...page.notes,
      ...(prepared.live.truncated ? [TOO_MUCH_LIVE] : []),
    ];
    return toAnswer(request, { ...page, notes, faults: [...faults, ...page.faults] }, items);
  }

  private pageOf(prepared: Prepared, mode: SearchMode): Promise<Page> {
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
  ): Promise<Prepared> {
    const live = request.live === true ? await this.live.of(scope) : NOTHING_LIVE;
    const { query, reading } = await this.queries.read(scope, request.query, live);
    const { after } = request;
    const nowMs = this.clock.nowMs();
    const asOfMs = after?.by === 'seen' ? after.asOfMs : (after?.ranking.asOfMs ?? nowMs);
    const seen = new SeenHits(after?.by === 'seen' ? after.seen : undefined);
    const depth = Math.min(MOST_HITS, Math.max(LEAST_DEPTH, seen.count + request.limit + 1));
    const similarity =
      mode === 'keyword' || query.words === ''
        ? undefined
        : this.semantic.find(scope, {
            ...narrowing(request, query),
            text: query.plain,
            asOfMs,
            depth,
            billedPrincipal,
          });
    const ranking =
      after === undefined
        ? await this.keywords.rankingOf(scope, query, nowMs, {
            keepUnknown: live.documents.length > 0,
            isHeld: query.words.split(' ').some((word) => isWritten(live, word)),
            guess: request.weak !== false,
          })
        : after.ranking;
    return { scope, request, billedPrincipal, query, reading, ranking, asOfMs, live, seen, depth, similarity };
  }

  /** Where the index has no term for what is looked for, the texts themselves are asked. */
  private async literalPage(prepared: Prepared, mode: SearchMode): Promise<Page> {
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

  private async keywordPage(prepared: Prepared): Promise<Page> {
    const { scope, request, query, ranking, live } = prepared;
    if (ranking === undefined) return this.literalPage(prepared, 'keyword');
    const found = await this.index.rank(scope, {
      ranking,
      phrases: query.phrases,
      exclusions: query.exclusions,
      filters: request.filters,
      after: request.after?.by === 'score' ? request.after.after : undefined,
      limit: request.limit + 1,
      beside: live.documents,
    });
    const page = found.slice(0, request.limit);
    const last = page.at(-1);
    const next: KeywordPosition | undefined =
      found.length > request.limit && last !== undefined
        ? { by: 'score', ranking, after: { score: last.score, id: last.id } }
        : undefined;
    const reranked = await this.rerank(prepared, alone('keyword', page.map(toChannelHit), request.after === undefined));
    return { mode: 'keyword', ...reranked, next, notes: [] };
  }

  private async fusedPage(prepared: Prepared, mode: 'hybrid' | 'semantic'): Promise<Page> {
    const { scope, request, query, ranking, asOfMs, live, seen, depth, similarity } = prepared;
    const { minScore = Number.NEGATIVE_INFINITY } = request.filters;
    const [keyword, semantic] = await Promise.all([
      (mode === 'hybrid' || this.semantic.isLexical) && ranking !== undefined
        ? this.index.rank(scope, { ...narrowing(request, query), ranking, limit: depth, beside: live.documents })
        : Promise.resolve([]),
      similarity ?? NOTHING_NEAR,
    ]);
    if ('failure' in semantic) return this.withoutVectors(prepared, semantic.failure);

    const fused =
      mode === 'semantic'
        ? beforeOthers(alone('semantic', semantic.hits), keyword.map(toChannelHit), semanticWeight(true).weight)
        : fuse({
            keyword: { hits: keyword.map(toChannelHit), weight: 1 },
            semantic: { hits: semantic.hits, weight: semanticWeight(this.semantic.isLexical).weight },
          });
    const unseen = fused.filter(
      (hit) => hit.score >= minScore && !seen.has(hit.id) && (request.weak !== false || !this.isWeak(prepared, hit)),
    );
    const { hits, faults } = await this.rerank(prepared, unseen);
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
  private async withoutVectors(prepared: Prepared, failure: string): Promise<Page> {
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
      beside: live.documents,
    });
    const unseen = alone('keyword', ranked.map(toChannelHit)).filter(({ id }) => !seen.has(id));
    const { hits, faults } = await this.rerank(prepared, unseen);
    const page = hits.slice(0, request.limit);
    const next: FusedPosition = { by: 'seen', ranking, asOfMs, seen: seen.packWith(page.map(({ id }) => id)) };
    const isMore = hits.length > page.length;
    return { mode: 'keyword', hits: page, next: isMore ? next : undefined, faults: [failure, ...faults], notes: [] };
  }

  /** The best of them in the order of a reranker, where one is asked for and there; the rest follow as they were. */
  private async rerank(prepared: Prepared, hits: readonly FusedHit[]): Promise<Pick<Page, 'hits' | 'faults'>> {
    const { scope, request, query, billedPrincipal } = prepared;
    if (!request.rerank || !this.reranker.isOn || hits.length === 0) return { hits, faults: [] };
    const best = hits.slice(0, RERANKED);
    const passages = await this.passagesOf(prepared, best);
    const known = best.filter(({ id }) => passages.has(id));
    try {
      const scores = await this.reranker.rerank({
        workspaceId: scope.workspaceId,
        billedPrincipal,
        query: query.plain,
        documents: known.map(({ id, label }) => [label, passages.get(id)?.text].filter(Boolean).join('\n\n')),
      });
      const reranked = known.map((hit, index) => withRerank(hit, scores[index] ?? 0)).sort(byScore);
      return { hits: [...reranked, ...hits.slice(RERANKED)], faults: [] };
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      return { hits, faults: [`not reranked: ${error.detail.replace(/\.$/, '')}`] };
    }
  }

  /** What an embedder of meaning finds is meant, whatever its words. */
  private isWeak({ ranking }: Prepared, { channels: { semantic } }: FusedHit): boolean {
    return ranking?.isGuess === true && (semantic === undefined || this.semantic.isLexical);
  }

  /** A document that was removed since it was ranked has no passage, and is no hit any more. */
  private async describe(prepared: Prepared, page: readonly FusedHit[]): Promise<SearchHit[]> {
    const passages = await this.passagesOf(prepared, page);
    const terms = prepared.ranking?.terms ?? [];
    return page.flatMap((hit) => {
      const passage = passages.get(hit.id);
      if (passage === undefined) return [];
      return [{ ...hit, weak: this.isWeak(prepared, hit), snippet: snippetOf(passage, terms, this.options) }];
    });
  }

  private async passagesOf(
    { scope, ranking, live }: Prepared,
    hits: readonly FusedHit[],
  ): Promise<ReadonlyMap<string, Passage>> {
    if (hits.length === 0) return new Map();
    const ids = hits.map(({ id }) => id);
    const passages = await this.index.passages(scope, ids, ranking?.terms ?? [], live.documents);
    return new Map(passages.map((passage) => [passage.id, passage]));
  }
}

/** What both channels are narrowed by; the lowest score is one of the whole answer. */
function narrowing(request: SearchRequest, { phrases, exclusions }: QueryAnalysis) {
  const { minScore: _, ...filters } = request.filters;
  return { filters, phrases, exclusions };
}

function withRerank(hit: FusedHit, score: number): FusedHit {
  return { ...hit, score, scores: { ...hit.scores, rerank: score } };
}
