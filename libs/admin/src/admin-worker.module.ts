import { Module } from '@nestjs/common';
import { CacheModule } from '#cache';
import { ProjectModule } from '#project';
import { SessionModule } from '#session';
import { CacheWarmingJob } from './warming/cache-warming.job.js';

/** The jobs of administrators. */
@Module({ imports: [CacheModule, ProjectModule, SessionModule], providers: [CacheWarmingJob] })
export class AdminWorkerModule {}
