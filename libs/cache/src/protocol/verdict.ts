import type { Binding } from './entry.js';

/**
 * - `fresh`: serve it.
 * - `soft`: serve it; one reader refreshes it in the background.
 * - `stale`: merely past its expiry; serve it where the family allows, and refresh it.
 * - `expired`: past its expiry and past every window in which it may be served at once.
 * - `dead`: invalidated. Never served, by any policy.
 */
export type Verdict = 'fresh' | 'soft' | 'stale' | 'expired' | 'dead';

interface EntryTimes {
  readonly loadedAtMs: number;
  readonly softMs: number;
  readonly hardMs: number;
  readonly loadMs: number;
}

interface ServePolicy {
  readonly staleMs: number;
  /** XFetch's beta; 0 for no probabilistic refresh. */
  readonly beta: number;
}

/**
 * The one place that decides whether an entry may be served. `current` is what the reader has just read: an entry
 * whose binding differs is dead however young it is.
 * @param random uniform in (0, 1], for XFetch
 */
export function judgeEntry(
  binding: Binding,
  times: EntryTimes,
  current: Binding | undefined,
  nowMs: number,
  policy: ServePolicy,
  random: () => number,
): Verdict {
  if (current === undefined || binding !== current) return 'dead';
  return judgeAge(times.loadedAtMs, times.softMs, times.hardMs, times.loadMs, nowMs, policy, random);
}

/** The same for an entry whose binding is known to be current. */
export function judgeAge(
  loadedAtMs: number,
  softMs: number,
  hardMs: number,
  loadMs: number,
  nowMs: number,
  policy: ServePolicy,
  random: () => number,
): Exclude<Verdict, 'dead'> {
  // A clock that runs behind the writer's must not make entries immortal, nor must nonsense in the header.
  const ageMs = nowMs < loadedAtMs ? 0 : nowMs - loadedAtMs;
  if (!(ageMs < hardMs)) return ageMs < hardMs + policy.staleMs ? 'stale' : 'expired';
  if (softMs > 0 && ageMs >= softMs) return 'soft';
  if (policy.beta > 0 && refreshesEarly(hardMs - ageMs, loadMs, policy.beta, random)) return 'soft';
  return 'fresh';
}

/**
 * XFetch: refresh when `loadMs × beta × -ln(random)` reaches past the remaining life (A. Vattani, F. Chierichetti,
 * K. Lowenstein, "Optimal Probabilistic Cache Stampede Prevention", VLDB 2015).
 */
function refreshesEarly(remainingMs: number, loadMs: number, beta: number, random: () => number): boolean {
  // -ln(random) exceeds 40 about once in 10^17 draws: far from expiry, the draw is not worth its time.
  if (remainingMs > loadMs * beta * 40) return false;
  return loadMs * beta * -Math.log(random()) >= remainingMs;
}
