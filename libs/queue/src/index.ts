export { declareJob, type EnqueueOptions, type JobContext, type JobDefinition, type JobResult } from './job.js';
export { HandlesJob } from './handles-job.js';
export { JobQueue } from './job-queue.js';
export {
  type JobCounts,
  type JobFailure,
  type JobProgress,
  type JobRecord,
  type JobState,
  jobStates,
} from './job-record.js';
export { JobService } from './job.service.js';
export type { JobFilter, JobScope } from './job-store.js';
export { QueueModule } from './queue.module.js';
export { QueueWorkerModule } from './queue-worker.module.js';
export { JobWorker } from './worker/job-worker.js';
