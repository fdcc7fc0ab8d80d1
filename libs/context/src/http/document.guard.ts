import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { ReadDocument } from '../ingest/document.js';
import { DocumentReader } from '../ingest/document.reader.js';
import { ingestBody, toDocumentSource } from './ingest.dto.js';

/** A request whose document was read. */
export type DocumentRequest = FastifyRequest & { document?: ReadDocument };

/**
 * Reads the document of a request before its work begins: a PDF takes seconds, and with an idempotency key all of the
 * work is done in one transaction, in which nothing but SQL may be waited for. A body that is not valid is left to the
 * pipe, which says what is wrong with it.
 */
@Injectable()
export class DocumentGuard implements CanActivate {
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
