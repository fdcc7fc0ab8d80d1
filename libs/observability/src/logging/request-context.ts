import { AsyncLocalStorage } from 'node:async_hooks';
import type { Authorship } from '#kernel';
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
  /** Who sent the request, once that is known. */
  readonly caller?: RequestCaller;
}

interface RequestCaller {
  principalId: string | null;
}

const storage = new AsyncLocalStorage<RequestContext>();

export function runInRequestContext<Result>(context: RequestContext, work: () => Result): Result {
  return storage.run(context, work);
}

export function findRequestContext(): RequestContext | undefined {
  return storage.getStore();
}

/** The request that is served now is of this principal. */
export function noteCaller(principalId: string): void {
  const caller = storage.getStore()?.caller;
  if (caller !== undefined) caller.principalId = principalId;
}

/** What is written now is written by the principal whose request is served; by nobody in a job. */
export function writtenByCaller(): Authorship {
  return { createdBy: callerId(), importedAuthor: null };
}

/** What is written now was written by somebody else first, as a file says. */
export function importedByCaller({ createdBy }: Pick<Authorship, 'createdBy'>): Authorship {
  return { createdBy: callerId(), importedAuthor: createdBy };
}

function callerId(): string | null {
  return storage.getStore()?.caller?.principalId ?? null;
}
