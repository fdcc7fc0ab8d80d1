import { judgeAge } from '../protocol/verdict.js';
import type { LocalEntry } from '../stores/local-tier.js';
import type { ReadOptions } from './read-options.js';
import type { CacheParts, Reading } from './reading.js';
import { noteHitAge } from '../metrics/family-stats.js';
import type { DriftProbe } from './background-work.js';
import type { FamilyState } from '../families/registry.js';
import { cloneForCaller } from '../codec/payload.js';

/** Answers from the values that this process keeps. */
export class LocalReader {
  constructor(
    private readonly parts: CacheParts,
    private readonly drift: DriftProbe,
  ) {}

  /** Whether the kept value may be used now, and whether one reader should refresh it. Age alone is judged here. */
  judge<Params, Value>(
    state: FamilyState<Params, Value>,
    entry: LocalEntry,
    nowMs: number,
  ): 'fresh' | 'soft' | undefined {
    const { policy } = state;
    const hardMs = Math.min(entry.hardMs, policy.longestMs);
    const verdict = judgeAge(entry.loadedAtMs, entry.softMs, hardMs, entry.loadMs, nowMs, policy, this.parts.random);
    return verdict === 'fresh' || verdict === 'soft' ? verdict : undefined;
  }

  serve<Params, Value>(
    state: FamilyState<Params, Value>,
    entry: LocalEntry,
    nowMs: number,
    options: ReadOptions | undefined,
  ): Value {
    const { stats, family } = state;
    const value = entry.value as Value;
    stats.localHits++;
    const ageMs = Math.max(0, nowMs - entry.loadedAtMs);
    noteHitAge(stats, ageMs, entry.hardMs);
    if (family.definition.costOf !== undefined && value !== null) stats.savedUsd += family.definition.costOf(value);
    options?.report?.({
      status: 'hit',
      tier: 'local',
      ageMs,
      remainingMs: entry.loadedAtMs + entry.hardMs - nowMs,
    });
    return cloneForCaller(state, value);
  }

  /** As `serve`, of a value whose epoch and stamps are those of now; a sample of them is compared with the source. */
  serveConfirmed<Params, Value>(reading: Reading<Params, Value>, entry: LocalEntry, nowMs: number): Value {
    const { state, options } = reading;
    if (state.family.mutable && entry.binding !== undefined)
      this.drift.sample(reading, entry.binding, entry.value as Value);
    return this.serve(state, entry, nowMs, options);
  }
}
