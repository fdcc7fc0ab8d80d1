import { Counter, Gauge, Histogram, type MetricObject, type MetricType, type Registry } from 'prom-client';
import type { CacheEngine } from '../cache-engine.js';
import type { FamilyStats } from './family-stats.js';
import { LATENCY_BUCKETS, type LatencyHistogram } from './latency-histogram.js';

/**
 * The statistics as Prometheus metrics, labelled by family and tier, never by key. They are the very numbers of
 * `CacheService.stats()`, taken at the scrape: the hot path knows nothing of Prometheus, and the two never differ.
 */
export class CacheMetrics {
  /** Registers under the established names; a registry that has them already is left as it is, for this engine. */
  constructor(
    private readonly engine: CacheEngine,
    registry: Registry,
  ) {
    const counter = (name: string, help: string, labelNames: string[], read: (metric: Counter) => void): void => {
      registry.removeSingleMetric(name);
      registry.registerMetric(
        new Counter({
          name,
          help,
          labelNames,
          registers: [],
          collect() {
            this.reset();
            read(this);
          },
        }),
      );
    };
    const gauge = (name: string, help: string, labelNames: string[], read: (metric: Gauge) => void): void => {
      registry.removeSingleMetric(name);
      registry.registerMetric(
        new Gauge({
          name,
          help,
          labelNames,
          registers: [],
          collect() {
            this.reset();
            read(this);
          },
        }),
      );
    };
    const perFamily = (metric: Counter | Gauge, value: (stats: FamilyStats) => number): void => {
      for (const [family, stats] of engine.cache.rawStats()) metric.inc({ family }, value(stats));
    };

    counter('cache_hits_total', 'Reads answered from the cache', ['family', 'tier'], (metric) => {
      for (const [family, stats] of engine.cache.rawStats()) {
        metric.inc({ family, tier: 'local' }, stats.localHits);
        metric.inc({ family, tier: 'shared' }, stats.sharedHits);
      }
    });
    counter('cache_misses_total', 'Reads that needed a load', ['family'], (metric) =>
      perFamily(metric, (stats) => stats.misses),
    );
    counter('cache_stale_hits_total', 'Reads answered past the expiry, as the family allows', ['family'], (metric) =>
      perFamily(metric, (stats) => stats.staleHits),
    );
    counter(
      'cache_bypasses_total',
      'Reads that went to the source because the cache was off, away or not to be trusted',
      ['family'],
      (metric) => perFamily(metric, (stats) => stats.bypasses),
    );
    counter('cache_coalesced_total', 'Misses that shared a load under way', ['family'], (metric) =>
      perFamily(metric, (stats) => stats.coalesced),
    );
    counter('cache_sets_total', 'Entries stored in the shared tier', ['family'], (metric) =>
      perFamily(metric, (stats) => stats.sets),
    );
    counter('cache_deletes_total', 'Entries deleted by administrators', ['family'], (metric) =>
      perFamily(metric, (stats) => stats.deletes),
    );
    counter('cache_errors_total', 'Operations of the cache that failed', ['family'], (metric) =>
      perFamily(metric, (stats) => stats.errors),
    );
    counter('cache_corrupt_total', 'Entries that were not readable and were removed', ['family'], (metric) =>
      perFamily(metric, (stats) => stats.corrupt),
    );
    counter('cache_drift_total', 'Sampled hits that differed from their source', ['family'], (metric) =>
      perFamily(metric, (stats) => stats.drifts),
    );
    counter('cache_drift_probes_total', 'Sampled hits that were compared with their source', ['family'], (metric) =>
      perFamily(metric, (stats) => stats.driftProbes),
    );
    counter('cache_stored_bytes_total', 'Bytes written to the shared tier', ['family'], (metric) =>
      perFamily(metric, (stats) => stats.storedBytes),
    );
    counter('cache_saved_usd_total', 'Cost of the loads that hits avoided', ['family'], (metric) =>
      perFamily(metric, (stats) => stats.savedUsd),
    );
    counter('cache_evictions_total', 'Entries pushed out of the local tier', ['tier'], (metric) =>
      metric.inc({ tier: 'local' }, engine.cache.local.evictions),
    );
    counter('cache_invalidations_total', 'Invalidations by how they were delivered', ['outcome'], (metric) => {
      const { delivered, relayed, unconfirmed } = engine.invalidationCounts;
      metric.inc({ outcome: 'delivered' }, delivered);
      metric.inc({ outcome: 'relayed' }, relayed);
      metric.inc({ outcome: 'unconfirmed' }, unconfirmed);
    });
    gauge('cache_hit_ratio', 'Hits of hits and misses since the start or the last reset', ['family'], (metric) => {
      for (const [family, { localHits, sharedHits, misses }] of engine.cache.rawStats()) {
        const reads = localHits + sharedHits + misses;
        if (reads > 0) metric.set({ family }, (localHits + sharedHits) / reads);
      }
    });
    gauge('cache_memory_usage_bytes', 'Bytes of the local tier', ['tier'], (metric) =>
      metric.set({ tier: 'local' }, engine.cache.local.usedBytes),
    );
    gauge('cache_memory_limit_bytes', 'Bytes the local tier may use', ['tier'], (metric) =>
      metric.set({ tier: 'local' }, engine.cache.local.limits.maxBytes),
    );
    gauge('cache_up', '1 while the shared tier answers', [], (metric) =>
      metric.set(engine.health().status === 'up' ? 1 : 0),
    );
    gauge(
      'cache_oldest_invalidation_seconds',
      'Age of the oldest invalidation that nobody has confirmed',
      [],
      (metric) => metric.set(engine.health().oldestInvalidationMs / 1000),
    );

    registry.removeSingleMetric(OperationDurations.NAME);
    registry.registerMetric(new OperationDurations(engine));
  }
}

