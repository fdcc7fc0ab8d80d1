import type { FastifyRequest } from 'fastify';
import type { Tracer, TraceSpan } from '#observability';

/** Of the requests under way. */
const traces = new WeakMap<FastifyRequest, TraceSpan>();

/** Begins the span of a request, in the trace of whoever asks. Named by its route: the path may name content. */
export function traceRequest(tracer: Tracer, request: FastifyRequest): TraceSpan | undefined {
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
export function endTrace(request: FastifyRequest, status: number): void {
  const trace = traces.get(request);
  trace?.set({ 'http.response.status_code': status });
  trace?.end(status >= 500 ? new ServerError() : undefined);
}

class ServerError extends Error {
  override readonly name = 'ServerError';
}
