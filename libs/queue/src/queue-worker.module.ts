import { Module } from '@nestjs/common';
import { JobRegistry } from './job-registry.js';
import { QueueModule } from './queue.module.js';
import { JobScheduler } from './worker/job-scheduler.js';
import { JobWorker } from './worker/job-worker.js';
import { QueueMaintenanceHandler, queueMaintenance } from './worker/queue-maintenance.js';

/** Doing jobs. Nothing runs before `JobWorker.start`. */
@Module({
  imports: [QueueModule],
  providers: [JobWorker, JobScheduler, QueueMaintenanceHandler],
  exports: [JobWorker],
})
export class QueueWorkerModule {
  constructor(registry: JobRegistry, handler: QueueMaintenanceHandler) {
    registry.schedule(queueMaintenance);
    registry.handle(handler);
  }
}
