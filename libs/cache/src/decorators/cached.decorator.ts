import type { CacheService } from '../cache.service.js';
import type { CacheFamily } from '../families/family.js';
import type { Tag } from '../families/tag.js';

let bound: CacheService | undefined;

/** Gives decorated methods the cache of the running application. */
export class CacheDecoratorBinding {
  constructor(cache: CacheService) {
    bound = cache;
  }
}

/** @throws Error where a decorated method runs before its application has started. */
function boundCache(): CacheService {
  if (bound === undefined)
    throw new Error(
      'A method with @Cached or @Invalidates ran without CacheModule: import CacheModule.forRoot(…) in the application.',
    );
  return bound;
}

/** A method whose first arguments are `Args`. */
type Method<Args extends unknown[], Rest extends unknown[], Result> = (...args: [...Args, ...Rest]) => Promise<Result>;

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
  return (
    _target: object,
    _name: string | symbol,
    descriptor: TypedPropertyDescriptor<(...args: Args) => Promise<Value>>,
  ): void => {
    const original = descriptor.value as (...args: Args) => Promise<Value>;
    descriptor.value = function (this: unknown, ...args: Args): Promise<Value> {
      return boundCache().getOrSet(family, params(...args), () => original.apply(this, args));
    };
  };
}

/**
 * Fires tags once the method has succeeded; inside a transaction with its commit. Nothing is fired where it throws.
 * `tags` names as many of the first arguments as it needs.
 *
 *     @Invalidates((workspace: string, id: string) => [sessionTag({ workspace, id })])
 *     async rename(workspace: string, id: string, name: string): Promise<void> { … }
 */
export function Invalidates<Args extends unknown[]>(tags: (...args: Args) => readonly Tag[]) {
  return <Rest extends unknown[], Result>(
    _target: object,
    _name: string | symbol,
    descriptor: TypedPropertyDescriptor<Method<Args, Rest, Result>>,
  ): void => {
    const original = descriptor.value as Method<Args, Rest, Result>;
    descriptor.value = async function (this: unknown, ...args: [...Args, ...Rest]): Promise<Result> {
      const result = await original.apply(this, args);
      await boundCache().invalidate(tags(...(args as unknown as Args)));
      return result;
    };
  };
}
