import { findRequestContext, type RequestContext, runInRequestContext } from '../logging/request-context.js';
import type { TimedPart } from './request-timings.js';
import type { SpanAttributes, TraceHeaders, TraceSpan } from '../tracing/tracer.js';

/** Something that the request of this call chain waits for. */
export class ActiveSpan {
  private isEnded = false;
  private isApart = false;

  constructor(
    private readonly context: RequestContext,
    private readonly part: TimedPart,
    private readonly trace: TraceSpan | undefined,
  ) {
    context.timings?.begin(part);
  }

  /** Whether attributes go anywhere. */
  get isTraced(): boolean {
    return this.trace !== undefined;
  }

  set(attributes: SpanAttributes): void {
    this.trace?.set(attributes);
  }

  /** Runs what belongs to the span and is counted with it. */
  inside<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.trace === undefined ? work() : runInRequestContext({ ...this.context, trace: this.trace }, work);
  }

  /**
   * Runs what belongs to the span but is not waited for as its part: what it asks is counted by itself. Nothing of it
   * is counted where the span has ended: then it runs for somebody else.
   */
  async apart<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.isEnded || this.isApart) return work();
    const { timings } = this.context;
    this.isApart = true;
    timings?.end(this.part);
    try {
      return await this.inside(work);
    } finally {
      this.isApart = false;
      // The caller may have been answered meanwhile.
      if (!this.hasEnded()) timings?.begin(this.part);
    }
  }

  /** Once; a second end changes nothing. */
  end(error?: unknown): void {
    if (this.isEnded) return;
    this.isEnded = true;
    if (!this.isApart) this.context.timings?.end(this.part);
    this.trace?.end(error);
  }

  private hasEnded(): boolean {
    return this.isEnded;
  }
}

/** Undefined where nobody measures: outside of requests, and in jobs without traces. The caller ends it. */
export function beginSpan(part: TimedPart, name: string, attributes?: () => SpanAttributes): ActiveSpan | undefined {
  const context = findRequestContext();
  if (context === undefined || (context.timings === undefined && context.trace === undefined)) return undefined;
  const trace = context.trace?.startChild(name, part === 'cache' ? 'internal' : 'client', attributes?.());
  return new ActiveSpan(context, part, trace);
}

/** Counts the time of the work to a part of the request that it is done for. */
export function measured<Result>(
  part: TimedPart,
  name: string,
  work: () => Promise<Result>,
  attributes?: () => SpanAttributes,
): Promise<Result> {
  const span = beginSpan(part, name, attributes);
  return span === undefined ? work() : finish(span, work);
}

async function finish<Result>(span: ActiveSpan, work: () => Promise<Result>): Promise<Result> {
  try {
    const result = await span.inside(work);
    span.end();
    return result;
  } catch (error) {
    span.end(error);
    throw error;
  }
}

/** For requests to other servers; empty without a trace. */
export function traceHeaders(): TraceHeaders | Record<string, never> {
  return findRequestContext()?.trace?.headers ?? {};
}
