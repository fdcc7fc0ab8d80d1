import { Controller, Query } from '@nestjs/common';
import { z } from 'zod';
import { Caller } from '#auth';
import { Endpoint, listPage } from '#http';
import type { ContextId, Principal } from '#kernel';
import { relevanceQuery, relevanceResponse, toRankedResponse } from './relevance.dto.js';
import { RelevanceService } from './relevance.service.js';

@Controller('v1/relevance')
export class RelevanceController {
  constructor(private readonly relevance: RelevanceService) {}

  @Endpoint('GET ', {
    summary: 'Rank the memory of a project for a user and a situation, with the factors of each score',
    access: ['memory:read'],
    response: relevanceResponse,
    limits: ['reads', 'search'],
    tagged: true,
  })
  async rank(@Caller() caller: Principal, @Query({ schema: relevanceQuery }) query: z.infer<typeof relevanceQuery>) {
    const { project, user, text } = query;
    const contextId = query.context as ContextId | undefined;
    const ranked = await this.relevance.rank(caller.workspaceId, { project, user, text, contextId }, caller);
    const { degraded, reason } = ranked;
    const page = await listPage(query, {
      of: ['relevance', caller.workspaceId, project, user, text ?? null, contextId ?? null],
      key: z.int().min(0),
      // Pages are of the ranking as it is when they are asked for.
      load: (after = 0, limit) => {
        const items = ranked.items.slice(after, after + limit);
        const end = after + items.length;
        return Promise.resolve(end < ranked.items.length ? { items, next: [end] as const } : { items });
      },
      show: (items) => items.map(toRankedResponse),
    });
    return { ...page, degraded, reason };
  }
}
