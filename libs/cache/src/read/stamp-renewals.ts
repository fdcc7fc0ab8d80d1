const HOUR_MS = 3_600_000;
/** Of a stamp's life: an entry is never stored beside a stamp that is older than that. */
const SHARE_OF_LIFE = 0.1;
/** About 100 bytes each. */
const MOST_REMEMBERED = 10_000;

/**
 * Which stamps this process has lately prolonged. A stamp lives far longer than the entries beside it, so it need not be
 * prolonged with each of them. A stamp that is gone all the same is a miss, never an old value.
 */
export class StampRenewals {
  private recent = new Set<string>();
  private earlier = new Set<string>();
  private beganMs = Number.NEGATIVE_INFINITY;

  constructor(private readonly nowMs: () => number = () => performance.now()) {}

  /**
   * Those of the stamps that are to be prolonged now; they count as prolonged from then on.
   *
   * @param stamps keys and values as they were read; another value is another stamp
   * @param lifeMs for how long a stamp is kept
   */
  due(stamps: readonly (readonly [key: string, value: string])[], lifeMs: number): string[] {
    this.forget(Math.min(HOUR_MS, SHARE_OF_LIFE * lifeMs));
    const due: string[] = [];
    for (const [key, value] of stamps) {
      const name = `${key} ${value}`;
      if (this.recent.has(name) || this.earlier.has(name)) continue;
      this.recent.add(name);
      due.push(key);
    }
    return due;
  }

  /** A stamp is remembered for one to two halves of the time. */
  private forget(periodMs: number): void {
    const nowMs = this.nowMs();
    const agedMs = nowMs - this.beganMs;
    if (agedMs < periodMs / 2 && this.recent.size < MOST_REMEMBERED) return;
    this.earlier = agedMs < periodMs ? this.recent : new Set();
    this.recent = new Set();
    this.beganMs = nowMs;
  }
}
