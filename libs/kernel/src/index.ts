export { BodyTooLargeError, readCapped } from './capped-body.js';
export { Clock, SystemClock } from './clock.js';
export {
  DomainError,
  type DomainErrorOptions,
  type ErrorIssue,
  type ErrorKind,
  errorKinds,
  InvalidInputError,
  NotFoundError,
} from './domain-error.js';
export { ErrorTranslator } from './error-translator.js';
export {
  type ApiKeyId,
  type ContextId,
  copyId,
  type EntryId,
  type HandoverId,
  isUuid,
  newId,
  newIdAt,
  newRevision,
  type ProjectId,
  type Revision,
  type SessionId,
  type WorkspaceId,
} from './ids.js';
export { KernelModule } from './kernel.module.js';
export { cutAtGrapheme } from './text.js';
export { sharedTime } from './shared-time.js';
export { type Principal, type Scope, scopes } from './principal.js';
export { Registry } from './registry.js';
export { errorOf, messageOf } from './errors.js';
export { WorkPauses } from './work-pauses.js';
