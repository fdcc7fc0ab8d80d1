import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { JobHandlerDiscovery } from './handles-job.js';
import { QueueModule } from './queue.module.js';
import { JobScheduler } from './worker/job-scheduler.js';
import { JobWorker } from './worker/job-worker.js';
import { QueueMaintenance } from './worker/queue-maintenance.js';

/** Doing jobs. Nothing runs before `JobWorker.start`. */
@Module({
  imports: [DiscoveryModule, QueueModule],
  providers: [JobWorker, JobScheduler, JobHandlerDiscovery, QueueMaintenance],
  exports: [JobWorker],
})
export class QueueWorkerModule {}
