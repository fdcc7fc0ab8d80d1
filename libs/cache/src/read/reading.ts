import type { KeySpace } from '../cache-key.js';
import type { CacheFamily } from '../cache-family.js';
import { type Binding, bindingOf } from '../stamps.js';
import type { SharedRead } from '../stores/shared-store.js';
import type { FamilyState } from './family-registry.js';
import type { Load, ReadOptions } from './read-options.js';

/** One read on its way: what is asked for, and what was seen of it so far. */
export interface Reading<Params, Value> {
  readonly state: FamilyState<Params, Value>;
  readonly params: Params;
  readonly key: string;
  readonly stampKeys: readonly string[];
  readonly load: Load<Value>;
  readonly options: ReadOptions | undefined;
  /** Of the local tier, when the read began. */
  readonly removals: number;
  /** What the shared tier answered last. */
  seen: SharedRead;
  /** Epoch and stamps in that answer; undefined where one is missing. */
  binding: Binding | undefined;
}

const NOTHING_SEEN: SharedRead = { entry: null, epoch: null, stamps: [] };

export function beginReading<Params, Value>(
  state: FamilyState<Params, Value>,
  params: Params,
  key: string,
  stampKeys: readonly string[],
  load: Load<Value>,
  options: ReadOptions | undefined,
  removals: number,
): Reading<Params, Value> {
  return { state, params, key, stampKeys, load, options, removals, seen: NOTHING_SEEN, binding: undefined };
}

/** Takes note of a newer answer of the shared tier. */
export function noteSeen<Params, Value>(reading: Reading<Params, Value>, seen: SharedRead): void {
  reading.seen = seen;
  reading.binding = bindingOf(seen.epoch, seen.stamps);
}

/** The keys of the stamps that an entry hangs on. */
export function stampKeysOf<Params, Value>(
  space: KeySpace,
  family: CacheFamily<Params, Value>,
  params: Params,
): string[] {
  return family.tags(params).map((tag) => space.tagKey(tag));
}
