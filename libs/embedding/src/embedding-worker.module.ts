import { Module } from '@nestjs/common';
import { ContextModule } from '#context';
import { JobRegistry, QueueModule } from '#queue';
import { EmbeddingModule } from './embedding.module.js';
import { ContextEmbeddingHandler } from './semantic/context-embedding.handler.js';
import { EmbeddingBackfillHandler } from './semantic/embedding-backfill.handler.js';

/** The jobs of embeddings. */
@Module({
  imports: [ContextModule, EmbeddingModule, QueueModule],
  providers: [ContextEmbeddingHandler, EmbeddingBackfillHandler],
})
export class EmbeddingWorkerModule {
  constructor(registry: JobRegistry, contexts: ContextEmbeddingHandler, backfill: EmbeddingBackfillHandler) {
    registry.handle(contexts);
    registry.handle(backfill);
  }
}
