import { Module } from '@nestjs/common';
import { JobRegistry } from './job-registry.js';
import { QueueModule } from './queue.module.js';
import { JobScheduler } from './worker/job-scheduler.js';
import { JobWorker } from './worker/job-worker.js';
import { QueueUpkeepHandler, queueUpkeep } from './worker/queue-upkeep.js';

/** Doing jobs. Nothing runs before `JobWorker.start`. */
@Module({
  imports: [QueueModule],
  providers: [JobWorker, JobScheduler, QueueUpkeepHandler],
  exports: [JobWorker],
})
export class QueueWorkerModule {
  constructor(registry: JobRegistry, handler: QueueUpkeepHandler) {
    registry.schedule(queueUpkeep);
    registry.handle(handler);
  }
}
