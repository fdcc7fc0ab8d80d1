import { Module, type OnModuleInit } from '@nestjs/common';
import PgBoss from 'pg-boss';
import { DiscoveryModule } from '@nestjs/core';
import { Database } from '#database';
import { JobCancellation, JobNotifier } from './job-notifier.js';
import { JobMetrics } from './job-metrics.js';
import { JobQueue } from './job-queue.js';
import { JobRegistry } from './job-registry.js';
import { JobService } from './job.service.js';
import { JobStore } from './job-store.js';
import { PgBossJobRepository } from './pg-boss/pg-boss-job.repository.js';
import { createPgBoss } from './pg-boss/create-pg-boss.js';
import { PgBossJobQueue } from './pg-boss/pg-boss-job-queue.js';
import { PgBossJobStore } from './pg-boss/pg-boss-job.store.js';
import { QueueHealth } from './queue.health.js';
import { JobHandlerDiscovery } from './handles-job.js';
import { JobScheduler } from './worker/job-scheduler.js';
import { JobWorker } from './worker/job-worker.js';
import { QueueMaintenance } from './worker/queue-maintenance.js';

/**
 * Adding jobs and looking at them. By the time the application starts, each job that is declared has its place in the
 * database.
 */
@Module({
  providers: [
    { provide: JobRegistry, useFactory: () => new JobRegistry() },
    JobNotifier,
    JobCancellation,
    JobService,
    QueueHealth,
    JobMetrics,
    { provide: PgBoss, inject: [Database], useFactory: createPgBoss },
    { provide: JobQueue, useClass: PgBossJobQueue },
    { provide: JobStore, useClass: PgBossJobStore },
    PgBossJobRepository,
  ],
  exports: [JobMetrics, JobRegistry, JobQueue, JobService, JobStore, JobNotifier, JobCancellation],
})
export class QueueModule implements OnModuleInit {
  constructor(
    private readonly registry: JobRegistry,
    private readonly store: JobStore,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.store.prepare(this.registry.declared);
  }
}

/** Doing jobs. Nothing runs before `JobWorker.start`. */
@Module({
  imports: [DiscoveryModule, QueueModule],
  providers: [JobWorker, JobScheduler, JobHandlerDiscovery, QueueMaintenance],
  exports: [JobWorker],
})
export class QueueWorkerModule {}
