export { FakeJobStore } from './fake-job-store.js';
export { testJob, testTick } from './job.factory.js';
export { type RecordedJob, RecordingJobQueue } from './recording-job-queue.js';
