/** What is known of a span besides its time. Never content, keys of the cache, or secrets. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

/** A span of a trace that is being recorded. */
export interface TraceSpan {
  /** The header `traceparent` (https://www.w3.org/TR/trace-context/) for whoever is asked within this span. */
  readonly traceparent: string;
  /** @param kind `client` where another server is asked */
  startChild(name: string, kind: 'internal' | 'client', attributes?: SpanAttributes): TraceSpan;
  set(attributes: SpanAttributes): void;
  /** @param error what it ended with, if it failed: its name is told, not its message */
  end(error?: unknown): void;
}
