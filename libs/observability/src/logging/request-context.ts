import { AsyncLocalStorage } from 'node:async_hooks';
import type { CacheReads, RequestTimings } from '../timing/request-timings.js';
import type { TraceSpan } from '../tracing/tracer.js';

/** What is known everywhere of the request (or job) that something is done for. */
export interface RequestContext {
  readonly requestId: string;
  /** Where its time goes; absent where nobody asks. */
  readonly timings?: RequestTimings;
  /** How the cache answers it; absent where nobody asks. */
  readonly cacheReads?: CacheReads;
  /** Set while a request calls the server's own routes: their time is its time. */
  readonly callsRoutes?: boolean;
  /** The span that encloses what is done now, where traces are exported. */
  readonly trace?: TraceSpan | undefined;
}

const storage = new AsyncLocalStorage<RequestContext>();

export function runInRequestContext<Result>(context: RequestContext, work: () => Result): Result {
  return storage.run(context, work);
}

export function findRequestContext(): RequestContext | undefined {
  return storage.getStore();
}
