import { Body, Controller, Query, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { Caller } from '#auth';
import { Endpoint } from '#http';
import type { Principal } from '#kernel';
import { IngestService } from '../ingest/ingest.service.js';
import { ContextResponses } from './context-responses.js';
import { noQuery } from './context.fields.js';
import { DocumentGuard, type DocumentRequest } from './document.guard.js';
import { type IngestBody, ingestBody, ingestedResponse, toIngestCommand } from './ingest.dto.js';

@Controller('v1/contexts')
export class IngestController {
  constructor(
    private readonly ingestion: IngestService,
    private readonly responses: ContextResponses,
  ) {}

  @Endpoint('POST /ingest', {
    body: 'texts',
    summary: 'Keep a document (text, Markdown, HTML, PDF) as contexts, in place of what was kept of it before',
    access: ['memory:write'],
    response: ingestedResponse,
    alsoStatus: [200],
    limits: ['writes', 'ingestion'],
  })
  @UseGuards(DocumentGuard)
  async ingest(
    @Caller() caller: Principal,
    @Body({ schema: ingestBody }) body: IngestBody,
    @Query({ schema: noQuery }) _query: z.infer<typeof noQuery>,
    @Req() { document }: DocumentRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    if (document === undefined) throw new Error('The guard reads the document of every valid body.');
    const { workspaceId } = caller;
    const ingested = await this.ingestion.ingest(workspaceId, body.project, toIngestCommand(body, document));
    const isUnchanged = ingested.removed.length === 0 && ingested.parts.every(({ unchanged }) => unchanged);
    if (isUnchanged) void reply.status(200);
    return this.responses.ingested(workspaceId, body, document, ingested);
  }
}
