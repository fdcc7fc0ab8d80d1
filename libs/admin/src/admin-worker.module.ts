import { Module } from '@nestjs/common';
import { CacheModule } from '#cache';
import { ProjectModule } from '#project';
import { JobRegistry, QueueModule } from '#queue';
import { SessionModule } from '#session';
import { AdminModule } from './admin.module.js';
import { CacheWarmingHandler } from './warming/cache-warming.handler.js';

/** The jobs of administrators. */
@Module({
  imports: [AdminModule, CacheModule, ProjectModule, QueueModule, SessionModule],
  providers: [CacheWarmingHandler],
})
export class AdminWorkerModule {
  constructor(jobs: JobRegistry, warming: CacheWarmingHandler) {
    jobs.handle(warming);
  }
}
