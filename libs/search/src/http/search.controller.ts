import { Controller, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { Caller } from '#auth';
import { CACHE_HIT_MERGED, Endpoint } from '#http';
import type { Principal } from '#kernel';
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
    tagged: true,
  })
  async search(
    @Caller() caller: Principal,
    @Query({ schema: searchQuery }) query: z.infer<typeof searchQuery>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { workspaceId } = caller;
    const listing = toListing(query);
    const after = query.cursor === undefined ? undefined : decodeSearchCursor(workspaceId, listing, query.cursor);
    const answer = await this.searches.search(
      workspaceId,
      { ...listing, limit: query.limit, after },
      { billedPrincipal: caller, merged: () => void reply.header('cache-status', CACHE_HIT_MERGED) },
    );
    return toSearchResponse(
      answer,
      listing.asOf,
      await this.sources.situate(workspaceId, answer.items, query),
      answer.next === undefined ? null : encodeSearchCursor(workspaceId, listing, answer.next),
    );
  }
}
