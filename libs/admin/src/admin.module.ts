import { Module } from '@nestjs/common';
import { JobRegistry, QueueModule } from '#queue';
import { cacheWarming } from './warming/cache-warming.job.js';

/** What administrators may order: declared wherever orders are taken and wherever they are carried out. */
@Module({ imports: [QueueModule] })
export class AdminModule {
  constructor(jobs: JobRegistry) {
    jobs.declare(cacheWarming);
  }
}
