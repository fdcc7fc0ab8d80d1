import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { from, lastValueFrom, type Observable } from 'rxjs';
import { CacheService, type ReadOptions, type ReadStatus } from '#cache';
import { Clock, DomainError, type Principal } from '#kernel';
import { addVary } from '../paging/conditional-read.interceptor.js';
import { isNamed, requireSame } from '../paging/entity-tag.js';
import { CachedResponseListeners } from './cached-response-listeners.js';
import { CACHE_HIT, cacheStatusOf, directivesOf } from './cache-headers.js';
import {
  type CachedResponse,
  DEFAULT_TTL_MS,
  type ResponseKey,
  responses,
  toCachedResponse,
} from './cached-response.js';
import { type CacheableRequest, RESPONSE_CACHING, type ResponseCaching, ResponseVariants } from './response-caching.js';

type Request = FastifyRequest & { principal?: Principal };

/**
 * Answers of routes that declare it come from the cache, as the bytes that went out before: of the same principal, to
 * the same request, until a write fires a tag that the route names. Clients may keep them, and ask whether they still
 * hold: a client can't know about writes, so it always asks.
 */
@Injectable()
export class ResponseCacheInterceptor implements NestInterceptor {
  constructor(
    private readonly cache: CacheService,
    private readonly clock: Clock,
    private readonly answers: CachedResponseListeners,
    private readonly variants: ResponseVariants,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const caching = Reflect.getMetadata(RESPONSE_CACHING, context.getHandler()) as ResponseCaching | undefined;
    if (caching === undefined) return next.handle();
    const http = context.switchToHttp();
    const request = http.getRequest<Request>();
    const { principal } = request;
    if (principal === undefined) return next.handle();
    const cacheable: CacheableRequest = {
      workspace: principal.workspaceId,
      params: request.params as CacheableRequest['params'],
      query: request.query as CacheableRequest['query'],
    };
    if (!this.cache.isEnabled(caching.family)) {
      void http.getResponse<FastifyReply>().header('cache-status', cacheStatusOf('bypass', false));
      return next.handle();
    }
    if (caching.when?.(cacheable) === false) return next.handle();
    const key: ResponseKey = {
      workspace: principal.workspaceId,
      principal: principal.id,
      route: request.routeOptions.url ?? '',
      path: request.url.split('?', 1)[0] as string,
      query: canonicalOf(cacheable.query),
      variants: this.variants.current,
      tags: caching.tags(cacheable),
      ttlMs: caching.ttlMs ?? DEFAULT_TTL_MS,
    };
    return from(this.answer(request, http.getResponse<FastifyReply>(), principal, caching, key, next));
  }

  private async answer(
    request: Request,
    reply: FastifyReply,
    { scopes, workspaceId }: Principal,
    { keep, subject }: ResponseCaching,
    key: ResponseKey,
    next: CallHandler,
  ): Promise<unknown> {
    const { noStore, onlyIfCached, maxAgeSeconds, noCache } = directivesOf(
      request.headers['cache-control'],
      request.headers.pragma,
    );
    // Whoever may make the source work again for what is stored.
    const oldestSeconds = scopes.has('admin') || scopes.has('operator') ? (noCache ? 0 : maxAgeSeconds) : undefined;
    let isFreshAsked = oldestSeconds === 0;
    let status: ReadStatus = 'hit';
    let isLoaded = false;
    const load = async (): Promise<CachedResponse> => {
      isLoaded = true;
      const body: unknown = await lastValueFrom(next.handle());
      return toCachedResponse(JSON.stringify(body), {
        etag: reply.getHeader('etag'),
        madeAtMs: this.clock.nowMs(),
        subject: subject?.of(body as never) ?? '',
        isKept: !noStore && keep?.(body as never) !== false,
      });
    };
    const read = (options?: Pick<ReadOptions, 'mode'>) =>
      this.cache.getOrSet(responses, key, load, { report: (report) => (status = report.status), ...options });

    let response: CachedResponse | undefined;
    if (onlyIfCached || (noStore && !isFreshAsked)) response = await this.cache.get(responses, key);
    else if (!noStore) response = await read(isFreshAsked ? { mode: 'refresh' } : undefined);
    if (response === undefined && onlyIfCached) throw notCached();
    if (response === undefined) {
      // Section 5.2.1.5: what is stored may be used, the answer to this request may not be stored.
      status = 'miss';
      response = await load();
    } else if (oldestSeconds !== undefined && !isLoaded && this.ageOf(response) > oldestSeconds && !onlyIfCached) {
      isFreshAsked = true;
      response = noStore ? await load() : await read({ mode: 'refresh' });
      if (isLoaded) status = 'miss';
    }
    if (subject !== undefined && !isLoaded) this.answers.notify(subject.kind, workspaceId, response.subject);
    requireSame(request.headers['if-match'], response.etag);
    writeCacheHeaders(reply, response, cacheStatusOf(status, isFreshAsked), this.ageOf(response));
    if (isNamed(request.headers['if-none-match'], response.etag)) {
      void reply.status(304);
      return undefined;
    }
    void reply.header('content-type', 'application/json; charset=utf-8');
    return response.body;
  }

  /** Whole seconds. */
  private ageOf({ madeAtMs }: CachedResponse): number {
    return Math.max(0, Math.floor((this.clock.nowMs() - madeAtMs) / 1000));
  }
}

/** Clients may keep the answer but must ask: they are not told of writes. */
function writeCacheHeaders(
  reply: FastifyReply,
  { etag, isKept }: CachedResponse,
  cacheStatus: string,
  ageSeconds: number,
): void {
  void reply.header('cache-control', isKept ? 'private, no-cache' : 'no-store');
  void reply.header('etag', etag);
  addVary(reply);
  void reply.header('cache-status', cacheStatus);
  if (cacheStatus === CACHE_HIT) void reply.header('age', ageSeconds);
}

function notCached(): DomainError {
  return new DomainError({
    code: 'not-cached',
    kind: 'timeout',
    detail: 'The answer is not in the cache, and the request asks for nothing else (only-if-cached).',
  });
}

/** The same query whatever the order of its parameters; the order of the values of one name is kept. */
function canonicalOf(query: CacheableRequest['query']): readonly (readonly [string, string])[] {
  return Object.keys(query)
    .toSorted()
    .flatMap((name) => [query[name] ?? []].flat().map((value) => [name, value] as const));
}
