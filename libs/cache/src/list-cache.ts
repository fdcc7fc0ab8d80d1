import { Injectable } from '@nestjs/common';
import { defineFamily, type MutableFamily } from './families/family.js';
import { hashOf } from './families/key.js';
import { CacheService } from './cache.service.js';
import type { Load, LoadMany } from './read/read-options.js';
import { defineTag, type Tag, type TagOwner } from './families/tag.js';

/**
 * Fired when something of the workspace is deleted for good: a project with all that hangs on it, purged contexts.
 * Everything cached of a workspace's memory names it, so that a deletion needs to know nobody's keys.
 */
export const workspaceDeletionTag = defineTag<TagOwner>('removals', () => []);

/** What a list, an overview or a count is the answer to. */
interface QueryKey {
  readonly workspace: string;
  /** Unique in the product: `contexts`, `project-survey`. */
  readonly statement: string;
  readonly parameters: unknown;
  /** What the answer is made of, besides that nothing of it was deleted. */
  readonly tags: readonly Tag[];
}

/** A query whose answer may change by itself. */
interface Query<Value> extends QueryKey {
  /** Milliseconds until then; absent: it does not. */
  readonly lifeMs?: (value: Value) => number;
}

/** Lists, overviews and counts. They live for CACHE_DEFAULT_TTL. */
export const queries = defineFamily<Query<never>, unknown>({
  name: 'query',
  schemaVersion: 2,
  scope: 'workspace',
  mutable: true,
  key: ({ statement, parameters }) => [statement, hashOf(parameters)],
  tags: (of) => [workspaceDeletionTag(of), ...of.tags],
  ttlOf: (value, { lifeMs }) => lifeMs?.(value as never) ?? Number.POSITIVE_INFINITY,
});

/** Reads lists, overviews and counts through the cache. */
@Injectable()
export class ListCache {
  constructor(private readonly cache: CacheService) {}

  /** As `read`, of many: one load for all that are missing. Inside a transaction always from `loadMany`. */
  readMany<Value>(
    all: readonly QueryKey[],
    loadMany: LoadMany<QueryKey, Value>,
  ): Promise<readonly (Value | undefined)[]> {
    return this.cache.getMany(queries as MutableFamily<QueryKey, Value>, all, loadMany);
  }

  /** The answer from the cache, else from `load`. Inside a transaction always from `load`. */
  read<Value>(query: Query<Value>, load: Load<Value>): Promise<Value> {
    return this.cache.getOrSet(queries as unknown as MutableFamily<Query<Value>, Value>, query, load);
  }
}
