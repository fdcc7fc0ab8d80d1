export {
  ACCESS,
  ALSO_OPEN_TO,
  Endpoint,
  type EndpointConfig,
  type EndpointOptions,
  LIMITS,
  LONG_ANSWER,
  type RouteLimits,
} from './endpoint/endpoint.decorator.js';
export { answerRefersTo } from './idempotency/answer-references.js';
export { HealthChecks } from './health/health-checks.js';
export {
  HealthModule,
  HttpModule,
  HttpWorkerModule,
  RequestRedactionModule,
  ResponseCacheModule,
} from './http.module.js';
export { decodeCursor, encodeCursor, hidePosition, showPosition } from './paging/cursor.js';
export { DEFAULT_LIMIT, listPage, type Page, pageOf, pageQuery, toPage } from './paging/page.js';
export {
  CONDITIONAL,
  entityTag,
  IfPreconditions,
  namesState,
  type Preconditions,
  requireMatch,
} from './conditional-requests/entity-tag.js';
export { ProblemFilter } from './problem/problem.filter.js';
export { type Problem, problemSchema, shortForm, statusOf, toProblem } from './problem/problem.js';
export { type CachedResponseListener, CachedResponseListeners } from './response-cache/response-cache.interceptor.js';
export { type CacheableRequest, type ResponseVariant, ResponseVariants } from './response-cache/response-caching.js';
export {
  type RedactableRequest,
  RefusedElement,
  type RequestRedaction,
  RequestRedactions,
  type RouteRedaction,
} from './redaction/request-redaction.js';
export { COMMAND_BODY_BYTES, excessOf } from './server/json-body.js';
export { createFastifyAdapter } from './server/fastify-adapter.js';
export { discardBody, FILE_TYPES, fileExpected, noteFileHash, takeFileBody } from './server/file-body.js';
export { requestTimeout } from './server/request-timeout.interceptor.js';
export { drainServer, prepareServer } from './server/prepare-server.js';
export { openApiDocument } from './server/open-api.js';
export { invalidRequest, issuesOf } from './validation/schema-issues.js';
export { checkedApart } from './validation/schema-validation.pipe.js';
export {
  dayField,
  entityId,
  namedId,
  queryDecimal,
  queryInteger,
  textField,
  timeField,
} from './validation/request-fields.js';
export { authorFields, toAuthorResponse } from './validation/author-fields.js';
export { findInexactJson, inexactJson } from './validation/exact-json.js';
export { escapePointer, findUnsafeText, isNestedTooDeep, MAX_JSON_DEPTH } from './validation/text-safety.js';
export { CACHE_HIT_MERGED } from './response-cache/cached-response.js';
