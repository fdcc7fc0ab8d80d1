export { type HealthPart, HealthRegistry, type HealthSource } from './health/health-registry.js';
export { KeepsakeLogger } from './logging/keepsake-logger.js';
export { findRequestContext, type RequestContext, runInRequestContext } from './logging/request-context.js';
export { ObservabilityModule } from './observability.module.js';
export {
  RequestTimings,
  roundedTimings,
  serverTimingOf,
  type TimedPart,
  type TimingReport,
} from './timing/request-timings.js';
export { type ActiveSpan, beginSpan, currentTraceparent, measured } from './timing/spans.js';
export type { SpanAttributes, TraceSpan } from './timing/trace-span.js';
