import type { Tag } from '#cache';

/** A request as the cache of responses sees it: not validated yet, but only what was valid once is ever stored. */
export interface CacheableRequest {
  readonly workspace: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** How the answers of a route are kept. */
export interface ResponseCaching {
  /**
   * What the answer depends on. Every write that could change it fires one of them. Ids must be in the form in which
   * writes name them, whatever the request says.
   */
  readonly tags: (request: CacheableRequest) => readonly [Tag, ...Tag[]];
  /** Name of the family that the answer is made of: while it is turned off, answers are neither kept nor served. */
  readonly family: string;
  /** 10 minutes by default. */
  readonly ttlMs?: number;
  /** False for requests whose answers are never kept. */
  readonly when?: (request: CacheableRequest) => boolean;
  /** What an answer is about, for features that count what is read of them: see `CachedResponseListeners`. */
  readonly subject?: { readonly kind: string; readonly of: (body: never) => string };
  /** False for answers that must not be kept, such as degraded ones. */
  readonly keep?: (body: never) => boolean;
}

/** Metadata key of how the answers of a route are kept. */
export const RESPONSE_CACHING = 'keepsake:response-caching';
