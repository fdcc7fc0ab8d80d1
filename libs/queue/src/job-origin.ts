import { findRequestContext } from '#observability';

/** Who asked for a job: it goes on in the log and the trace of the request (or job) that added it. */
export interface JobOrigin {
  readonly requestId: string;
  /** W3C trace context of the span that added it, where traces are exported. */
  readonly traceparent?: string;
  readonly tracestate?: string;
}

/** Of what is done now; undefined outside of requests and jobs, as for schedules. */
export function originOfNow(): JobOrigin | undefined {
  const context = findRequestContext();
  return context === undefined ? undefined : { requestId: context.requestId, ...context.trace?.headers };
}