/** The latency histograms, which are counted outside prom-client. */
class OperationDurations extends Histogram<'family' | 'tier'> {
  static readonly NAME = 'cache_operation_duration_seconds';
  static readonly HELP = 'Time of a read by the tier that answered';

  constructor(private readonly engine: CacheEngine) {
    super({
      name: OperationDurations.NAME,
      help: OperationDurations.HELP,
      labelNames: ['family', 'tier'],
      buckets: [...LATENCY_BUCKETS],
      registers: [],
    });
  }

  override async get(): Promise<MetricObject & { values: Sample[] }> {
    const values: Sample[] = [];
    for (const [family, stats] of this.engine.cache.rawStats()) {
      append(values, { family, tier: 'local' }, stats.localLatency);
      append(values, { family, tier: 'shared' }, stats.sharedLatency);
      append(values, { family, tier: 'source' }, stats.loadLatency);
    }
    const { NAME: name, HELP: help } = OperationDurations;
    return {
      name,
      help,
      type: 'histogram' as unknown as MetricType,
      aggregator: 'sum',
      values,
      collect: () => undefined,
    };
  }

  /** What the registry asks for its text. */
  async getForPromString(): Promise<MetricObject & { values: Sample[] }> {
    return this.get();
  }
}

interface Sample {
  readonly value: number;
  readonly labels: Record<string, string | number>;
  readonly metricName: string;
}

function append(values: Sample[], labels: Record<string, string>, histogram: LatencyHistogram): void {
  const name = OperationDurations.NAME;
  let sum = 0;
  LATENCY_BUCKETS.forEach((bound, bucket) => {
    sum += histogram.counts[bucket] as number;
    values.push({ metricName: `${name}_bucket`, labels: { ...labels, le: bound }, value: sum });
  });
  values.push({ metricName: `${name}_bucket`, labels: { ...labels, le: '+Inf' }, value: histogram.count });
  values.push({ metricName: `${name}_sum`, labels, value: histogram.sumSeconds });
  values.push({ metricName: `${name}_count`, labels, value: histogram.count });
}
