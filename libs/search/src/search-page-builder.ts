import type { KeywordIndex, RankedDocument } from './persistence/keyword-index.js';
import type { LiteralSearch } from './literal-search.js';
import type { HitArrangement } from './hit-arrangement.js';
import type { Successor } from './persistence/postgres-hit-validity.js';
import { alone, beforeOthers, type ChannelHit, fuse, type FusedHit } from './ranking/fusion.js';
import { arrange, withSuccessors } from './ranking/succession.js';
import { type FusedPosition, type KeywordPosition, satisfies, type SearchMode, type SearchRequest } from './search.js';
import type { SearchHits } from './search-hits.js';
import {
  goesBySeen,
  MOST_HITS,
  narrowing,
  type Page,
  type PreparedSearch,
  SeenHits,
  toChannelHit,
} from './search-page.js';
import type { SemanticFindings, SemanticSearch } from './semantic-search.js';

export type FoundNearby = Exclude<SemanticFindings, { readonly failure: string }>;

export const NOTHING_NEAR: FoundNearby = { hits: [], nearby: { nearest: [], hits: [], isAll: true } };
const NOTHING_ASKED = 'the query names nothing to look for';
const NO_WORDS = 'the query holds no word to look for, and no text holds it as it stands';
const STOP_WORDS_ALONE = 'the query holds stop words alone, and no text holds them as they stand';

/** Best hits whose successors are looked for where what is superseded is left out. */
const MOST_UNFILTERED = 50;

/** Makes one page of what the channels of a search find: which of them are asked, and how what they found is put in one order. */
export class SearchPageBuilder {
  constructor(
    private readonly index: KeywordIndex,
    private readonly literal: LiteralSearch,
    private readonly semantic: SemanticSearch,
    private readonly hits: SearchHits,
    private readonly order: HitArrangement,
  ) {}

  /** Whether the mode ranks by words at all. */
  usesWords(mode: SearchMode): boolean {
    return mode !== 'semantic' || this.semantic.isLexical;
  }

  /** Whether what has no vectors yet is found by its words, in a mode that looks for none otherwise: a change of the model hides nothing. */
  needsWords(mode: SearchMode, { pending }: FoundNearby): boolean {
    return mode === 'semantic' && pending !== undefined && !this.usesWords(mode);
  }

  pageOf(prepared: PreparedSearch, mode: SearchMode): Promise<Page> {
    const { request, intent, ranking } = prepared;
    if (mode === 'keyword')
      return ranking !== undefined && goesBySeen(request, intent)
        ? this.fusedPage(prepared, mode)
        : this.keywordPage(prepared);
    // An embedder of meaning may understand what the index has no term for.
    const needsTerms = this.semantic.isLexical || prepared.query.words === '';
    return ranking === undefined && needsTerms ? this.literalPage(prepared, mode) : this.fusedPage(prepared, mode);
  }

  /** Where the index has no term for what is looked for, the texts themselves are asked. */
  private async literalPage(prepared: PreparedSearch, mode: SearchMode): Promise<Page> {
    const { scope, request, query, asOfMs, adHoc, seen } = prepared;
    const limit = Math.min(MOST_HITS, seen.count + request.limit + 1);
    const { documents, notes } = await this.literal.find(scope, query, { filters: request.filters, adHoc, limit });
    const found = alone('keyword', documents.map(toChannelHit)).filter(({ id }) => !seen.has(id));
    const unseen = await this.order.arranged(prepared, found);
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
    const { scope, request, query, ranking, adHoc, spare } = prepared;
    if (ranking === undefined) return this.literalPage(prepared, 'keyword');
    const found = await this.index.rank(scope, {
      ranking,
      phrases: query.phrases,
      exclusions: query.exclusions,
      filters: request.filters,
      after: request.after?.by === 'score' ? request.after.after : undefined,
      limit: request.limit + 1 + spare + addedOf(request).count,
      adHoc: adHoc.documents,
    });
    const unfiltered = request.after === undefined ? await this.unfiltered(prepared, 'keyword') : [];
    const page = await this.keywordPageOf(prepared, found, unfiltered);
    if (spare === 0) return page;
    return { ...page, channels: { keyword: { hits: found, isAll: found.length < request.limit + 1 + spare } } };
  }

  /** @param unfiltered see `HitArrangement.leftOut` */
  async keywordPageOf(
    prepared: PreparedSearch,
    found: readonly RankedDocument[],
    unfiltered: readonly FusedHit[] = [],
  ): Promise<Page> {
    const { request, ranking } = prepared;
    const added = addedOf(request);
    const ranked = found.filter(({ id }) => !added.has(id));
    const whole = ranked.slice(0, request.limit);
    const isFirst = request.after === undefined;
    const { hits, faults } = await this.hits.rerank(prepared, alone('keyword', whole.map(toChannelHit), isFirst));
    const validity = await this.order.validityOf(prepared, hits);
    const arrangement = {
      validity,
      mayAdd: (successor: Successor) => isFirst && satisfies(successor, request.filters),
    };
    const ofLeftOut = { ...arrangement, validity: await this.order.leftOut(prepared, unfiltered) };
    const arranged = (some: readonly FusedHit[]) => withSuccessors(arrange(some, arrangement), unfiltered, ofLeftOut);
    const most = arranged(hits).length - hits.length;
    // What is added takes the place of the last ones.
    const page = whole.slice(0, Math.max(1, request.limit - most));
    const ids = new Set(page.map(({ id }) => id));
    const shown = arranged(hits.filter(({ id }) => ids.has(id)));
    const last = page.at(-1);
    const successors = added.packWith(shown.filter(({ id }) => !ids.has(id)).map(({ id }) => id));
    const next: KeywordPosition | undefined =
      ranked.length > page.length && last !== undefined && ranking !== undefined
        ? {
            by: 'score',
            ranking,
            after: { score: last.score, id: last.id },
            ...(successors === '' ? {} : { added: successors }),
          }
        : undefined;
    return { mode: 'keyword', hits: shown, faults, next, notes: [] };
  }

