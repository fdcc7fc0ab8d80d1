import { Controller, Query } from '@nestjs/common';
import type { z } from 'zod';
import { Caller } from '#auth';
import { Endpoint } from '#http';
import type { Principal } from '#kernel';
import { workspaceDeletionTag } from '#cache';
import { DEFAULT_PROJECT } from '#project';
import { searchFamily, searchTag } from '../search.cache.js';
import { HitSources } from '../hit-sources.js';
import { SearchService } from '../search.service.js';
import { decodeSearchCursor, encodeSearchCursor } from './search.cursor.js';
import { searchQuery, searchResponse, toListing, toSearchResponse } from './search.dto.js';

@Controller('v1/search')
export class SearchController {
  constructor(
    private readonly searches: SearchService,
    private readonly sources: HitSources,
  ) {}

  @Endpoint('GET ', {
    summary: 'Find memory by plain words, "phrases" and -exclusions, by their words and by what they mean',
    access: ['memory:read'],
    response: searchResponse,
    limits: ['reads', 'search'],
    cache: {
      family: searchFamily.name,
      tags: ({ workspace, query }) => [
        searchTag({ workspace, project: String(query['project'] ?? DEFAULT_PROJECT) }),
        workspaceDeletionTag({ workspace }),
      ],
      ttlMs: 60_000,
      when: ({ query }) => query['live'] !== 'true',
      // What is logged around an entry fires no tag of searches.
      keep: ({ degraded, items }: z.infer<typeof searchResponse>) =>
        !degraded && items.every(({ kind }) => kind !== 'entry'),
    },
  })
  async search(@Caller() caller: Principal, @Query({ schema: searchQuery }) query: z.infer<typeof searchQuery>) {
    const { workspaceId } = caller;
    const listing = toListing(query);
    const after = query.cursor === undefined ? undefined : decodeSearchCursor(workspaceId, listing, query.cursor);
    const answer = await this.searches.search(
      workspaceId,
      { ...listing, limit: query.limit, after },
      { billedPrincipal: caller },
    );
    return toSearchResponse(
      answer,
      await this.sources.situate(workspaceId, answer.items, query.neighbours),
      answer.next === undefined ? null : encodeSearchCursor(workspaceId, listing, answer.next),
    );
  }
}
