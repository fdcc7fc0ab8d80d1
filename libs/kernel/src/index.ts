export { readCapped } from './capped-body.js';
export { Clock, sharedTime, SystemClock } from './clock.js';
export {
  DomainError,
  type ErrorIssue,
  type ErrorKind,
  errorKinds,
  errorOf,
  ErrorTranslator,
  InvalidInputError,
  messageOf,
  NotFoundError,
} from './domain-error.js';
export {
  type AgentStateId,
  type ApiKeyId,
  type CheckpointId,
  type ConflictId,
  type ContextId,
  type ConversationId,
  copyId,
  type EntryId,
  type FeedbackId,
  type HandoverId,
  isUuid,
  type MessageId,
  newId,
  newRevision,
  type ProjectId,
  type Revision,
  type SessionId,
  type TombstoneId,
  type WebhookEventId,
  type WebhookId,
  type WorkspaceId,
} from './ids.js';
export { KernelModule } from './clock.js';
export { cutAtGrapheme } from './text.js';
export { type Authorship, firstAuthorOf } from './authorship.js';
export { type Principal, type Scope, scopes } from './principal.js';
export { Registry } from './registry.js';
export { withinTime } from './within-time.js';
export { WorkPauses } from './work-pauses.js';
export { productRoot, productVersion } from './product.js';
export { MAX_METADATA_BYTES, mergePatch, type Metadata, metadataBytes } from './metadata.js';
