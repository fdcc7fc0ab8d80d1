import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Inject, Injectable, Logger, Optional } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { DomainError, type ErrorKind, ErrorTranslator } from '#kernel';
import { statusOf, toProblem } from './problem.js';

/** What Fastify's own refusals mean; its codes are stable, its texts are not. */
const fastifyErrors: Readonly<Record<string, { kind: ErrorKind; code: string; detail: string }>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: { kind: 'unsupported-media-type', code: 'unsupported-media-type', detail: 'Send the body as application/json.' },
  FST_ERR_CTP_BODY_TOO_LARGE: { kind: 'too-large', code: 'body-too-large', detail: 'The body is larger than this server accepts.' },
  FST_ERR_CTP_EMPTY_JSON_BODY: { kind: 'invalid', code: 'invalid-json', detail: 'The body is empty; send a JSON object.' },
  FST_ERR_CTP_INVALID_JSON_BODY: { kind: 'invalid', code: 'invalid-json', detail: 'The body is not valid JSON.' },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: { kind: 'invalid', code: 'invalid-content-length', detail: 'The body is not as long as Content-Length says.' },
  FST_ERR_BAD_URL: { kind: 'invalid', code: 'invalid-url', detail: 'The path is not a valid URL.' },
};

const kindByStatus: Readonly<Record<number, ErrorKind>> = {
  400: 'invalid',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not-found',
  405: 'method-not-allowed',
  408: 'invalid',
  413: 'too-large',
  414: 'invalid',
  415: 'unsupported-media-type',
  431: 'invalid',
};

/** The one place where an error becomes an answer: problem+json, never a stack trace, never from a cache. */
@Catch()
@Injectable()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('http');

  constructor(@Optional() @Inject(ErrorTranslator) private readonly translator?: ErrorTranslator) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.answer(thrown, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }

  /** Also the error handler of Fastify itself, for what fails before a route is reached. */
  answer(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const error = this.toDomainError(thrown);
    const status = statusOf(error.kind);
    if (status >= 500) {
      const cause = error.cause instanceof Error ? error.cause : error;
      this.logger[error.kind === 'internal' ? 'error' : 'warn'](`${request.method} ${request.routeOptions?.url ?? 'unknown route'}: ${error.code}`, cause.stack ?? cause.message, 'http');
    }
    if (reply.sent) return;
    if (error.kind === 'unauthenticated') void reply.header('www-authenticate', 'Bearer realm="keepsake"');
    if (error.retryAfterSeconds !== undefined) void reply.header('retry-after', String(Math.ceil(error.retryAfterSeconds)));
    // The body of a request refused early may still be on its way: the connection can't be used again.
    if (error.kind === 'too-large') void reply.header('connection', 'close');
    void reply.status(status).header('content-type', 'application/problem+json; charset=utf-8').header('cache-control', 'no-store').send(JSON.stringify(toProblem(error, request.id)));
  }

  private toDomainError(thrown: unknown): DomainError {
    if (thrown instanceof DomainError) return thrown;
    const translated = this.translator?.translate(thrown);
    if (translated !== undefined) return translated;
    if (thrown instanceof HttpException) return fromStatus(thrown.getStatus(), thrown.message, thrown);
    const { code, statusCode } = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as { code?: unknown; statusCode?: unknown };
    const known = typeof code === 'string' ? fastifyErrors[code] : undefined;
    if (known !== undefined) return new DomainError({ ...known, cause: thrown });
    if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) return fromStatus(statusCode, 'The request can not be read.', thrown);
    return new DomainError({ code: 'internal-error', kind: 'internal', detail: 'Something went wrong on our side. Quote the request id to your operator.', cause: thrown });
  }
}

function fromStatus(status: number, detail: string, cause: unknown): DomainError {
  const kind = kindByStatus[status] ?? (status >= 500 ? 'internal' : 'invalid');
  return new DomainError({ code: kind === 'not-found' ? 'route-not-found' : kind, kind, detail, cause });
}
