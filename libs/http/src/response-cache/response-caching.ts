import { Injectable } from '@nestjs/common';
import type { Tag } from '#cache';
import { Registry } from '#kernel';

/** A request as the cache of responses sees it: not validated yet, but only what was valid once is ever stored. */
export interface CacheableRequest {
  readonly workspace: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** How the answers of a route are kept, for every caller who has its scopes: they must not depend on who asks. */
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
}

/** Metadata key of how the answers of a route are kept. */
export const RESPONSE_CACHING = 'keepsake:response-caching';

/** A setting of this process that answers depend on. */
export interface ResponseVariant {
  /** Unique in the product. */
  readonly name: string;
  /** At present. */
  readonly value: string;
}

/**
 * What answers depend on besides the request and what is stored: the settings of this process. Processes that differ in
 * it, and one before and after a restart, do not share answers.
 */
@Injectable()
export class ResponseVariants extends Registry<ResponseVariant> {
  override register(variant: ResponseVariant): void {
    if (this.registered.some(({ name }) => name === variant.name))
      throw new Error(`Answers depend on ${variant.name} twice.`);
    super.register(variant);
  }

  /** Name and value pairs, sorted by name. */
  get current(): readonly (readonly [string, string])[] {
    return this.registered.map(({ name, value }) => [name, value] as const).toSorted(([a], [b]) => (a < b ? -1 : 1));
  }
}
