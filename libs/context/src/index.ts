export type { Context, ContextSummary, LabelRef } from './context.js';
export { ContextModule } from './context.module.js';
export { ContextObserver, ContextObservers, type WithdrawnContext } from './context-observers.js';
export { detectPriority, priorities, type Priority } from './priority.js';
