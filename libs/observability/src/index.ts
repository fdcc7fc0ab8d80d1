export { runHealthCheck } from './health/run-health-check.js';
export { type HealthPart, HealthRegistry, type HealthSource } from './health/health-registry.js';
export { KeepsakeLogger } from './logging/keepsake-logger.js';
export { LATENCY_BUCKETS, LatencyHistogram } from './metrics/latency-histogram.js';
export { HttpMetrics } from './metrics/http-metrics.js';
export { type Labels, type Reading, ScrapedMetrics } from './metrics/scraped-metrics.js';
export { findRequestContext, type RequestContext, runInRequestContext } from './logging/request-context.js';
export { ObservabilityModule } from './observability.module.js';
export { type ProviderCall, ProviderCalls } from './providers/provider-calls.js';
export { CacheReads, type CacheReadsReport } from './timing/cache-reads.js';
export {
  RequestTimings,
  roundedTimings,
  serverTimingOf,
  type TimedPart,
  type TimingReport,
} from './timing/request-timings.js';
export { type ActiveSpan, beginSpan, measured, traceHeaders } from './timing/spans.js';
export type { SpanAttributes, TraceHeaders, TraceSpan } from './timing/trace-span.js';
export { Tracer } from './tracing/tracer.js';
