import type { CacheService } from '../cache.service.js';

let bound: CacheService | undefined;

/** Gives decorated methods the cache of the running application. */
export class CacheDecoratorBinding {
  constructor(cache: CacheService) {
    bound = cache;
  }
}

/** @throws Error where a decorated method runs before its application has started. */
export function boundCache(): CacheService {
  if (bound === undefined)
    throw new Error(
      'A method with @Cached or @Invalidates ran without CacheModule: import CacheModule.forRoot(…) in the application.',
    );
  return bound;
}
