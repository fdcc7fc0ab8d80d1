import type { Readable } from 'node:stream';
import { Controller, Injectable, Param, Query, Req, UseGuards } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { Caller } from '#auth';
import { answerRefersTo, Endpoint, FILE_TYPES } from '#http';
import type { Principal } from '#kernel';
import { type ReceivedTranscript, TranscriptImportService } from '../transcripts/transcript-import.service.js';
import { FileGuard, takeFile } from './file-guard.js';
import { transcriptQuery, transcriptResponse, toTranscriptResponse } from './transcript.dto.js';
import { projectParams } from './transfer.dto.js';

@Injectable()
class TranscriptFileGuard extends FileGuard<ReceivedTranscript> {
  constructor(private readonly imports: TranscriptImportService) {
    super();
  }

  protected isValid({ params, query }: FastifyRequest): boolean {
    return projectParams.safeParse(params).success && transcriptQuery.safeParse(query).success;
  }

  protected receive(stream: Readable, { query }: FastifyRequest): Promise<ReceivedTranscript> {
    const { format, externalId } = transcriptQuery.parse(query);
    return this.imports.receive(stream, { format, externalId });
  }
}

@Controller('v1/projects')
export class TranscriptController {
  constructor(private readonly imports: TranscriptImportService) {}

  @Endpoint('POST /:project/transcripts', {
    summary: 'Import what was said elsewhere as conversations: all of it, or nothing; the same again adds nothing',
    access: ['memory:write'],
    status: 200,
    response: transcriptResponse,
    limits: ['writes', 'ingestion'],
    takesFile: FILE_TYPES,
    isTransfer: true,
  })
  @UseGuards(TranscriptFileGuard)
  async import(
    @Caller() caller: Principal,
    @Param({ schema: projectParams }) { project }: z.infer<typeof projectParams>,
    @Query({ schema: transcriptQuery }) { dryRun, user }: z.infer<typeof transcriptQuery>,
    @Req() request: FastifyRequest,
  ) {
    const file = takeFile<ReceivedTranscript>(request);
    try {
      const command = { project, user, dryRun };
      const imported = await this.imports.import(caller.workspaceId, command, file);
      answerRefersTo(request, { countedIds: imported.conversationIds });
      return toTranscriptResponse(command, imported);
    } finally {
      await file.spool.close();
    }
  }
}
