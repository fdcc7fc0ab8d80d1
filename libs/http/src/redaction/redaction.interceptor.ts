import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { from, map, mergeMap, type Observable } from 'rxjs';
import type { Principal } from '#kernel';
import { noteRequestHash } from '../idempotency/request-hash.js';
import { REDACTION, RequestRedactions, type RouteRedaction } from './request-redaction.js';

/** Of the secrets that were found: the header says how many, for answers that are no objects too. */
const HEADER = 'keepsake-redaction';

/**
 * Every request that may store something is looked at for secrets here, before its idempotency key is, before it is validated and
 * before any work is done. What was found is the member `redactionReport` of the answer.
 */
@Injectable()
export class RedactionInterceptor implements NestInterceptor {
  constructor(private readonly redactions: RequestRedactions) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const route = Reflect.getMetadata(REDACTION, context.getHandler()) as RouteRedaction | undefined;
    const request = context.switchToHttp().getRequest<FastifyRequest & { principal?: Principal }>();
    const { principal } = request;
    if (route === undefined || principal === undefined) return next.handle();
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    return from(this.redact(request, principal, route)).pipe(
      mergeMap(() => next.handle()),
      map((answer) => this.withReport(answer, reply)),
    );
  }

  private async redact(request: FastifyRequest, { workspaceId }: Principal, route: RouteRedaction): Promise<void> {
    // Two requests that differ in their secrets alone are two requests.
    const idempotencyKey = request.headers['idempotency-key'];
    if (idempotencyKey !== undefined) noteRequestHash(request);
    const { params, query, body } = request;
    const said = { params, query, body, idempotencyKey };
    for (const redaction of this.redactions.registered) await redaction.redact(said, workspaceId, route);
  }

  private withReport(answer: unknown, reply: FastifyReply): unknown {
    for (const redaction of this.redactions.registered) {
      const report = redaction.report();
      if (report === undefined) continue;
      void reply.header(HEADER, String(report.found.length + report.more));
      if (isObject(answer)) return { ...answer, redactionReport: report };
    }
    return answer;
  }
}

function isObject(answer: unknown): answer is object {
  return typeof answer === 'object' && answer !== null && Object.getPrototypeOf(answer) === Object.prototype;
}
