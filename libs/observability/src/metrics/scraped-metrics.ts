import { Counter, Gauge, Histogram, type MetricObject, type MetricType, register, type Registry } from 'prom-client';
import { LATENCY_BUCKETS, type LatencyHistogram } from './latency-histogram.js';

export type Labels = Readonly<Record<string, string>>;

/** What is read at a scrape: a value for each combination of labels that there is. */
export type Reading = Iterable<readonly [labels: Labels, value: number]>;

/**
 * Metrics whose values are taken at the scrape from what the product counts anyway: hot paths know nothing of
 * Prometheus, and what is told elsewhere of the same numbers never differs. A metric takes the place of one of its name:
 * an application that is started again in a process counts anew. What can't be read now is left out of the scrape.
 */
export class ScrapedMetrics {
  constructor(private readonly registry: Registry = register) {}

  counter(name: string, help: string, labelNames: readonly string[], read: () => Reading | Promise<Reading>): void {
    this.replace(
      new Counter({
        name,
        help,
        labelNames,
        registers: [],
        async collect() {
          const reading = await tried(read);
          this.reset();
          // Without labels a reset makes a 0.
          this.remove();
          for (const [labels, value] of reading) this.inc(labels, value);
        },
      }),
    );
  }

  gauge(name: string, help: string, labelNames: readonly string[], read: () => Reading | Promise<Reading>): void {
    this.replace(
      new Gauge({
        name,
        help,
        labelNames,
        registers: [],
        async collect() {
          const reading = await tried(read);
          this.reset();
          // Without labels a reset makes a 0.
          this.remove();
          for (const [labels, value] of reading) this.set(labels, value);
        },
      }),
    );
  }

  histogram(
    name: string,
    help: string,
    labelNames: readonly string[],
    read: () => Iterable<readonly [labels: Labels, histogram: LatencyHistogram]>,
  ): void {
    this.replace(new ScrapedHistogram(name, help, labelNames, read));
  }

  private replace(metric: Counter | Gauge | Histogram): void {
    const { name } = metric as unknown as { readonly name: string };
    this.registry.removeSingleMetric(name);
    this.registry.registerMetric(metric);
  }
}

/** A scrape is not held up by a part that hangs. */
const LONGEST_READING_MS = 2_500;

async function tried(read: () => Reading | Promise<Reading>): Promise<Reading> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<Reading>((settle) => {
    timer = setTimeout(() => settle([]), LONGEST_READING_MS);
  });
  try {
    return await Promise.race([read(), tooLate]);
  } catch {
    return [];
  } finally {
    clearTimeout(timer);
  }
}

/** A histogram in Prometheus' shape whose buckets are counted outside of prom-client. */
class ScrapedHistogram extends Histogram {
  constructor(
    private readonly metricName: string,
    private readonly told: string,
    labelNames: readonly string[],
    private readonly read: () => Iterable<readonly [labels: Labels, histogram: LatencyHistogram]>,
  ) {
    super({
      name: metricName,
      help: told,
      labelNames: [...labelNames],
      buckets: [...LATENCY_BUCKETS],
      registers: [],
    });
  }

  override async get(): Promise<MetricObject & { values: Sample[] }> {
    const values: Sample[] = [];
    for (const [labels, histogram] of this.read()) append(values, this.metricName, labels, histogram);
    return {
      name: this.metricName,
      help: this.told,
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

function append(values: Sample[], name: string, labels: Labels, histogram: LatencyHistogram): void {
  let sum = 0;
  LATENCY_BUCKETS.forEach((bound, bucket) => {
    sum += histogram.counts[bucket] as number;
    values.push({ metricName: `${name}_bucket`, labels: { ...labels, le: bound }, value: sum });
  });
  values.push({ metricName: `${name}_bucket`, labels: { ...labels, le: '+Inf' }, value: histogram.count });
  values.push({ metricName: `${name}_sum`, labels, value: histogram.sumSeconds });
  values.push({ metricName: `${name}_count`, labels, value: histogram.count });
}
