import { Controller, Query } from '@nestjs/common';
import type { z } from 'zod';
import { Caller } from '#auth';
import { Endpoint } from '#http';
import type { Principal } from '#kernel';
import { SearchService } from '../search.service.js';
import { decodeSearchCursor, encodeSearchCursor } from './search.cursor.js';
import { searchQuery, toListing } from './search.query.js';
import { searchResponse, toSearchResponse } from './search.response.js';

@Controller('v1/search')
export class SearchController {
  constructor(private readonly searches: SearchService) {}

  @Endpoint('GET ', {
    summary: 'Find memory by plain words, "phrases" and -exclusions',
    access: ['memory:read'],
    response: searchResponse,
  })
  async search(@Caller() caller: Principal, @Query({ schema: searchQuery }) query: z.infer<typeof searchQuery>) {
    const { workspaceId } = caller;
    const listing = toListing(query);
    const after = query.cursor === undefined ? undefined : decodeSearchCursor(workspaceId, listing, query.cursor);
    const answer = await this.searches.search(workspaceId, { ...listing, limit: query.limit, after });
    return toSearchResponse(
      answer,
      answer.next === undefined ? null : encodeSearchCursor(workspaceId, listing, answer.next),
    );
  }
}
