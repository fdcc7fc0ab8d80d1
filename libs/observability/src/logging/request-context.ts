import { AsyncLocalStorage } from 'node:async_hooks';

/** What a log line says about the request (or job) it was written for. */
export interface RequestContext {
  readonly requestId: string;
}

const storage = new AsyncLocalStorage<RequestContext>();

export function runInRequestContext<Result>(context: RequestContext, work: () => Result): Result {
  return storage.run(context, work);
}

export function findRequestContext(): RequestContext | undefined {
  return storage.getStore();
}
