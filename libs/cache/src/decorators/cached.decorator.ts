import type { CacheFamily } from '../cache-family.js';
import type { Tag } from '../tag.js';
import { boundCache } from './decorator-binding.js';

type AsyncMethod<Args extends unknown[], Result> = (...args: Args) => Promise<Result>;

/**
 * Answers the method from the cache. The parameters of the entry are named by `params`, from the method's arguments:
 * there is no key without them, so no caller gets another's answer.
 *
 *     @Cached(sessions, (workspace: string, id: string) => ({ workspace, id }))
 *     async load(workspace: string, id: string): Promise<Session> { … }
 */
export function Cached<Params, Value, Args extends unknown[]>(
  family: CacheFamily<Params, Value>,
  params: (...args: Args) => Params,
) {
  return <Method extends AsyncMethod<Args, Value>>(
    _target: object,
    _name: string | symbol,
    descriptor: TypedPropertyDescriptor<Method>,
  ): void => {
    const original = descriptor.value as Method;
    descriptor.value = function (this: unknown, ...args: Args): Promise<Value> {
      return boundCache().getOrSet(family, params(...args), () => original.apply(this, args));
    } as Method;
  };
}

/**
 * Fires tags once the method has succeeded; inside a transaction with its commit. Nothing is fired where it throws.
 *
 *     @Invalidates((workspace: string, id: string) => [sessionTag({ workspace, id })])
 */
export function Invalidates<Args extends unknown[]>(tags: (...args: Args) => readonly Tag[]) {
  return <Result, Method extends AsyncMethod<Args, Result>>(
    _target: object,
    _name: string | symbol,
    descriptor: TypedPropertyDescriptor<Method>,
  ): void => {
    const original = descriptor.value as Method;
    descriptor.value = async function (this: unknown, ...args: Args): Promise<Result> {
      const result = (await original.apply(this, args)) as Result;
      await boundCache().invalidate(tags(...args));
      return result;
    } as unknown as Method;
  };
}
