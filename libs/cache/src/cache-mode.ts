/**
 * - `shared`: Redis or Valkey.
 * - `in-process`: one process, the same promise without a server.
 * - `immutable-only`: several processes without a server.
 */
export type CacheMode = 'shared' | 'in-process' | 'immutable-only';
