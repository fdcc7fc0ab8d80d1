import { Injectable } from '@nestjs/common';
import { CacheService, type ReadOptions } from '#cache';
import { SearchConfig } from '#config';
import { modelKey, RerankService, SemanticReader } from '#embedding';
import { Clock, type Principal, type WorkspaceId } from '#kernel';
import { FreshSearch } from './fresh-search.js';
import type { SearchAnswer, SearchRequest } from './search.js';
import { untilOf } from './search-page.js';
import { searchBaseFamily, searchFamily, type SearchKey } from './search.cache.js';

interface SearchOptions extends ReadOptions {
  /** Whose budget pays for what a provider is asked. */
  readonly billedPrincipal?: Principal;
  /** Called where the answer was remembered and has been brought up to date. */
  readonly merged?: () => void;
}

/**
 * Finds memory in one project: what was written before the call is found, what was removed is not. An answer is
 * remembered; where something was written since that could change it, it is brought up to date, and where that is too much or
 * can't be merged, made again. A degraded one is not remembered.
 *
 * One that was brought up to date is what a search would answer now by the statistics (weights of words, average length, moment
 * of recency) of when it was made again, at most `MOST_CHANGES` pieces and the life of `search-base` ago.
 */
@Injectable()
export class SearchService {
  private readonly engine: readonly (string | undefined)[];

  constructor(
    private readonly fresh: FreshSearch,
    private readonly cache: CacheService,
    semantic: SemanticReader,
    reranker: RerankService,
    config: SearchConfig,
    private readonly clock: Clock,
  ) {
    this.engine = [config.language, semantic.isOn ? modelKey(semantic.model) : undefined, reranker.model];
  }

  search(workspaceId: WorkspaceId, request: SearchRequest, options: SearchOptions = {}): Promise<SearchAnswer> {
    const { billedPrincipal: _, merged: __, ...read } = options;
    const lifeMs = (answer: SearchAnswer) => this.lifeOf(answer, request);
    const key = { workspace: workspaceId, project: request.project, request, engine: this.engine, lifeMs };
    return this.cache.getOrSet(searchFamily, key, () => this.upToDate(workspaceId, request, key, options), read);
  }

  private async upToDate(
    workspaceId: WorkspaceId,
    request: SearchRequest,
    key: SearchKey,
    { billedPrincipal, merged }: SearchOptions,
  ): Promise<SearchAnswer> {
    // Whoever has turned searches off wants none that is made of an earlier one.
    if (!this.cache.isEnabled(searchFamily.name)) return this.fresh.search(workspaceId, request, billedPrincipal);
    const remembered = await this.cache.get(searchBaseFamily, key);
    const updated = remembered && (await this.fresh.update(workspaceId, request, remembered, billedPrincipal));
    if (updated !== undefined) {
      merged?.();
      return updated;
    }
    let answer: SearchAnswer | undefined;
    const load = async () => {
      const found = await this.fresh.find(workspaceId, request, billedPrincipal);
      answer = found.answer;
      return found.remembered;
    };
    await this.cache.getOrSet(searchBaseFamily, key, load, {
      mode: 'refresh',
    });
    // Where somebody else has loaded it, their answer may be older than this call.
    return answer ?? this.fresh.search(workspaceId, request, billedPrincipal);
  }

  /**
   * What is valid changes with the time. Of a later page it is not known when, so one that leaves out what is not valid is not
   * kept; others show only marks, which name their times. When a query like `yesterday` means another day is
   * known of every page.
   */
  private lifeOf({ untilMs, intent }: SearchAnswer, { after, current }: SearchRequest): number {
    const until = after === undefined || current === true ? untilMs : untilOf(intent);
    return until === undefined ? Number.POSITIVE_INFINITY : Math.max(1, until - this.clock.nowMs());
  }
}
