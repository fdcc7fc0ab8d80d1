import { Module } from '@nestjs/common';
import { CachedResponseListeners, ResponseCacheModule, ResponseVariants } from '#http';
import type { ContextId } from '#kernel';
import { ProjectModule } from '#project';
import { ContextModule } from './context.module.js';
import { ContextBatchController } from './http/context-batch.controller.js';
import { contextSubject } from './http/context.caching.js';
import { ContextController } from './http/context.controller.js';
import { ProjectContextController } from './http/project-context.controller.js';
import { ContextResponses } from './http/context-responses.js';
import { IngestController } from './http/ingest.controller.js';
import { RetentionController } from './http/retention.controller.js';
import { EmbeddingStates } from './embedding-states.js';
import { ContextUsage } from './usage/context-usage.js';

/** The routes for contexts, their overview and retention. */
@Module({
  imports: [ContextModule, ProjectModule, ResponseCacheModule],
  // The batch routes first: their paths have words where others have ids.
  controllers: [
    ContextBatchController,
    IngestController,
    ContextController,
    ProjectContextController,
    RetentionController,
  ],
  providers: [ContextResponses],
})
export class ContextApiModule {
  constructor(
    answers: CachedResponseListeners,
    usage: ContextUsage,
    variants: ResponseVariants,
    states: EmbeddingStates,
  ) {
    variants.register('embedding', () => states.engine);
    answers.listen(contextSubject.kind, (workspaceId, id) => usage.noteRead(workspaceId, [id as ContextId]));
  }
}
