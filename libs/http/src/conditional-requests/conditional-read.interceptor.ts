import { createHash } from 'node:crypto';
import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { map, type Observable } from 'rxjs';
import { ENTITY_TAG } from '../endpoint/endpoint.decorator.js';
import { RESPONSE_CACHING } from '../response-cache/response-caching.js';
import { isNamed, requireSame } from './entity-tag.js';

/** Answers depend on who asks and on the workspace an operator names. */
const VARY = 'Authorization, X-Keepsake-Workspace';

/**
 * Reads whose route sets an entity tag, or asks for one of what it answers, can be asked whether they still hold
 * (RFC 9110, section 13.1): 304 without a body, 412 where `If-Match` names another state. Routes whose answers are kept as
 * bytes do so themselves.
 */
@Injectable()
export class ConditionalReadInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const handler = context.getHandler();
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (!isRead || Reflect.getMetadata(RESPONSE_CACHING, handler) !== undefined) return next.handle();
    const isTagged = Reflect.getMetadata(ENTITY_TAG, handler) === true;
    const reply = http.getResponse<FastifyReply>();
    return next.handle().pipe(
      map((body: unknown) => {
        const etag = reply.getHeader('etag') ?? (isTagged ? tagOf(body) : undefined);
        if (typeof etag !== 'string') return body;
        requireSame(request.headers['if-match'], etag);
        void reply.headers({ etag, 'cache-control': 'private, no-cache' });
        addVary(reply);
        if (!isNamed(request.headers['if-none-match'], etag)) return body;
        void reply.status(304);
        return undefined;
      }),
    );
  }
}

export function addVary(reply: FastifyReply): void {
  const vary = reply.getHeader('vary');
  void reply.header('vary', vary === undefined ? VARY : `${String(vary)}, ${VARY}`);
}

function tagOf(body: unknown): string {
  return `"${createHash('sha256').update(JSON.stringify(body)).digest('base64url')}"`;
}
