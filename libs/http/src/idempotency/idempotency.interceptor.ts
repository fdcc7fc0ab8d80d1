import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { from, lastValueFrom, type Observable } from 'rxjs';
import { HttpConfig } from '#config';
import { TransactionRunner } from '#database';
import { Clock, DomainError, type Principal } from '#kernel';
import { IDEMPOTENCY } from '../endpoint/endpoint.decorator.js';
import { referencesOf } from './answer-references.js';
import { type IdempotencyScope, PostgresIdempotencyStore } from './postgres-idempotency.store.js';
import { requestHash } from './request-hash.js';
import { openBody, sealBody } from './sealed-body.js';

const HEADER = 'idempotency-key';
const KEY = /^[\x21-\x7e]{1,255}$/;
/** Headers of an answer that belong to it and are sent again with it. */
const KEPT_HEADERS = ['etag', 'location'];

interface BodyCodec {
  encode(body: string): string;
  decode(kept: string): string;
}

const plain: BodyCodec = { encode: (body) => body, decode: (kept) => kept };

function sealedWith(credential: string): BodyCodec {
  return { encode: (body) => sealBody(body, credential), decode: (kept) => openBody(kept, credential) };
}

/**
 * `Idempotency-Key` on every POST: the same request again gets the stored answer, another body under the same key
 * is refused (422), and one that is still running too (409). The answer is stored in the transaction of the work,
 * so a crash leaves either both or neither. That transaction holds the key: it falls with the process that runs it, and a
 * retry after a crash does the work at once, and once. The answer is removed with what it refers to.
 */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  constructor(
    private readonly reflector: Reflector,
    private readonly store: PostgresIdempotencyStore,
    private readonly transactions: TransactionRunner,
    private readonly clock: Clock,
    private readonly config: HttpConfig,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<FastifyRequest & { principal?: Principal }>();
    const header = request.headers[HEADER];
    const keeping = this.reflector.get<'plain' | 'sealed' | undefined>(IDEMPOTENCY, context.getHandler());
    if (header === undefined || request.principal === undefined || keeping === undefined) return next.handle();
    if (typeof header !== 'string' || !KEY.test(header)) {
      const detail = 'must be 1 to 255 visible ASCII characters';
      throw new DomainError({
        code: 'invalid-idempotency-key',
        kind: 'invalid',
        detail: `Idempotency-Key ${detail}.`,
        issues: [{ pointer: `/${HEADER}`, in: 'header', detail }],
      });
    }
    const scope = { workspaceId: request.principal.workspaceId, principalId: request.principal.id, key: header };
    const codec = keeping === 'sealed' ? sealedWith(request.headers.authorization ?? '') : plain;
    return from(this.once(scope, request, context.switchToHttp().getResponse<FastifyReply>(), next, codec));
  }

  private async once(
    scope: IdempotencyScope,
    request: FastifyRequest,
    reply: FastifyReply,
    next: CallHandler,
    codec: BodyCodec,
  ): Promise<unknown> {
    const nowMs = this.clock.nowMs();
    const claimed = await this.store.claim(scope, requestHash(request), {
      now: new Date(nowMs),
      expiresAt: new Date(nowMs + this.config.idempotencyTtlMs),
    });
    switch (claimed.kind) {
      case 'other-request':
        throw refused(
          'idempotency-key-reused',
          'unprocessable',
          'This Idempotency-Key was used for another request. Use a new key for a new request.',
        );
      case 'in-flight':
        if (claimed.claim === undefined) throw inFlight();
        return this.doWork(scope, { claim: claimed.claim, isTakenOver: true }, request, reply, next, codec);
      case 'completed': {
        const { status, headers, body } = claimed.response;
        void reply.status(status).headers(headers).header('idempotency-replayed', 'true');
        return body === null ? undefined : (JSON.parse(codec.decode(body)) as unknown);
      }
      case 'claimed':
        return this.doWork(scope, { claim: claimed.claim, isTakenOver: false }, request, reply, next, codec);
    }
  }

  private async doWork(
    scope: IdempotencyScope,
    { claim, isTakenOver }: { readonly claim: string; readonly isTakenOver: boolean },
    request: FastifyRequest,
    reply: FastifyReply,
    next: CallHandler,
    codec: BodyCodec,
  ): Promise<unknown> {
    let isHeld = false;
    try {
      return await this.transactions.run(async () => {
        isHeld = await this.store.hold(scope);
        const own = isHeld && isTakenOver ? await this.store.takeOver(scope, claim) : claim;
        if (!isHeld || own === undefined) throw inFlight();
        const body: unknown = await lastValueFrom(next.handle(), { defaultValue: undefined });
        const kept = await this.store.complete(
          scope,
          own,
          {
            status: reply.statusCode,
            headers: Object.fromEntries(
              KEPT_HEADERS.flatMap((name) => (reply.hasHeader(name) ? [[name, String(reply.getHeader(name))]] : [])),
            ),
            body: body === undefined ? null : codec.encode(JSON.stringify(body)),
          },
          referencesOf(request, body),
        );
        if (!kept)
          throw refused(
            'request-in-flight',
            'conflict',
            'The request with this Idempotency-Key was taken over by its retry.',
            1,
          );
        return body;
      });
    } catch (error) {
      // What another request holds is not this one's to give up.
      if (isHeld || !isTakenOver) await this.store.release(scope, claim).catch(() => undefined);
      throw error;
    }
  }
}

function inFlight(): DomainError {
  return refused(
    'request-in-flight',
    'conflict',
    'The request with this Idempotency-Key is still running. Try again shortly.',
    1,
  );
}

function refused(
  code: string,
  kind: 'conflict' | 'unprocessable',
  detail: string,
  retryAfterSeconds?: number,
): DomainError {
  return new DomainError({
    code,
    kind,
    detail,
    retryAfterSeconds,
    issues: [{ pointer: `/${HEADER}`, in: 'header', detail }],
  });
}
