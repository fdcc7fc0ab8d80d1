import { Injectable } from '@nestjs/common';
import { CacheService, type Load, type MutableFamily } from '#cache';
import { queries, type QueryKey } from './project.cache.js';

/** Reads lists, overviews and counts through the cache. */
@Injectable()
export class QueryCache {
  constructor(private readonly cache: CacheService) {}

  /** The answer from the cache, else from `load`. Inside a transaction always from `load`. */
  read<Value>(query: QueryKey, load: Load<Value>): Promise<Value> {
    return this.cache.getOrSet(queries as MutableFamily<QueryKey, Value>, query, load);
  }
}
