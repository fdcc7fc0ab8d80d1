import {
  Body,
  type CanActivate,
  Controller,
  type ExecutionContext,
  Injectable,
  Query,
  Req,
  Res,
  UseGuards,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { Caller } from '#auth';
import { Endpoint } from '#http';
import type { Principal } from '#kernel';
import { Redactor } from '#redaction';
import { ContextPresenter } from '../http/context-presenter.js';
import { noQuery } from '../http/context.fields.js';
import type { ReadDocument } from './document.js';
import { DocumentReader } from './document.reader.js';
import { ingestBody, type IngestBody, ingestedResponse, toDocumentSource, toIngestCommand } from './ingest.dto.js';
import { IngestService } from './ingest.service.js';

/** A request whose document was read. */
type DocumentRequest = FastifyRequest & { document?: ReadDocument };

/**
 * Reads the document of a request before its work begins: a PDF takes seconds, and with an idempotency key all of the
 * work is done in one transaction, in which nothing but SQL may be waited for. A body that is not valid is left to the
 * pipe, which says what is wrong with it.
 */
@Injectable()
class DocumentGuard implements CanActivate {
  constructor(private readonly reader: DocumentReader) {}

  /** @throws DomainError as DocumentReader does */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<DocumentRequest>();
    const body = ingestBody.safeParse(request.body);
    if (body.success) {
      const { pointer, ...source } = toDocumentSource(body.data);
      request.document = await this.reader.read(source, pointer);
    }
    return true;
  }
}

@Controller('v1/contexts')
export class IngestController {
  constructor(
    private readonly ingestion: IngestService,
    private readonly responses: ContextPresenter,
    private readonly redactor: Redactor,
  ) {}

  @Endpoint('POST /ingest', {
    body: 'texts',
    summary: 'Keep a document (text, Markdown, HTML, PDF) as contexts, in place of what was kept of it before',
    access: ['memory:write'],
    response: ingestedResponse,
    alsoStatus: [200],
    limits: ['writes', 'ingestion'],
    redaction: { except: ['content', 'contentBase64'] },
  })
  @UseGuards(DocumentGuard)
  async ingest(
    @Caller() caller: Principal,
    @Body({ schema: ingestBody }) body: IngestBody,
    @Query({ schema: noQuery }) _query: z.infer<typeof noQuery>,
    @Req() { document: read }: DocumentRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    if (read === undefined) throw new Error('The guard reads the document of every valid body.');
    const { workspaceId } = caller;
    const { pointer } = toDocumentSource(body);
    const redaction = await this.redactor.begin(workspaceId);
    const document = {
      ...read,
      text: redaction.redactText(read.text, { pointer }),
      title: read.title === undefined ? undefined : redaction.redactText(read.title, { pointer }),
    };
    const ingested = await this.ingestion.ingest(workspaceId, body.project, toIngestCommand(body, document));
    const isUnchanged = ingested.removed.length === 0 && ingested.parts.every(({ unchanged }) => unchanged);
    if (isUnchanged) void reply.status(200);
    return this.responses.ingested(workspaceId, body, document, ingested);
  }
}
