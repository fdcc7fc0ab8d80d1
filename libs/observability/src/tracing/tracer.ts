/** What is known of a span besides its time. Never content, keys of the cache, or secrets. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

/** The headers that inform another server of the span within which it is asked. */
export interface TraceHeaders {
  readonly traceparent: string;
  readonly tracestate?: string;
}

/** A span of a trace. */
export interface TraceSpan {
  readonly headers: TraceHeaders;
  /** @param kind `client` where another server is asked */
  startChild(name: string, kind: 'internal' | 'client', attributes?: SpanAttributes): TraceSpan;
  set(attributes: SpanAttributes): void;
  /** @param error what it ended with, if it failed: its name is reported, not its message, which may hold content */
  end(error?: unknown): void;
}

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
