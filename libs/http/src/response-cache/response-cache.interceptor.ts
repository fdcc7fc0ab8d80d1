import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { from, lastValueFrom, type Observable, tap } from 'rxjs';
import { Clock, DomainError, type Principal, Registry, type WorkspaceId } from '#kernel';
import { CacheService, type ReadOptions, type ReadStatus } from '#cache';
import { findRequestContext } from '#observability';
import { addVary } from '../conditional-requests/conditional-read.interceptor.js';
import { isNamed, requireSame } from '../conditional-requests/entity-tag.js';
import { isRead } from '../endpoint/endpoint.decorator.js';
import {
  CACHE_HIT,
  cacheStatusOf,
  directivesOf,
  readCacheStatus,
  type CachedResponse,
  DEFAULT_TTL_MS,
  type ResponseKey,
  responses,
  toCachedResponse,
} from './cached-response.js';
import { type CacheableRequest, RESPONSE_CACHING, type ResponseCaching, ResponseVariants } from './response-caching.js';

/** A feature that hears of the answers about its things that came from the cache. */
export interface CachedResponseListener {
  /** As in the `subject` of the routes; one listener each. */
  readonly kind: string;
  /** Must neither throw nor wait. */
  onCachedResponse(workspaceId: WorkspaceId, subject: string): void;
}

/** Informs features of the answers that came from the cache: no service of theirs has seen those. */
@Injectable()
export class CachedResponseListeners extends Registry<CachedResponseListener> {
  override register(listener: CachedResponseListener): void {
    if (this.registered.some(({ kind }) => kind === listener.kind))
      throw new Error(`Answers about ${listener.kind} are listened to twice.`);
    super.register(listener);
  }

  notify(kind: string, workspaceId: WorkspaceId, subject: string): void {
    for (const listener of this.registered) if (listener.kind === kind) listener.onCachedResponse(workspaceId, subject);
  }
}

type Request = FastifyRequest & { principal?: Principal };

/**
 * Answers of routes that declare it come from the cache, as the bytes that went out before to the same request in the
 * same workspace, whoever asked, until a write fires a tag that the route names. Guards have run before: a credential that
 * was revoked, or does not have the scope, reads nothing. Clients may keep answers, and ask whether they still hold: a client
 * can't know about writes, so it always asks.
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
    { subject }: ResponseCaching,
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
        isKept: !noStore,
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

/** Clients may keep the answer but must ask: they are not informed of writes. */
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
