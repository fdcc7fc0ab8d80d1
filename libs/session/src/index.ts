export { MAX_ENTRY_LENGTH, SESSION_GONE } from './http/session-entry.dto.js';
export {
  endSessionBody,
  metadata as metadataBody,
  MAX_SUMMARY_LENGTH,
  sessionParams,
  sessionResponse,
  type SessionResponse,
  startSessionBody,
  toSessionResponse,
} from './http/session.dto.js';
export { type Session } from './session.js';
export { sessionListTag, sessionLogTag, sessionTag, todosTag } from './session.cache.js';
export { SessionApiModule, SessionModule } from './session.module.js';
export {
  type EntryKind,
  entryKinds,
  openKinds,
  type SessionEntry,
  type TodoPriority,
  todoPriorities,
} from './session-entry.js';
export { SessionEntryService } from './session-entry.service.js';
export { type FinaliseReason, finaliseReasons, SessionObserver, SessionObservers } from './session-observers.js';
export { SessionReader } from './session.reader.js';
export { SessionService, type StartSession } from './session.service.js';
export { SessionSweeper } from './session-sweeper.js';
export type { Resolution } from './transfer/session-rows.js';
export { type EntryCopy, type SessionCopy, SessionTransferService } from './transfer/session-transfer.service.js';
