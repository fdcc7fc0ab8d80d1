import { findRequestContext } from '#observability';
import type { EnqueueOptions, JobDefinition } from './job.js';

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

/**
 * Background work that can't be lost: a job is written by the transaction of the row it is about, so both are there
 * or neither is. The queue lives in PostgreSQL, embedded or outside.
 */
export abstract class JobQueue {
  /**
   * Adds a job in the surrounding transaction (at once where there is none). A worker of this process sees it right
   * after the commit, those of others at their next look.
   * @returns its id, or undefined where `singletonKey` found one that waits.
   * @throws ZodError where the payload does not fit the job's schema; nothing is added then.
   */
  abstract enqueue<Payload extends object>(
    job: JobDefinition<Payload>,
    payload: Payload,
    options?: EnqueueOptions,
  ): Promise<string | undefined>;
}
