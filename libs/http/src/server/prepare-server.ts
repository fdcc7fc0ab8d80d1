import { setTimeout as sleep } from 'node:timers/promises';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import { HttpConfig, LogConfig } from '#config';
import {
  CacheReads,
  findRequestContext,
  HealthRegistry,
  HttpMetrics,
  KeepsakeLogger,
  RequestTimings,
  roundedTimings,
  runInRequestContext,
  Tracer,
  type TraceSpan,
} from '#observability';
import { AllowedMethods } from './allowed-methods.js';
import { type BodyBounds, COMMAND_BODY_BYTES } from './json-body.js';
import { serveOpenApi } from './open-api.js';
import { askForBody, refusalOf, takeExpectations } from './malformed-requests.js';
import { securityHeaders } from './security-headers.js';
import { timingsOf, writeServerTiming } from './server-timing.js';

/**
 * Ends the serving in order: `/health/ready` says no at once; for the configured delay new connections are still
 * taken, so that a balancer can notice; then the door is closed, requests that have begun are finished, and every
 * connection is closed after its answer. Resolves when the last one is gone. May be called twice.
 */
export async function drainServer(app: NestFastifyApplication): Promise<void> {
  app.get(HealthRegistry).startDraining();
  await sleep(app.get(HttpConfig).shutdownDelayMs);
  await app.getHttpAdapter().getInstance().close();
}

/** What stands in front of the routes: request ids, access log, security headers, CORS, problems for what no route sees, the API page. */
export async function prepareServer(app: NestFastifyApplication): Promise<void> {
  const config = app.get(HttpConfig);
  const { slowRequestMs } = app.get(LogConfig);
  const accessLog = app.get(KeepsakeLogger).channel('http');
  const performanceLog = app.get(KeepsakeLogger).channel('performance');
  const metrics = app.get(HttpMetrics);
  const tracer = app.get(Tracer);
  const fastify = app.getHttpAdapter().getInstance();

  const always = securityHeaders();
  const allowed = app.get(AllowedMethods);
  fastify.addHook('onRoute', (route) => {
    allowed.learn(route.url, [route.method].flat());
    const { mostBytes = COMMAND_BODY_BYTES } = (route.config ?? {}) as Partial<BodyBounds>;
    route.bodyLimit = Math.min(mostBytes, config.bodyLimitBytes);
  });
  takeExpectations(fastify.server);
  fastify.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-request-id', request.id);
    // Nothing is cached by anybody unless its route says so.
    void reply.header('cache-control', 'no-store');
    metrics.began();
    void reply.headers(always);
    const caller = findRequestContext();
    const timings = (caller?.callsRoutes === true ? caller.timings : undefined) ?? new RequestTimings();
    timingsOf.set(request, timings);
    const trace = traceRequest(tracer, request);
    const refusal = refusalOf(request.raw);
    if (refusal !== undefined) void reply.header('connection', 'close');
    const cacheReads = new CacheReads();
    const context = { requestId: request.id, timings, cacheReads, trace, caller: { principalId: null } };
    runInRequestContext(context, () => done(refusal));
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    const { method, id: requestId } = request;
    const { url: route } = request.routeOptions;
    const { statusCode: status, elapsedTime } = reply;
    metrics.ended(method, route, status, elapsedTime);
    endTrace(request, status);
    const line = { method, route, status, durationMs: Math.round(elapsedTime * 10) / 10, requestId };
    accessLog.info(line, 'request');
    const timings = timingsOf.get(request);
    if (elapsedTime >= slowRequestMs && timings !== undefined)
      performanceLog.warn({ ...line, ...roundedTimings(timings.report()) }, 'slow request');
    done();
  });
  const health = app.get(HealthRegistry);
  fastify.addHook('onSend', (request, reply, payload, done) => {
    // A connection that is kept alive would outlast the server.
    if (health.isDraining) void reply.header('connection', 'close');
    done(null, writeServerTiming(request, reply, payload));
  });
  if (config.corsOrigins.length > 0) {
    app.enableCors({
      origin: [...config.corsOrigins],
      methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
      exposedHeaders: [
        'etag',
        'x-request-id',
        'retry-after',
        'idempotency-replayed',
        'cache-status',
        'server-timing',
        'mcp-session-id',
      ],
      maxAge: 600,
    });
  }
  serveOpenApi(app);
  await app.init();
  // Behind the hooks of modules, which say whose body is read.
  fastify.addHook('preParsing', (request, reply, _payload, done) => {
    askForBody(request.raw, reply.raw);
    done();
  });
}

/** Of the requests under way. */
const traces = new WeakMap<FastifyRequest, TraceSpan>();

/** Begins the span of a request, in the trace of whoever asks. Named by its route: the path may name content. */
function traceRequest(tracer: Tracer, request: FastifyRequest): TraceSpan | undefined {
  const { method, id, headers, routeOptions } = request;
  const route = routeOptions.url;
  const attributes = {
    'http.request.method': method,
    'keepsake.request_id': id,
    ...(route === undefined ? {} : { 'http.route': route }),
  };
  const parent = { traceparent: headers['traceparent'], tracestate: headers['tracestate'] };
  const trace = tracer.start(route === undefined ? method : `${method} ${route}`, 'server', attributes, parent);
  if (trace !== undefined) traces.set(request, trace);
  return trace;
}

/** @param status an answer of 500 or more is a failure of the server (OpenTelemetry's conventions for HTTP) */
function endTrace(request: FastifyRequest, status: number): void {
  const trace = traces.get(request);
  trace?.set({ 'http.response.status_code': status });
  trace?.end(status >= 500 ? new ServerError() : undefined);
}

class ServerError extends Error {
  override readonly name = 'ServerError';
}
