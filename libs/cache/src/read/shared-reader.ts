import {
  bindingIn,
  EntryFlag,
  flagsOf,
  hardMsOf,
  isEntry,
  isLease,
  loadedAtOf,
  loadMsOf,
  nonceOf,
  softMsOf,
} from '../protocol/entry.js';
import { CorruptValueError } from '../codec/codec.js';
import { cloneForCaller, decodeFailure, decodePayload } from '../codec/payload.js';
import { judgeEntry, type Verdict } from '../protocol/verdict.js';
import { noteHitAge } from '../metrics/family-stats.js';
import type { BackgroundWork, DriftProbe } from './background-work.js';
import { type CacheParts, type Reading, RememberedFailure } from './reading.js';
import type { WarnOnce } from '../metrics/warn-once.js';

/** An expired value to fall back on when the source fails. Expired by time alone, never invalidated. */
export interface Fallback<Value> {
  readonly value: Value;
  readonly loadedAtMs: number;
  readonly hardMs: number;
}

/** Stands for an entry that could not be read; it is being removed. */
export const CORRUPT = Symbol('corrupt');

/** Answers from the entries of the shared tier: judged, checked, and kept in this process. */
export class SharedReader {
  constructor(
    private readonly parts: CacheParts,
    private readonly drift: DriftProbe,
    private readonly background: BackgroundWork,
    private readonly warnOnce: WarnOnce,
  ) {}

  /** `absent`: nothing, a lease, or what is not an entry (which is removed). */
  judge<Params, Value>(reading: Reading<Params, Value>, nowMs: number): Verdict | 'absent' {
    const { entry } = reading.seen;
    if (entry === null || isLease(entry)) return 'absent';
    if (!isEntry(entry)) {
      this.discard(reading, entry);
      return 'absent';
    }
    const { policy } = reading.state;
    const times = {
      loadedAtMs: loadedAtOf(entry),
      softMs: softMsOf(entry),
      hardMs: Math.min(hardMsOf(entry), policy.longestMs),
      loadMs: loadMsOf(entry),
    };
    return judgeEntry(bindingIn(entry), times, reading.binding, nowMs, policy, this.parts.random);
  }

  /** The value in an entry, checked and sealed; what is wrong with it is removed and counted. */
  open<Params, Value>(reading: Reading<Params, Value>, entry: Buffer): Value | RememberedFailure | typeof CORRUPT {
    const { family } = reading.state;
    try {
      if ((flagsOf(entry) & EntryFlag.failure) !== 0) {
        const { failures } = family.definition;
        if (failures === undefined) throw new CorruptValueError('The family remembers no failures.');
        return new RememberedFailure(failures.decode(decodeFailure(family, entry)));
      }
      const value = decodePayload(family, entry);
      return value === null ? value : family.codec.freeze(value);
    } catch {
      this.discard(reading, entry);
      return CORRUPT;
    }
  }

  /** The value of the entry that was just seen where it may be served as fresh, kept in this process. */
  usable<Params, Value>(reading: Reading<Params, Value>): Value | RememberedFailure | undefined {
    const verdict = this.judge(reading, this.parts.clock.nowMs());
    if (verdict !== 'fresh' && verdict !== 'soft') return undefined;
    const entry = reading.seen.entry as Buffer;
    const value = this.open(reading, entry);
    if (value === CORRUPT) return undefined;
    this.keep(reading, entry, value);
    return value;
  }

  keep<Params, Value>(reading: Reading<Params, Value>, entry: Buffer, value: Value | RememberedFailure): void {
    const { state, key, removals } = reading;
    if (!state.keepsLocal || value instanceof RememberedFailure) return;
    const kept = {
      value,
      binding: bindingIn(entry),
      nonce: nonceOf(entry),
      loadedAtMs: loadedAtOf(entry),
      softMs: softMsOf(entry),
      hardMs: hardMsOf(entry),
      loadMs: loadMsOf(entry),
      bytes: state.family.codec.estimateBytes(entry.length),
    };
    this.parts.local.set(key, kept, removals);
  }

  /** @throws the remembered error where the entry holds one */
  serve<Params, Value>(
    reading: Reading<Params, Value>,
    entry: Buffer,
    value: Value | RememberedFailure,
    nowMs: number,
    isStale: boolean,
  ): Value {
    const { state, options } = reading;
    const { stats, family } = state;
    stats.sharedHits++;
    if (isStale) stats.staleHits++;
    const ageMs = Math.max(0, nowMs - loadedAtOf(entry));
    noteHitAge(stats, ageMs, hardMsOf(entry));
    options?.report?.({
      status: isStale ? 'stale' : 'hit',
      tier: 'shared',
      ageMs,
      remainingMs: hardMsOf(entry) - ageMs,
    });
    if (value instanceof RememberedFailure) throw value.error;
    if (family.definition.costOf !== undefined && value !== null) stats.savedUsd += family.definition.costOf(value);
    if (family.mutable && !isStale) this.drift.sample(reading, bindingIn(entry), value);
    return cloneForCaller(state, value);
  }

  fallbackFrom<Params, Value>(reading: Reading<Params, Value>, nowMs: number): Fallback<Value> | undefined {
    const entry = reading.seen.entry as Buffer;
    const loadedAtMs = loadedAtOf(entry);
    const hardMs = hardMsOf(entry);
    if (nowMs >= loadedAtMs + hardMs + reading.state.policy.staleIfErrorMs) return undefined;
    const value = this.open(reading, entry);
    return value === CORRUPT || value instanceof RememberedFailure ? undefined : { value, loadedAtMs, hardMs };
  }

  private discard<Params, Value>(reading: Reading<Params, Value>, entry: Buffer): void {
    const { state, key } = reading;
    state.stats.corrupt++;
    state.stats.errors++;
    reading.seen = { ...reading.seen, entry: null };
    this.warnOnce.warn(state.family.name, 'an entry of the shared tier is corrupt and was removed');
    this.background.start(() => this.parts.store.remove(key, nonceOf(entry)));
  }
}
