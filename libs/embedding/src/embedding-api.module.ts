import { Module } from '@nestjs/common';
import { EmbeddingModule } from './embedding.module.js';
import { EmbeddingsController } from './http/embeddings.controller.js';
import { ModelsController } from './http/models.controller.js';
import { OfferedModels } from './http/offered-models.js';
import { UsageController } from './http/usage.controller.js';

/** The HTTP face of embeddings. */
@Module({
  imports: [EmbeddingModule],
  controllers: [EmbeddingsController, ModelsController, UsageController],
  providers: [OfferedModels],
})
export class EmbeddingApiModule {}
