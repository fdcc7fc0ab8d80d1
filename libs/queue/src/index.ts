export { declareJob, type JobContext, type JobResult } from './job.js';
export { HandlesJob } from './handles-job.js';
export { JobNotifier } from './job-notifier.js';
export { JobQueue } from './job-queue.js';
export { type JobCounts, type JobRecord, jobStates } from './job-record.js';
export { JobService } from './job.service.js';
export type { JobScope } from './job-store.js';
export { QueueModule, QueueWorkerModule } from './queue.module.js';
export { JobWorker } from './worker/job-worker.js';
