export {
  ACCESS,
  ALSO_OPEN_TO,
  Endpoint,
  type EndpointConfig,
  type EndpointOptions,
  LIMITS,
  type RouteClass,
  type RouteLimits,
} from './endpoint/endpoint.decorator.js';
export { HealthChecks } from './health/health-checks.js';
export { HealthModule } from './health/health.module.js';
export { HttpModule } from './http.module.js';
export { HttpWorkerModule } from './http-worker.module.js';
export { IdempotencyStore } from './idempotency/idempotency-store.js';
export { decodeCursor, encodeCursor } from './paging/cursor.js';
export { listPage } from './paging/list-page.js';
export { hidePosition, showPosition } from './paging/hidden-position.js';
export { entityTag, type Preconditions, requireMatch } from './paging/entity-tag.js';
export { IfPreconditions } from './paging/if-state.decorator.js';
export { DEFAULT_LIMIT, type Page, pageOf, pageQuery, toPage } from './paging/page.js';
export { ProblemFilter } from './problem/problem.filter.js';
export { type Problem, problemSchema, shortForm, statusOf, toProblem } from './problem/problem.js';
export { ResponseCacheModule } from './response-cache/response-cache.module.js';
export { type CachedResponseListener, CachedResponseListeners } from './response-cache/cached-response-listeners.js';
export { type ResponseVariant, ResponseVariants } from './response-cache/response-variants.js';
export type { CacheableRequest, ResponseCaching } from './response-cache/response-caching.js';
export { COMMAND_BODY_BYTES } from './server/body-bounds.js';
export { createFastifyAdapter } from './server/fastify-adapter.js';
export { discardBody } from './server/discard-body.js';
export { drainServer } from './server/drain-server.js';
export { FILE_TYPES, noteFileHash, takeFileBody } from './server/file-body.js';
export { openApiDocument } from './server/open-api.js';
export { prepareServer } from './server/prepare-server.js';
export { checkedApart } from './validation/checked-apart.js';
export { entityId, namedId } from './validation/entity-id.js';
export { textField } from './validation/text-field.js';
export { findInexactJson } from './validation/exact-json.js';
export { escapePointer, findUnsafeText, isNestedTooDeep, MAX_JSON_DEPTH } from './validation/text-safety.js';
