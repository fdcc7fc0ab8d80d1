import type { IncomingMessage } from 'node:http';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { HttpConfig } from '#config';
import { newId } from '#kernel';

const REQUEST_ID = /^[A-Za-z0-9._-]{1,128}$/;

/** Fastify with the limits of the configuration. A request id that a client sends is kept where it is harmless. */
export function createFastifyAdapter(config: HttpConfig): FastifyAdapter {
  return new FastifyAdapter({
    bodyLimit: config.bodyLimitBytes,
    // The time to receive a whole request; the work on it has its own limit.
    requestTimeout: config.requestTimeoutMs,
    connectionTimeout: 0,
    keepAliveTimeout: 65_000,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    trustProxy: config.trustProxy,
    logger: false,
    routerOptions: { maxParamLength: 4096, ignoreTrailingSlash: true },
    genReqId: (request: IncomingMessage) => {
      const sent = request.headers['x-request-id'];
      return typeof sent === 'string' && REQUEST_ID.test(sent) ? sent : newId();
    },
  });
}
