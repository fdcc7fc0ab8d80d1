export { type EnqueueOptions, type JobContext, type JobDefinition, JobHandler, type ScheduleDefinition } from './job.js';
export { JobQueue } from './job-queue.js';
export { JobRegistry } from './job-registry.js';