  private async fusedPage(prepared: PreparedSearch, mode: SearchMode): Promise<Page> {
    const { scope, request, query, ranking, adHoc, depth, spare, similarity } = prepared;
    const limit = depth + spare;
    const [keyword, semantic] = await Promise.all([
      this.usesWords(mode) && ranking !== undefined
        ? this.index.rank(scope, { ...narrowing(request, query), ranking, limit, adHoc: adHoc.documents })
        : Promise.resolve([]),
      mode === 'keyword' ? NOTHING_NEAR : (similarity ?? NOTHING_NEAR),
    ]);
    if ('failure' in semantic) return this.withoutVectors(prepared, semantic.failure);
    const { pending } = semantic;
    if (pending !== undefined && this.needsWords(mode, semantic)) {
      const page = await this.fusedPage(prepared, 'hybrid');
      const notes = page.notes.filter((note) => note !== pending);
      return { ...page, notes, faults: [...page.faults, pending], channels: undefined };
    }
    const unfiltered = await this.unfiltered(prepared, mode);
    const page = await this.fusedPageOf(prepared, mode, keyword.slice(0, depth), semantic, unfiltered);
    if (spare === 0) return page;
    return {
      ...page,
      channels: {
        keyword: { hits: keyword, isAll: keyword.length < limit },
        ...(mode === 'keyword' ? {} : { nearby: semantic.nearby }),
      },
    };
  }

  async fusedPageOf(
    prepared: PreparedSearch,
    mode: SearchMode,
    keyword: readonly RankedDocument[],
    semantic: FoundNearby,
    unfiltered: readonly FusedHit[] = [],
  ): Promise<Page> {
    const { request, ranking, asOfMs, seen } = prepared;
    const { minScore = Number.NEGATIVE_INFINITY } = request.filters;
    const fused = this.fusedOf(mode, keyword.map(toChannelHit), semantic);
    const isLeftOut = request.weak === false && this.hits.isWeak(prepared);
    const unseen = isLeftOut ? [] : fused.filter((hit) => hit.score >= minScore && !seen.has(hit.id));
    const { hits: ordered, faults } = await this.hits.rerank(prepared, unseen);
    const hits = await this.order.arrangedWith(prepared, ordered, unfiltered);
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

  /**
   * The best hits of a search that leaves out what is not valid, were it to leave out nothing: what stands for them holds perhaps no word
   * of the query. Empty where nothing of the project has a time of validity.
   */
  private async unfiltered(prepared: PreparedSearch, mode: SearchMode): Promise<readonly FusedHit[]> {
    const { scope, request, query, ranking, isDated, asOfMs, billedPrincipal } = prepared;
    if (request.filters.valid === undefined || !isDated) return [];
    const { valid: _, ...filters } = request.filters;
    const narrowed = narrowing({ ...request, filters }, query);
    const isNear = mode !== 'keyword' && query.words !== '';
    const [keyword, near] = await Promise.all([
      this.usesWords(mode) && ranking !== undefined
        ? this.index.rank(scope, { ...narrowed, ranking, limit: MOST_UNFILTERED })
        : [],
      isNear
        ? this.semantic.find(scope, {
            ...narrowed,
            text: query.plain,
            asOfMs,
            depth: MOST_UNFILTERED,
            spare: 0,
            billedPrincipal,
          })
        : NOTHING_NEAR,
    ]);
    return this.fusedOf(mode, keyword.map(toChannelHit), 'failure' in near ? NOTHING_NEAR : near);
  }

  /** Keywords are what is left. A page after others stays by what was seen, so that nothing comes twice. */
  private async withoutVectors(prepared: PreparedSearch, failure: string): Promise<Page> {
    const { request, ranking, asOfMs, scope, query, adHoc, seen } = prepared;
    if (ranking === undefined || request.after?.by !== 'seen') {
      const page = await this.pageOf(prepared, 'keyword');
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
      adHoc: adHoc.documents,
    });
    const unseen = alone('keyword', ranked.map(toChannelHit)).filter(({ id }) => !seen.has(id));
    const { hits: ordered, faults } = await this.hits.rerank(prepared, unseen);
    const hits = await this.order.arranged(prepared, ordered);
    const page = hits.slice(0, request.limit);
    const next: FusedPosition = { by: 'seen', ranking, asOfMs, seen: seen.packWith(page.map(({ id }) => id)) };
    const isMore = hits.length > page.length;
    return { mode: 'keyword', hits: page, next: isMore ? next : undefined, faults: [failure, ...faults], notes: [] };
  }

  private fusedOf(mode: SearchMode, keyword: readonly ChannelHit[], semantic: FoundNearby): FusedHit[] {
    const { weight, leastCosine } = this.semantic.weight;
    switch (mode) {
      case 'keyword':
        return alone('keyword', keyword);
      case 'semantic':
        return beforeOthers(alone('semantic', semantic.hits), keyword, leastCosine);
      case 'hybrid':
        return fuse({ keyword, semantic: semantic.hits }, weight);
    }
  }
}

/** Hits that the first page of a keyword search has shown before what they supersede. */
function addedOf({ after }: SearchRequest): SeenHits {
  return new SeenHits(after?.by === 'score' ? after.added : undefined);
}
