export { type HealthPart, HealthRegistry, type HealthSource } from './health/health-registry.js';
export { KeepsakeLogger } from './logging/keepsake-logger.js';
export { findRequestContext, type RequestContext, runInRequestContext } from './logging/request-context.js';
export { ObservabilityModule } from './observability.module.js';
