import type { Registry } from 'prom-client';
import { type Reading, ScrapedMetrics } from '#observability';
import type { CacheEngine } from '../cache-engine.js';
import type { ServerState } from '../stores/redis/server-facts.js';
import { type FamilyStats, hitRatesOf } from './family-stats.js';

/**
 * The statistics as Prometheus metrics, labelled by family and tier, never by key. They are the very numbers of
 * `CacheService.stats()`, taken at the scrape.
 */
export class CacheMetrics {
  private readonly metrics: ScrapedMetrics;

  /** Registers under the established names; what a registry has under them already is replaced. */
  constructor(
    private readonly engine: CacheEngine,
    registry: Registry,
  ) {
    this.metrics = new ScrapedMetrics(registry);
    this.countReads();
    this.countWrites();
    this.reportTiers();
    this.countInvalidations();
  }

  private countReads(): void {
    const { metrics, engine } = this;
    const perTier = ({ localHits, sharedHits }: FamilyStats) =>
      [
        ['local', localHits],
        ['shared', sharedHits],
      ] as const;
    metrics.counter('cache_hits_total', 'Reads answered from the cache', () =>
      this.families((stats) => perTier(stats).map(([tier, value]) => [{ tier }, value])),
    );
    metrics.counter(
      'cache_misses_total',
      'Reads that reached a tier and were not answered by it; those of the shared tier needed a load',
      () =>
        this.families(({ sharedHits, misses }) => [
          [{ tier: 'local' }, sharedHits + misses],
          [{ tier: 'shared' }, misses],
        ]),
    );
    this.counter(
      'cache_stale_hits_total',
      'Reads answered past the expiry, as the family allows',
      (stats) => stats.staleHits,
    );
    this.counter(
      'cache_bypasses_total',
      'Reads that went to the source because the cache was off, unavailable or not to be trusted',
      ({ bypasses }) => bypasses,
    );
    this.counter('cache_coalesced_total', 'MissHandler that shared a load under way', ({ coalesced }) => coalesced);
    this.counter('cache_saved_usd_total', 'Cost of the loads that hits avoided', ({ savedUsd }) => savedUsd);
    metrics.gauge(
      'cache_hit_ratio',
      'Hits of hits and misses since the start or the last reset: of each tier, of the reads that reached it, and of all',
      () =>
        this.families((stats) => {
          const { hitRate, localHitRate, sharedHitRate } = hitRatesOf(stats);
          const ratios = [
            ['all', hitRate],
            ['local', localHitRate],
            ['shared', sharedHitRate],
          ] as const;
          return ratios.flatMap(([tier, ratio]) => (ratio === null ? [] : [[{ tier }, ratio] as const]));
        }),
    );
    metrics.histogram('cache_operation_duration_seconds', 'Time of a read by the tier that answered', function* () {
      for (const [family, stats] of engine.cache.rawStats()) {
        yield [{ family, tier: 'local' }, stats.localLatency] as const;
        yield [{ family, tier: 'shared' }, stats.sharedLatency] as const;
        yield [{ family, tier: 'source' }, stats.loadLatency] as const;
      }
    });
  }

  private countWrites(): void {
    this.counter('cache_sets_total', 'Entries stored in the shared tier', ({ sets }) => sets);
    this.counter('cache_deletes_total', 'Entries deleted by administrators', ({ deletes }) => deletes);
    this.counter('cache_errors_total', 'Operations of the cache that failed', ({ errors }) => errors);
    this.counter('cache_corrupt_total', 'Entries that were not readable and were removed', ({ corrupt }) => corrupt);
    this.counter('cache_drift_total', 'Sampled hits that differed from their source', ({ drifts }) => drifts);
    this.counter(
      'cache_drift_probes_total',
      'Sampled hits that were compared with their source',
      ({ driftProbes }) => driftProbes,
    );
    this.counter('cache_stored_bytes_total', 'Bytes written to the shared tier', ({ storedBytes }) => storedBytes);
  }

  private reportTiers(): void {
    const { metrics, engine } = this;
    metrics.counter(
      'cache_evictions_total',
      'What was pushed out of a tier: entries of this process, keys of the servers behind it',
      async () => [
        [{ tier: 'local' }, engine.cache.local.evictions],
        ...(await this.shared(({ evictions }) => evictions)),
      ],
    );
    metrics.gauge(
      'cache_memory_usage_bytes',
      'Bytes of a tier: of values in this process, of the servers behind it',
      async () => [
        [{ tier: 'local' }, engine.cache.local.usedBytes],
        ...(await this.shared(({ usedBytes }) => usedBytes)),
      ],
    );
    metrics.gauge('cache_memory_limit_bytes', 'Bytes that a tier may use, where it has a limit', async () => [
      [{ tier: 'local' }, engine.cache.local.limits.maxBytes],
      ...(await this.shared(({ limitBytes }) => limitBytes)),
    ]);
    metrics.gauge(
      'cache_up',
      '1 while the cache is whole: its shared tier answers and everything may be trusted',
      () => [[{}, engine.health().status === 'up' ? 1 : 0]],
    );
    metrics.gauge('cache_breaker_open', '1 while the shared tier is unavailable and the sources answer', () => {
      const { breaker } = engine.health();
      return breaker === 'none' ? [] : [[{}, breaker === 'open' ? 1 : 0]];
    });
    metrics.counter('cache_disconnects_total', 'How often the shared tier became unavailable', () => [
      [{}, engine.disconnects],
    ]);
  }

  private countInvalidations(): void {
    const { metrics, engine } = this;
    metrics.counter('cache_invalidations_total', 'Invalidations by how they were delivered', () =>
      Object.entries(engine.invalidationCounts).map(([outcome, value]) => [{ outcome }, value]),
    );
    metrics.gauge(
      'cache_oldest_invalidation_seconds',
      'Age of the oldest invalidation that nobody has confirmed',
      () => [[{}, engine.health().oldestInvalidationMs / 1000]],
    );
  }

  private counter(name: string, help: string, value: (stats: FamilyStats) => number): void {
    this.metrics.counter(name, help, () => this.families((stats) => [[{}, value(stats)]]));
  }

  private *families(values: (stats: FamilyStats) => Reading): Generator<readonly [Record<string, string>, number]> {
    for (const [family, stats] of this.engine.cache.rawStats())
      for (const [labels, value] of values(stats)) yield [{ family, ...labels }, value];
  }

  /** Of all servers of the shared tier together; nothing where one can't be asked, or has no such number. */
  private async shared(
    value: (memory: ServerState) => number | undefined,
  ): Promise<(readonly [{ tier: 'shared' }, number])[]> {
    const servers = (await this.engine.serverStates()) ?? [];
    const values = servers.map(value).filter((one) => one !== undefined);
    if (values.length === 0 || values.length < servers.length) return [];
    return [[{ tier: 'shared' }, values.reduce((sum, one) => sum + one, 0)]];
  }
}
