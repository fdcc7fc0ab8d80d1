import { Body, Controller, Param, Query } from '@nestjs/common';
import { z } from 'zod';
import { Caller } from '#auth';
import { Endpoint, listPage } from '#http';
import type { EntryId, Principal, SessionId } from '#kernel';
import { SessionEntryService } from '../session-entry.service.js';
import { sessionParams } from './session.dto.js';
import { addEntryBody, entriesQuery, entriesResponse, entryResponse, toEntryResponse } from './session-entry.dto.js';

@Controller('v1/sessions/:id/entries')
export class SessionEntryController {
  constructor(private readonly entries: SessionEntryService) {}

  @Endpoint('POST ', {
    summary: 'Write a line into the log of a session',
    access: ['memory:write'],
    response: entryResponse,
  })
  async add(
    @Caller() caller: Principal,
    @Param({ schema: sessionParams }) params: z.infer<typeof sessionParams>,
    @Body({ schema: addEntryBody }) body: z.infer<typeof addEntryBody>,
  ) {
    const entry = { ...body, resolves: [...new Set(body.resolves)] as EntryId[] };
    return toEntryResponse(await this.entries.add(caller.workspaceId, params.id as SessionId, entry));
  }

  @Endpoint('GET ', {
    summary: 'Read the log of a session, oldest first',
    access: ['memory:read'],
    response: entriesResponse,
    tagged: true,
  })
  async list(
    @Caller() caller: Principal,
    @Param({ schema: sessionParams }) params: z.infer<typeof sessionParams>,
    @Query({ schema: entriesQuery }) query: z.infer<typeof entriesQuery>,
  ) {
    return listPage(query, {
      of: ['entries', caller.workspaceId, params.id, query.kind ?? null, query.open ?? null],
      load: (after: EntryId | undefined, limit) =>
        this.entries.list(caller.workspaceId, params.id as SessionId, query, after, limit),
      show: (entries) => entries.map(toEntryResponse),
    });
  }
}
