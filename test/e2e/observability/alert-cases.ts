/** Samples of a series, one a minute, in promtool's notation: `0+2x30` is 0 and thirty steps of 2. */
export type Series = Readonly<Record<string, string>>;

/** What makes an alert fire, and the nearest to it that must leave it at rest. */
interface AlertCase {
  readonly atMinute: number;
  readonly fires: Series;
  readonly rests: Series;
}

const DAY = 24 * 60;

const requests = (failedPerMinute: number): Series => ({
  'http_request_duration_seconds_count{route="/v1/contexts",status="200"}': `0+${100 - failedPerMinute}x30`,
  'http_request_duration_seconds_count{route="/v1/contexts",status="503"}': `0+${failedPerMinute}x30`,
});

const reads = (hitsPerMinute: number): Series => ({
  'cache_hits_total{family="context",tier="shared"}': `0+${hitsPerMinute}x120`,
  'cache_misses_total{family="context",tier="shared"}': `0+${100 - hitsPerMinute}x120`,
  'cache_bypasses_total{family="context"}': '0x120',
});

const memory = (usedBytes: number): Series => ({
  'cache_memory_usage_bytes{tier="shared"}': `${usedBytes}x30`,
  'cache_memory_limit_bytes{tier="shared"}': '1000x30',
  // A process that fills what it may use is as it should be.
  'cache_memory_usage_bytes{tier="local"}': '1000x30',
  'cache_memory_limit_bytes{tier="local"}': '1000x30',
});

/** A day and an hour at 10 ms a request, then an hour and a half at another pace. */
const latency = (msAfterwards: number): Series => {
  const before = DAY + 60;
  const perMinute = msAfterwards / 10;
  const name = 'http_request_duration_seconds';
  return {
    [`${name}_count{route="/v1/contexts",status="200"}`]: `0+100x${before + 90}`,
    [`${name}_sum{route="/v1/contexts",status="200"}`]: `0+1x${before} ${before + perMinute}+${perMinute}x89`,
    // What models take is theirs.
    [`${name}_count{route="/v1/embeddings",status="200"}`]: `0+100x${before + 90}`,
    [`${name}_sum{route="/v1/embeddings",status="200"}`]: `0+1x${before} ${before + 500}+500x89`,
  };
};

export const alertCases: Readonly<Record<string, AlertCase>> = {
  KeepsakeCacheErrors: {
    atMinute: 10,
    fires: { ...reads(50), 'cache_errors_total{family="context"}': '0+2x120' },
    rests: { ...reads(50), 'cache_errors_total{family="context"}': '0+0.5x120' },
  },
  KeepsakeCacheMemoryHigh: { atMinute: 10, fires: memory(950), rests: memory(890) },
  KeepsakeCacheUnreachable: {
    atMinute: 5,
    fires: { 'cache_breaker_open{instance="a"}': '1x10', 'cache_disconnects_total{instance="a"}': '1x10' },
    rests: { 'cache_breaker_open{instance="a"}': '0x10', 'cache_disconnects_total{instance="a"}': '1x10' },
  },
  KeepsakeInvalidationsLate: {
    atMinute: 5,
    fires: { cache_oldest_invalidation_seconds: '20+20x10' },
    rests: { cache_oldest_invalidation_seconds: '20x10' },
  },
  KeepsakeCacheHitRateLow: { atMinute: 100, fires: reads(39), rests: reads(41) },
  KeepsakeCacheDrift: {
    atMinute: 30,
    fires: { 'cache_drift_total{family="context"}': '0x20 1x20' },
    rests: { 'cache_drift_total{family="context"}': '1x60' },
  },
  KeepsakeDown: {
    atMinute: 5,
    // The workers too, which Prometheus may know by a job of their own.
    fires: { 'up{job="keepsake",instance="a"}': '1x10', 'up{job="keepsake-worker",instance="b"}': '0x10' },
    rests: { 'up{job="keepsake",instance="a"}': '1x10', 'up{job="node",instance="b"}': '0x10' },
  },
  KeepsakePartDown: {
    atMinute: 5,
    fires: { 'keepsake_health{instance="a",part="database"}': '0x10' },
    rests: { 'keepsake_health{instance="a",part="database"}': '0.5x10' },
  },
  KeepsakeServerErrors: { atMinute: 10, fires: requests(2), rests: requests(0.5) },
  KeepsakeLatencyWorse: { atMinute: DAY + 145, fires: latency(12.5), rests: latency(11.5) },
  KeepsakeDatabasePoolExhausted: {
    atMinute: 5,
    fires: { 'database_waiting_requests{instance="a"}': '3x10' },
    rests: { 'database_waiting_requests{instance="a"}': '0 3 0 3 0 3 0 3 0 3' },
  },
  KeepsakeEventLoopBlocked: {
    atMinute: 10,
    fires: { 'nodejs_eventloop_lag_p99_seconds{instance="a"}': '0.3x20' },
    rests: { 'nodejs_eventloop_lag_p99_seconds{instance="a"}': '0.2x20' },
  },
  KeepsakeJobsDead: {
    atMinute: 22,
    fires: { 'job_queue_depth{name="context-embedding",state="failed"}': '2x19 3x20' },
    rests: {
      'job_queue_depth{name="context-embedding",state="failed"}': '2x60',
      'job_queue_depth{name="context-embedding",state="waiting"}': '0+10x60',
    },
  },
  KeepsakeJobsLate: {
    atMinute: 12,
    fires: { job_queue_oldest_due_seconds: '400x20' },
    rests: { job_queue_oldest_due_seconds: '200x20' },
  },
  KeepsakeProviderUnavailable: {
    atMinute: 5,
    fires: { 'provider_up{provider="voyage"}': '0x10' },
    rests: { 'provider_up{provider="voyage"}': '1x10' },
  },
};
