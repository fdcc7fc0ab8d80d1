import { Registry } from 'prom-client';
import { KeepsakeLogger } from '../logging/keepsake-logger.js';
import { ScrapedMetrics } from '../metrics/scraped-metrics.js';
import { ProviderCalls } from '../providers/provider-calls.js';

export { NoTracer } from '../tracing/tracer.js';

/** Metrics that nobody else of the process sees. */
export function metricsOfATest(): { readonly metrics: ScrapedMetrics; readonly registry: Registry } {
  const registry = new Registry();
  return { metrics: new ScrapedMetrics(registry), registry };
}

/** Calls of providers that are reported to nobody, or to whoever takes the lines of the log. */
export function providerCallsOfATest(
  reported: string[] = [],
  metrics: ScrapedMetrics = metricsOfATest().metrics,
): ProviderCalls {
  const config = { level: 'debug', format: 'json', slowRequestMs: 1_000 } as const;
  return new ProviderCalls(new KeepsakeLogger(config, { write: (line) => void reported.push(line) }), metrics);
}
