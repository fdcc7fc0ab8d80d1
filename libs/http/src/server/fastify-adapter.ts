import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { HttpConfig } from '#config';
import { DomainError } from '#kernel';
import { PROBLEM_JSON, toProblem } from '../problem/problem.js';
import { answerClientError } from './malformed-requests.js';
import { acceptFiles } from './file-body.js';
import { FreeTextPaths } from './free-text-paths.js';
import { acceptJsonOnly } from './json-body.js';

const REQUEST_ID = /^[A-Za-z0-9._-]{1,128}$/;

/** Of proxies in a row the nearest is number 0. */
function toTrust(proxies: HttpConfig['trustProxy']) {
  if (proxies === 0) return false;
  return typeof proxies === 'number' ? (_: string, hop: number) => hop < proxies : [...proxies];
}

/** Of a path, between two slashes. */
const MOST_IN_A_PART = 4_096;

/** Fastify with the limits of the configuration. A request id that a client sends is kept where it is harmless. */
export function createFastifyAdapter(config: HttpConfig): FastifyAdapter {
  const paths = new FreeTextPaths();
  const adapter = new FastifyAdapter({
    rewriteUrl: ({ method = '', url = '' }) => paths.rewrite(method, url),
    bodyLimit: config.bodyLimitBytes,
    // Reported by `malformed-requests.ts`, as a problem.
    http: { requireHostHeader: false },
    // The time to receive a whole request; the work on it has its own limit.
    requestTimeout: config.requestTimeoutMs,
    connectionTimeout: 0,
    keepAliveTimeout: 65_000,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    trustProxy: toTrust(config.trustProxy),
    logger: false,
    routerOptions: { maxParamLength: MOST_IN_A_PART, ignoreTrailingSlash: true },
    // What the router itself refuses (a path that is not a URL, a parameter too long) never reaches the filter.
    frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
      const detail =
        error.code === 'FST_ERR_MAX_PARAM_LENGTH'
          ? `has a part of more than ${MOST_IN_A_PART} characters`
          : 'is not a valid URL path';
      const problem = toProblem(
        new DomainError({
          code: 'invalid-url',
          kind: 'invalid',
          detail: `The path ${detail}.`,
          issues: [{ pointer: '', in: 'path', detail }],
          cause: error,
        }),
        request.id,
      );
      void reply
        .status(problem.status)
        .header('content-type', PROBLEM_JSON)
        .header('cache-control', 'no-store')
        .send(JSON.stringify(problem));
    },
    clientErrorHandler: answerClientError,
    // Not sortable, as ids of rows are; a tenth of their cost.
    genReqId: (request: IncomingMessage) => {
      const sent = request.headers['x-request-id'];
      return typeof sent === 'string' && REQUEST_ID.test(sent) ? sent : randomUUID();
    },
  });
  adapter.getInstance().addHook('onRoute', ({ method, url, config: route }) => {
    const { freeText } = (route ?? {}) as { freeText?: string };
    paths.learn([method].flat(), url, freeText);
  });
  acceptJsonOnly(adapter.getInstance());
  acceptFiles(adapter.getInstance());
  return adapter;
}
