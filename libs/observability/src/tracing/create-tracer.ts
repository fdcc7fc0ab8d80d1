import type { TracingConfig } from '#config';
import type { KeepsakeLogger } from '../logging/keepsake-logger.js';
import type { ScrapedMetrics } from '../metrics/scraped-metrics.js';
import { NoTracer, type Tracer } from './tracer.js';

/** Without an endpoint nothing of the recording is even loaded. */
export async function createTracer(
  config: TracingConfig,
  logger: KeepsakeLogger,
  metrics: ScrapedMetrics,
): Promise<Tracer> {
  const { endpoint } = config;
  if (endpoint === undefined) return new NoTracer();
  const [{ OtlpTracer }, { OtlpExporter }] = await Promise.all([
    import('./otlp-tracer.js'),
    import('./otlp-exporter.js'),
  ]);
  const exporter = new OtlpExporter({ ...config, endpoint }, logger.channel('traces'));
  metrics.counter('trace_spans_dropped_total', 'Spans that no collector got', () => [[{}, exporter.dropped]]);
  return new OtlpTracer(exporter, config);
}
