import { encodeEntry } from '../cache-entry.js';
import type { ImmutableFamily } from '../cache-family.js';
import { randomId } from '../random-id.js';
import { type Binding, bindingOf } from '../stamps.js';
import type { CacheParts } from './cache-parts.js';
import type { Complaints } from './complaints.js';
import type { FamilyRegistry } from './family-registry.js';
import type { Fills } from './fill.js';
import { prepareValue } from './prepared-value.js';
import { beginReading, stampKeysOf } from './reading.js';

/** Storing what its key determines, without a load. Mutable families have no such way: a late set is an old value. */
export class ImmutableWrites {
  constructor(
    private readonly parts: CacheParts,
    private readonly families: FamilyRegistry,
    private readonly fills: Fills,
    private readonly complaints: Complaints,
  ) {}

  async store<Params, Value>(family: ImmutableFamily<Params, Value>, params: Params, value: Value): Promise<boolean> {
    const { store, space, clock, local, options } = this.parts;
    const { removals } = local;
    const state = this.families.stateOf(family);
    const prepared = prepareValue(state, value, this.complaints);
    const loadedAtMs = clock.nowMs();
    const hardMs = prepared === undefined ? 0 : this.fills.lifeOf(state, prepared.value, params);
    if (prepared === undefined || hardMs <= 0) return false;
    const key = family.entryKey(space, params);
    const stampKeys = stampKeysOf(space, family, params);
    try {
      const token = randomId();
      const request = { token, mode: 'take-over', nonce: '', leaseMs: options.leaseMs } as const;
      const [stamps, epoch] = await Promise.all([
        stampKeys.length === 0 ? [] : store.makeStamps(stampKeys, this.families.stampLifeMs),
        store.makeEpoch(key, stampKeys),
        store.acquire(key, request),
      ]);
      const binding = bindingOf(epoch, stamps) as Binding;
      const nonce = randomId();
      const { format, flags, payload } = prepared.encoded;
      const meta = { nonce, format, flags, loadedAtMs, softMs: 0, hardMs, loadMs: 0 };
      const entry = encodeEntry(meta, binding, payload);
      // An erasure that comes between breaks the lease.
      if (!(await store.fill(key, token, entry, hardMs, false))) return false;
      state.stats.sets++;
      state.stats.storedBytes += entry.length;
      if (state.keepsLocal) {
        const reading = beginReading(state, params, key, stampKeys, () => value, undefined, removals);
        const times = { loadedAtMs, loadMs: 0 };
        this.fills.keepLocal(reading, prepared.value, binding, nonce, times, hardMs, payload.length);
      }
      return true;
    } catch {
      state.stats.errors++;
      return false;
    }
  }
}
