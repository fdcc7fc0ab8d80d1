export type { Context, ContextSummary, EmbeddingState } from './context.js';
export { alwaysCheckTag, anyContextTag, contextsTag, contextTag, embeddingsTag } from './context.cache.js';
export { ContextApiModule, ContextModule } from './context.module.js';
export { ContextObserver, ContextObservers, type ReplacedContext, type WithdrawnContext } from './context-observers.js';
export { ContextReader } from './recall/context.reader.js';
export { ContextService } from './store/context.service.js';
export { type AlwaysCheckReader, AlwaysCheckReaders, ContextChanges } from './context-changes.js';
export { EmbeddingStates, EmbeddingStateSource } from './context-observers.js';
export { linesOf, visibleLines } from './extract/markdown-lines.js';
export { priorities, type Priority } from './extract/priority.js';
export type { PastTime } from './recall/postgres-context-read.repository.js';
export { type TextFinder, TextFinders } from './conflict/text-finder.js';
export { RecallService } from './recall/recall.service.js';
export type { ContextCopy, ContextImport } from './transfer/context-import.js';
export type { ExportedContext, VersionRef } from './transfer/context-rows.js';
export { slotName } from './validity/validity.fields.js';
export { endOf, isValidAt, OF_TODAY } from './validity/validity.js';
export { ContextTransferService } from './transfer/context-transfer.service.js';
export {
  content as contentField,
  label as labelField,
  priority as priorityField,
  tags as tagsField,
} from './http/context.fields.js';
