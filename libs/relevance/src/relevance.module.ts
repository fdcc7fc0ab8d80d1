import { Module } from '@nestjs/common';
import { CacheModule } from '#cache';
import { ContextModule } from '#context';
import { ProjectModule } from '#project';
import { SearchModule } from '#search';
import { FeedbackController } from './feedback/feedback.controller.js';
import { FeedbackService } from './feedback/feedback.service.js';
import { PostgresFeedbackRepository } from './feedback/postgres-feedback.repository.js';
import { PostgresSignalsRepository } from './ranking/postgres-signals.repository.js';
import { RelevanceController } from './ranking/relevance.controller.js';
import { RelevanceService } from './ranking/relevance.service.js';

/** What is relevant to whom, and what users said of it. */
@Module({
  imports: [CacheModule, ProjectModule, ContextModule, SearchModule],
  providers: [FeedbackService, RelevanceService, PostgresFeedbackRepository, PostgresSignalsRepository],
  exports: [FeedbackService, RelevanceService],
})
class RelevanceModule {}

@Module({ imports: [RelevanceModule], controllers: [FeedbackController, RelevanceController] })
export class RelevanceApiModule {}
