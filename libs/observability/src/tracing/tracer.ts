import type { SpanAttributes, TraceSpan } from '../timing/trace-span.js';

/** Begins the spans of requests and jobs, within which everything else is a child. */
export abstract class Tracer {
  /**
   * @param kind `server` for a request, `consumer` for a job
   * @param parent the headers `traceparent` and `tracestate` of whoever asks
   * @returns undefined where traces are off
   */
  abstract start(
    name: string,
    kind: 'server' | 'consumer',
    attributes: SpanAttributes,
    parent?: { readonly traceparent?: unknown; readonly tracestate?: unknown },
  ): TraceSpan | undefined;

  /** Sends what has ended. */
  abstract close(): Promise<void>;
}

/** Without configuration nobody records. */
export class NoTracer extends Tracer {
  start(): undefined {
    return undefined;
  }

  async close(): Promise<void> {}
}
