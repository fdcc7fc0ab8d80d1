import { type Metric, register, type Registry } from 'prom-client';
import { withinTime } from '#kernel';
import { LATENCY_BUCKETS, type LatencyHistogram } from './latency-histogram.js';

export type Labels = Readonly<Record<string, string>>;

/** What is read at a scrape: a value for each combination of labels that there is. */
export type Reading = Iterable<readonly [labels: Labels, value: number]>;

/**
 * Metrics whose values are taken at the scrape from what the product counts anyway: hot paths know nothing of
 * Prometheus, and what is reported elsewhere of the same numbers never differs. A metric takes the place of one of its name:
 * an application that is started again in a process counts from zero. What can't be read now is left out of the scrape.
 */
export class ScrapedMetrics {
  constructor(private readonly registry: Registry = register) {}

  counter(name: string, help: string, read: () => Reading | Promise<Reading>): void {
    this.replace(new ScrapedMetric(name, help, 'counter', () => samplesOf(read)));
  }

  gauge(name: string, help: string, read: () => Reading | Promise<Reading>): void {
    this.replace(new ScrapedMetric(name, help, 'gauge', () => samplesOf(read)));
  }

  histogram(
    name: string,
    help: string,
    read: () => Iterable<readonly [labels: Labels, histogram: LatencyHistogram]>,
  ): void {
    const samples = async () => [...read()].flatMap(([labels, histogram]) => bucketsOf(name, labels, histogram));
    this.replace(new ScrapedMetric(name, help, 'histogram', samples));
  }

  private replace(metric: ScrapedMetric): void {
    this.registry.removeSingleMetric(metric.name);
    this.registry.registerMetric(metric as unknown as Metric);
  }
}

/** What a registry asks of a metric for its text. Those of prom-client have a 0 where nothing was read. */
class ScrapedMetric {
  readonly aggregator = 'sum';

  constructor(
    readonly name: string,
    readonly help: string,
    readonly type: 'counter' | 'gauge' | 'histogram',
    private readonly read: () => Promise<readonly Sample[]>,
  ) {}

  async get() {
    const { name, help, type, aggregator } = this;
    return { name, help, type, aggregator, values: await this.read() };
  }

  /** There is nothing of its own to forget. */
  reset(): void {}
}

interface Sample {
  readonly value: number;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly metricName?: string;
}

async function samplesOf(read: () => Reading | Promise<Reading>): Promise<readonly Sample[]> {
  return [...(await tried(read))].map(([labels, value]) => ({ labels, value }));
}

/** A scrape is not held up by a part that hangs. */
const LONGEST_READING_MS = 2_500;

async function tried(read: () => Reading | Promise<Reading>): Promise<Reading> {
  try {
    return await withinTime(LONGEST_READING_MS, read, () => []);
  } catch {
    return [];
  }
}

/** A histogram in Prometheus' shape: cumulative buckets, sum and count. */
function bucketsOf(name: string, labels: Labels, histogram: LatencyHistogram): Sample[] {
  let sum = 0;
  const buckets = LATENCY_BUCKETS.map((bound, bucket) => {
    sum += histogram.counts[bucket] as number;
    return { metricName: `${name}_bucket`, labels: { ...labels, le: bound }, value: sum };
  });
  return [
    ...buckets,
    { metricName: `${name}_bucket`, labels: { ...labels, le: '+Inf' }, value: histogram.count },
    { metricName: `${name}_sum`, labels, value: histogram.sumSeconds },
    { metricName: `${name}_count`, labels, value: histogram.count },
  ];
}
