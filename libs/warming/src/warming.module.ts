import { Module } from '@nestjs/common';
import { CacheModule } from '#cache';
import { ProjectModule } from '#project';
import { QueueModule } from '#queue';
import { CacheWarmers, ProjectWarmer } from './cache-warmers.js';
import { CacheWarmingJob } from './cache-warming.job.js';
import { CacheWarmingService } from './cache-warming.service.js';

/** Loads what readers are going to ask first: in the background, or ordered by an administrator. */
@Module({
  imports: [CacheModule, ProjectModule, QueueModule],
  providers: [CacheWarmers, CacheWarmingService, ProjectWarmer],
  exports: [CacheWarmers, CacheWarmingService],
})
export class WarmingModule {}

/** The job of it. */
@Module({ imports: [CacheModule, WarmingModule], providers: [CacheWarmingJob] })
export class WarmingWorkerModule {}
