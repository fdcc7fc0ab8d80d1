import { type EncodedPayload, encodeFailure, type PreparedValue, prepareValue } from '../codec/payload.js';
import type { ImmutableFamily } from '../families/family.js';
import type { FamilyRegistry, FamilyState } from '../families/registry.js';
import { type Binding, bindingOf, encodeEntry } from '../protocol/entry.js';
import { randomId } from '../protocol/random-id.js';
import type { BackgroundWork } from './background-work.js';
import { beginReading, type CacheParts, type Reading, stampKeysOf } from './reading.js';
import type { WarnOnce } from '../metrics/warn-once.js';
import { StampRenewals } from './stamp-renewals.js';

/** The right to fill a key: a lease, with the epoch and stamps that were read before the load. */
export interface Grant {
  readonly token: string;
  readonly binding: Binding;
  /** Whether the lease lies over an entry that stays readable. */
  readonly overEntry: boolean;
}

/** How old a loaded value is, and what it cost. */
export interface LoadTimes {
  /** When the load began, on the wall clock. */
  readonly loadedAtMs: number;
  readonly loadMs: number;
}

/** Stores what was loaded, under its lease; and keeps it in this process. */
export class EntryWriter {
  private readonly renewals = new StampRenewals();

  constructor(
    private readonly parts: CacheParts,
    private readonly families: FamilyRegistry,
    private readonly background: BackgroundWork,
  ) {}

  /** A lease that was lost, or a shared tier that is unavailable, stores nothing and is no error of the caller. */
  async fill<Params, Value>(
    reading: Reading<Params, Value>,
    grant: Grant,
    { value, encoded }: PreparedValue<Value>,
    times: LoadTimes,
  ): Promise<void> {
    const hardMs = this.lifeOf(reading.state, value, reading.params);
    if (hardMs <= 0) return this.release(reading, grant);
    const nonce = randomId();
    if (reading.state.keepsLocal) {
      this.keepLocal(reading, value, grant.binding, nonce, times, hardMs, encoded.payload.length);
    }
    await this.store(reading, grant, encoded, nonce, times, hardMs);
  }

  /** Remembers that the source failed, as the family describes it. */
  async fillFailure<Params, Value>(
    reading: Reading<Params, Value>,
    grant: Grant,
    failure: unknown,
    ttlMs: number,
    times: LoadTimes,
  ): Promise<void> {
    await this.store(reading, grant, encodeFailure(reading.state.family, failure), randomId(), times, ttlMs);
  }

  /** @param binding undefined only where the value is good by its key */
  keepLocal<Params, Value>(
    { state, key, removals }: Reading<Params, Value>,
    value: Value,
    binding: Binding | undefined,
    nonce: string,
    { loadedAtMs, loadMs }: LoadTimes,
    hardMs: number,
    encodedLength: number,
  ): void {
    const softMs = softOf(state, hardMs);
    const bytes = state.family.codec.estimateBytes(encodedLength);
    this.parts.local.set(key, { value, binding, nonce, loadedAtMs, softMs, hardMs, loadMs, bytes }, removals);
  }

  /** How long the value lives: the family's TTL with its jitter, or the value's own where that is shorter. */
  lifeOf<Params, Value>({ policy, family }: FamilyState<Params, Value>, value: Value, params: Params): number {
    const base = value === null && policy.negativeTtlMs !== undefined ? policy.negativeTtlMs : policy.ttlMs;
    const spread = Math.max(1, Math.round(base * (1 - policy.jitter * this.parts.random())));
    const own = value === null ? undefined : family.definition.ttlOf?.(value, params);
    return Math.min(spread, own === undefined ? spread : Math.floor(own));
  }

  /** Keeps a lease while its holder loads, up to the load timeout: then others may. Ends with the returned function. */
  renewWhileLoading<Params, Value>({ state, key }: Reading<Params, Value>, { token }: Grant): () => void {
    const { store, options } = this.parts;
    const untilMs = performance.now() + state.policy.loadTimeoutMs;
    const timer = setInterval(() => {
      if (performance.now() > untilMs) clearInterval(timer);
      else this.background.start(() => store.renew(key, token, options.leaseMs));
    }, options.leaseMs / 3);
    timer.unref();
    return () => clearInterval(timer);
  }

  async release<Params, Value>({ key }: Reading<Params, Value>, { token }: Grant): Promise<void> {
    try {
      await this.parts.store.release(key, token);
    } catch {
      // The lease ends by itself.
    }
  }

  private async store<Params, Value>(
    reading: Reading<Params, Value>,
    grant: Grant,
    encoded: EncodedPayload,
    nonce: string,
    { loadedAtMs, loadMs }: LoadTimes,
    hardMs: number,
  ): Promise<void> {
    const { state, key, stampKeys, seen } = reading;
    const { policy, stats } = state;
    const { format, flags, payload } = encoded;
    const meta = { nonce, format, flags, loadedAtMs, softMs: softOf(state, hardMs), hardMs, loadMs };
    const entry = encodeEntry(meta, grant.binding, payload);
    // The expiry counts from the start of the load, so what the load took is gone already.
    const lifeMs = hardMs + Math.max(policy.staleMs, policy.staleIfErrorMs) - Math.round(loadMs);
    try {
      // Those that were missing were made for this very load.
      const older = stampKeys.flatMap((stampKey, i): [string, string][] => {
        const stamp = seen.stamps[i];
        return stamp == null ? [] : [[stampKey, stamp]];
      });
      const { stampLifeMs } = this.families;
      const due = this.renewals.due(older, stampLifeMs);
      if (due.length > 0) this.parts.store.renewStamps(due, stampLifeMs);
      if (lifeMs > 0 && (await this.parts.store.fill(key, grant.token, entry, lifeMs, grant.overEntry))) {
        stats.sets++;
        stats.storedBytes += entry.length;
      } else {
        stats.lostLeases++;
      }
    } catch {
      stats.errors++;
    }
  }
}

function softOf<Params, Value>({ policy }: FamilyState<Params, Value>, hardMs: number): number {
  return policy.softTtlMs === undefined ? 0 : Math.min(policy.softTtlMs, hardMs);
}

/** Storing what its key determines, without a load. Mutable families have no such way: a late set is an old value. */
export class ImmutableWrites {
  constructor(
    private readonly parts: CacheParts,
    private readonly families: FamilyRegistry,
    private readonly fills: EntryWriter,
    private readonly warnOnce: WarnOnce,
  ) {}

  async store<Params, Value>(family: ImmutableFamily<Params, Value>, params: Params, value: Value): Promise<boolean> {
    const { store, space, clock, local, options } = this.parts;
    const { removals } = local;
    const state = this.families.stateOf(family);
    const prepared = prepareValue(state, value, this.warnOnce);
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
