import { Module } from '@nestjs/common';
import { ProjectModule } from '#project';
import { ContextModule } from './context.module.js';
import { ContextBatchController } from './http/context-batch.controller.js';
import { ContextController } from './http/context.controller.js';
import { ProjectContextController } from './http/project-context.controller.js';
import { RetentionController } from './http/retention.controller.js';

/** The routes for contexts, their overview and retention. */
@Module({
  imports: [ContextModule, ProjectModule],
  // The batch routes first: their paths have words where others have ids.
  controllers: [ContextBatchController, ContextController, ProjectContextController, RetentionController],
})
export class ContextApiModule {}
