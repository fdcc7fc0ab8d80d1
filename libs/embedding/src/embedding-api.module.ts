import { Module } from '@nestjs/common';
import { EmbeddingModule } from './embedding.module.js';
import { EmbeddingsController } from './http/embeddings.controller.js';
import { OpenaiProblemFilter } from './http/openai-problem.filter.js';
import { UsageController } from './http/usage.controller.js';

/** The HTTP face of embeddings. */
@Module({
  imports: [EmbeddingModule],
  controllers: [EmbeddingsController, UsageController],
  providers: [OpenaiProblemFilter],
})
export class EmbeddingApiModule {}
