import { Injectable } from '@nestjs/common';
import { CacheService, type ReadOptions } from '#cache';
import { SearchConfig } from '#config';
import { modelKey, RerankService, SemanticReader } from '#embedding';
import type { Principal, WorkspaceId } from '#kernel';
import { FreshSearch } from './fresh-search.js';
import type { SearchAnswer, SearchRequest } from './search.js';
import { searchFamily } from './search.cache.js';

interface SearchOptions extends ReadOptions {
  /** Whose budget pays for what a provider is asked. */
  readonly billedPrincipal?: Principal;
}

/**
 * Finds memory in one project: what was written before the call is found, what was removed is not. An answer is
 * remembered until something is written that could change it; a degraded one is not.
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
  ) {
    this.engine = [config.language, semantic.isOn ? modelKey(semantic.model) : undefined, reranker.model];
  }

  search(workspaceId: WorkspaceId, request: SearchRequest, options: SearchOptions = {}): Promise<SearchAnswer> {
    const { billedPrincipal, ...read } = options;
    if (request.live === true) return this.uncached(workspaceId, request, options);
    const key = { workspace: workspaceId, project: request.project, request, engine: this.engine };
    return this.cache.getOrSet(searchFamily, key, () => this.fresh.search(workspaceId, request, billedPrincipal), read);
  }

  /** What open sessions write has no tags to fall by. */
  private uncached(
    workspaceId: WorkspaceId,
    request: SearchRequest,
    { billedPrincipal, report }: SearchOptions,
  ): Promise<SearchAnswer> {
    report?.({ status: 'bypass', tier: 'source', ageMs: 0, remainingMs: undefined });
    return this.fresh.search(workspaceId, request, billedPrincipal);
  }
}
