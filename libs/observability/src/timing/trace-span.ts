/** What is known of a span besides its time. Never content, keys of the cache, or secrets. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

/** The headers that tell another server of the span within which it is asked. */
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
  /** @param error what it ended with, if it failed: its name is told, not its message, which may hold content */
  end(error?: unknown): void;
}
