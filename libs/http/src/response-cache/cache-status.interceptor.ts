import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Observable, tap } from 'rxjs';
import { findRequestContext } from '#observability';
import { IDEMPOTENCY, OWN_BODY } from '../endpoint/endpoint.decorator.js';
import { readCacheStatus } from './cache-headers.js';

/**
 * Every read that goes through the cache says in `Cache-Status` how it was answered, whichever families it is made of. A
 * route that says it itself, or whose answers are kept as bytes, is left as it is.
 */
@Injectable()
export class CacheStatusInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    const requested = findRequestContext();
    if (requested?.cacheReads === undefined || !isRead(http.getRequest<FastifyRequest>().method, context.getHandler()))
      return next.handle();
    const { cacheReads, timings } = requested;
    const reply = http.getResponse<FastifyReply>();
    const beganMs = performance.now();
    cacheReads.begin();
    return next.handle().pipe(
      tap(() => {
        if (reply.sent || reply.hasHeader('cache-status')) return;
        const askedMsAgo = timings?.sourceMsAgo;
        const report = cacheReads.report(askedMsAgo !== undefined && askedMsAgo < performance.now() - beganMs);
        if (report !== undefined) void reply.header('cache-status', readCacheStatus(report));
      }),
    );
  }
}

/** A GET, or a POST that changes nothing. */
function isRead(method: string, handler: object): boolean {
  if (method === 'GET' || method === 'HEAD') return true;
  return (
    method === 'POST' &&
    Reflect.getMetadata(IDEMPOTENCY, handler) === undefined &&
    Reflect.getMetadata(OWN_BODY, handler) !== true
  );
}
