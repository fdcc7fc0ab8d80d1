/** Upper bounds in seconds. */
export const LATENCY_BUCKETS = [
  0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5,
] as const;

/** Counts of durations in fixed buckets: one comparison loop and one addition a call. */
export class LatencyHistogram {
  /** The last bucket is for everything above the bounds. */
  readonly counts = new Float64Array(LATENCY_BUCKETS.length + 1);
  sumSeconds = 0;
  count = 0;

  /** @param weight how many operations this one stands for, where only a sample is timed */
  observe(ms: number, weight = 1): void {
    const seconds = ms / 1000;
    let bucket = 0;
    while (bucket < LATENCY_BUCKETS.length && seconds > (LATENCY_BUCKETS[bucket] as number)) bucket++;
    this.counts[bucket] = (this.counts[bucket] as number) + weight;
    this.sumSeconds += seconds * weight;
    this.count += weight;
  }

  /** The upper bound of the bucket in which the quantile lies, in milliseconds; undefined without observations. */
  quantileMs(quantile: number): number | undefined {
    if (this.count === 0) return undefined;
    let seen = 0;
    for (let bucket = 0; bucket < this.counts.length; bucket++) {
      seen += this.counts[bucket] as number;
      if (seen >= this.count * quantile)
        return (LATENCY_BUCKETS[Math.min(bucket, LATENCY_BUCKETS.length - 1)] as number) * 1000;
    }
    return undefined;
  }

  add(other: LatencyHistogram): void {
    for (let bucket = 0; bucket < this.counts.length; bucket++)
      this.counts[bucket] = (this.counts[bucket] as number) + (other.counts[bucket] as number);
    this.sumSeconds += other.sumSeconds;
    this.count += other.count;
  }
}
