export type { Context, ContextSummary, EmbeddingState } from './context.js';
export { alwaysCheckTag, anyContextTag, contextsTag, contextTag } from './context.cache.js';
export { ContextApiModule, ContextModule } from './context.module.js';
export { ContextObserver, ContextObservers, type WithdrawnContext } from './context-observers.js';
export { ContextReader } from './recall/context.reader.js';
export { type ArchiveCommand, type ContextPatch, ContextService } from './store/context.service.js';
export { type StoreContext, type StoredContext, type StoreOutcome } from './store/context-draft.js';
export { type AlwaysCheckReader, AlwaysCheckReaders, ContextChanges } from './context-changes.js';
export { ContextStoreService } from './store/context-store.service.js';
export { type ContextDiff, ContextDiffService } from './recall/context-diff.service.js';
export { EmbeddingStates, EmbeddingStateSource } from './embedding-states.js';
export { EXTRACT_VERSION } from './extract/extract.js';
export { visibleLines } from './extract/markdown-lines.js';
export type { ProjectOverview } from './overview/overview.js';
export { OverviewService } from './overview/overview.service.js';
export type { SimilarContext } from './recall/context-read.repository.js';
export { detectPriority, priorities, type Priority } from './extract/priority.js';
export { DocumentReader } from './ingest/document.reader.js';
export { IngestService } from './ingest/ingest.service.js';
export { type Recalled, RecallService } from './recall/recall.service.js';
export type { RetentionPolicy, RetentionReport } from './retention/retention.js';
export { RetentionService } from './retention/retention.service.js';
export type { ContextCopy, ContextImport } from './transfer/context-import.js';
export type { VersionRef } from './transfer/context-rows.js';
export { ContextTransferService } from './transfer/context-transfer.service.js';
export {
  content as contentField,
  label as labelField,
  priority as priorityField,
  tags as tagsField,
} from './http/context.fields.js';
