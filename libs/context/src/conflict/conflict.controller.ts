import { Body, Controller, Param, Query } from '@nestjs/common';
import type { z } from 'zod';
import { Caller } from '#auth';
import { queries } from '#cache';
import { Endpoint, listPage } from '#http';
import type { ConflictId, Principal } from '#kernel';
import { noQuery } from '../http/context.fields.js';
import { tagsOfConflicts } from '../http/context-response-caching.js';
import {
  conflictParams,
  conflictResponse,
  conflictsQuery,
  conflictsResponse,
  resolveBody,
  toConflictResponse,
} from './conflict.dto.js';
import { ConflictService } from './conflict.service.js';

@Controller('v1/conflicts')
export class ConflictController {
  constructor(private readonly conflicts: ConflictService) {}

  @Endpoint('GET ', {
    summary:
      'List pairs of contexts of which a rule says that the newer one takes the place of the older one, newest first',
    access: ['memory:read'],
    response: conflictsResponse,
    cache: { family: queries.name, tags: tagsOfConflicts },
  })
  async list(@Caller() caller: Principal, @Query({ schema: conflictsQuery }) query: z.infer<typeof conflictsQuery>) {
    const { project, state } = query;
    return listPage(query, {
      of: ['conflicts', caller.workspaceId, project, state],
      load: (after: ConflictId | undefined, limit) =>
        this.conflicts.list(caller.workspaceId, project, state, after, limit),
      show: (conflicts) => conflicts.map(toConflictResponse),
    });
  }

  @Endpoint('POST /:id/resolve', {
    summary: 'Decide which of two contexts stays valid',
    access: ['memory:write'],
    status: 200,
    response: conflictResponse,
  })
  async resolve(
    @Caller() caller: Principal,
    @Param({ schema: conflictParams }) { id }: z.infer<typeof conflictParams>,
    @Query({ schema: noQuery }) _query: z.infer<typeof noQuery>,
    @Body({ schema: resolveBody }) { disposition }: z.infer<typeof resolveBody>,
  ) {
    return toConflictResponse(await this.conflicts.resolve(caller, id as ConflictId, disposition));
  }
}
