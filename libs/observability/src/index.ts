export { type HealthPart, HealthRegistry, type HealthSource, runHealthCheck } from './health/health-registry.js';
export { KeepsakeLogger } from './logging/keepsake-logger.js';
export { LatencyHistogram } from './metrics/latency-histogram.js';
export { HttpMetrics } from './metrics/http-metrics.js';
export { type Labels, type Reading, ScrapedMetrics } from './metrics/scraped-metrics.js';
export {
  findRequestContext,
  importedByCaller,
  noteCaller,
  runInRequestContext,
  writtenByCaller,
} from './logging/request-context.js';
export { ObservabilityModule } from './observability.module.js';
export { ProviderCalls } from './providers/provider-calls.js';
export { CacheReads } from './timing/request-timings.js';
export { RequestTimings, roundedTimings, serverTimingOf, type TimingReport } from './timing/request-timings.js';
export { type ActiveSpan, beginSpan, measured, traceHeaders } from './timing/spans.js';
export { type SpanAttributes, Tracer, type TraceSpan } from './tracing/tracer.js';
