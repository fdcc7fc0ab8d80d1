import { Module } from '@nestjs/common';
import { ContextModule } from '#context';
import { EmbeddingModule } from './embedding.module.js';
import { ContextEmbeddingJob } from './semantic/context-embedding.job.js';
import { EmbeddingBackfillJob } from './semantic/embedding-backfill.job.js';

/** The jobs of embeddings. */
@Module({
  imports: [ContextModule, EmbeddingModule],
  providers: [ContextEmbeddingJob, EmbeddingBackfillJob],
})
export class EmbeddingWorkerModule {}
