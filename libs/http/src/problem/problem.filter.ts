import {
  type ArgumentsHost,
  Catch,
  type ExceptionFilter,
  HttpException,
  Inject,
  Injectable,
  Logger,
  Optional,
  type Type,
} from '@nestjs/common';
import { EXCEPTION_FILTERS_METADATA } from '@nestjs/common/constants.js';
import { ModuleRef } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { DomainError, type ErrorKind, ErrorTranslator } from '#kernel';
import { discardBody, fileExpected, isDiscardable } from '../server/file-body.js';
import type { EndpointConfig } from '../endpoint/endpoint.decorator.js';
import { AllowedMethods } from '../server/allowed-methods.js';
import { isOfOpenai, toOpenaiError } from './openai-error.js';
import { type Problem, PROBLEM_JSON, statusOf, toProblem } from './problem.js';

/** What Fastify's own refusals mean; its codes are stable, its texts are not. */
const fastifyErrors: Readonly<Record<string, { kind: ErrorKind; code: string; detail: string }>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    kind: 'unsupported-media-type',
    code: 'unsupported-media-type',
    detail: 'Send the body as application/json.',
  },
  FST_ERR_CTP_BODY_TOO_LARGE: {
    kind: 'too-large',
    code: 'body-too-large',
    detail: 'The body is larger than this server accepts.',
  },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    kind: 'invalid',
    code: 'invalid-content-length',
    detail: 'The body is not as long as Content-Length says.',
  },
  FST_ERR_BAD_URL: { kind: 'invalid', code: 'invalid-url', detail: 'The path is not a valid URL.' },
};

const kindByStatus: Readonly<Record<number, ErrorKind>> = {
  400: 'invalid',
  401: 'unauthenticated',
  // Of a path that leads out of the files of the API page; who may not call a route learns it by a DomainError.
  403: 'not-found',
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

  constructor(
    @Optional() @Inject(ErrorTranslator) private readonly translator?: ErrorTranslator,
    // The filter of a single controller does without: it never meets a path that has no route.
    @Optional() private readonly allowed?: AllowedMethods,
    @Optional() private readonly modules?: ModuleRef,
  ) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.refuse(thrown, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }

  refuse(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
    this.filterOf(request).answer(thrown, request, reply);
  }

  /** What fails before a controller is reached is reported in the words of its own filter all the same. */
  private filterOf(request: FastifyRequest): ProblemFilter {
    const { controller } = (request.routeOptions?.config ?? {}) as Partial<EndpointConfig>;
    const own =
      controller === undefined
        ? undefined
        : (Reflect.getMetadata(EXCEPTION_FILTERS_METADATA, controller) as Type<ProblemFilter>[] | undefined)?.[0];
    const { modules } = this;
    const isOwn = own === undefined || Object.getPrototypeOf(this) === own.prototype;
    return isOwn || modules === undefined ? this : modules.get(own, { strict: false });
  }

  private answer(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const methods = request.is404 && !isOfHeader(thrown) ? (this.allowed?.methodsOf(request.url) ?? []) : [];
    const error = methods.length > 0 ? methodNotAllowed(request.method, methods) : this.toDomainError(thrown, request);
    const status = statusOf(error.kind);
    if (status >= 500) {
      const cause = error.cause instanceof Error ? error.cause : error;
      this.logger[error.kind === 'internal' ? 'error' : 'warn'](
        `${request.method} ${request.routeOptions?.url ?? 'unknown route'}: ${error.code}`,
        cause.stack ?? cause.message,
        'http',
      );
    }
    if (reply.sent) return;
    if (methods.length > 0) void reply.header('allow', methods.join(', '));
    if (error.kind === 'unauthenticated') void reply.header('www-authenticate', 'Bearer realm="keepsake"');
    if (error.retryAfterSeconds !== undefined)
      void reply.header('retry-after', String(Math.ceil(error.retryAfterSeconds)));
    // The body of a request refused early may still be on its way.
    if (error.kind === 'too-large' && !request.raw.complete) this.letRestCome(request, reply);
    void reply
      .status(status)
      .header('content-type', PROBLEM_JSON)
      .header('cache-control', 'no-store')
      .send(JSON.stringify(this.bodyOf(error, request)));
  }

  /** What is answered. Where another protocol is spoken too, it has the members of that as well (RFC 9457, section 3.2). */
  protected bodyOf(error: DomainError, request: FastifyRequest): Problem {
    const problem = toProblem(error, request.id);
    return isOfOpenai(request) ? { ...problem, error: toOpenaiError(error) } : problem;
  }

  private letRestCome({ raw }: FastifyRequest, reply: FastifyReply): void {
    if (!isDiscardable(raw)) {
      void reply.header('connection', 'close');
      return;
    }
    // Fastify closes the connection, and its sender would be cut off before it has read why.
    void reply.removeHeader('connection');
    discardBody(raw);
  }

  private toDomainError(thrown: unknown, request: FastifyRequest): DomainError {
    if (thrown instanceof DomainError) return thrown;
    const translated = this.translator?.translate(thrown);
    if (translated !== undefined) return translated;
    // Nest wraps what Fastify refuses; the reason is in the cause.
    const reason: unknown = thrown instanceof HttpException ? (thrown.cause ?? thrown) : thrown;
    const { code, statusCode } = (typeof reason === 'object' && reason !== null ? reason : {}) as {
      code?: unknown;
      statusCode?: unknown;
    };
    const known = typeof code === 'string' ? fastifyErrors[code] : undefined;
    const { takesFile } = (request.routeOptions?.config ?? {}) as { readonly takesFile?: boolean };
    if (known?.code === 'unsupported-media-type' && takesFile === true) return fileExpected(thrown);
    if (known !== undefined)
      return new DomainError({ ...known, issues: [{ pointer: '', detail: known.detail }], cause: thrown });
    if (thrown instanceof HttpException && thrown.getStatus() < 500)
      return fromStatus(thrown.getStatus(), thrown.message, thrown);
    if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500)
      return fromStatus(statusCode, 'The request can not be read.', thrown);
    return new DomainError({
      code: 'internal-error',
      kind: 'internal',
      detail: 'Something went wrong on our side. Quote the request id to your operator.',
      cause: thrown,
    });
  }
}

/** What is wrong with the header is wrong whatever the path answers. */
function isOfHeader(thrown: unknown): boolean {
  return thrown instanceof DomainError && thrown.issues.some((issue) => issue.in === 'header');
}

function methodNotAllowed(method: string, methods: readonly string[]): DomainError {
  return new DomainError({
    code: 'method-not-allowed',
    kind: 'method-not-allowed',
    detail: `This path does not answer ${method}; it answers ${methods.join(', ')}.`,
  });
}

function fromStatus(status: number, detail: string, cause: unknown): DomainError {
  const kind = kindByStatus[status] ?? 'invalid';
  if (kind === 'not-found')
    return new DomainError({
      code: 'route-not-found',
      kind,
      detail: 'There is no such route; /docs lists them all.',
      cause,
    });
  return new DomainError({ code: kind === 'invalid' ? 'invalid-request' : kind, kind, detail, cause });
}
