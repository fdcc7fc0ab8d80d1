import { Injectable } from '@nestjs/common';
import { CacheService, type Load, type MutableFamily, type ReadOptions } from '#cache';
import { queries, type QueryKey } from './project.cache.js';

/** Reads lists, overviews and counts through the cache. */
@Injectable()
export class QueryCache {
  constructor(private readonly cache: CacheService) {}

  /** The answer from the cache, else from `load`. Inside a transaction always from `load`. @param report told how it was answered */
  read<Value>(query: QueryKey, load: Load<Value>, report?: ReadOptions['report']): Promise<Value> {
    const options = report === undefined ? undefined : { report };
    return this.cache.getOrSet(queries as MutableFamily<QueryKey, Value>, query, load, options);
  }
}
