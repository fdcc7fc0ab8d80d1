export { type Metadata, type Session, type SessionState, sessionStates } from './session.js';
export { type EntryKind, entryKinds, type SessionEntry, type TodoPriority, todoPriorities } from './session-entry.js';
export { type FinaliseReason, SessionObserver, SessionObservers } from './session-observers.js';
