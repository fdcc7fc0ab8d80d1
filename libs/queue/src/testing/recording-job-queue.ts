import { newId } from '#kernel';
import type { EnqueueOptions, JobDefinition } from '../job.js';
import { JobQueue } from '../job-queue.js';

interface RecordedJob {
  readonly name: string;
  readonly payload: object;
  readonly options: EnqueueOptions;
}

/** Remembers what was added; nothing is ever done, so a job with a `singletonKey` waits for ever. */
export class RecordingJobQueue extends JobQueue {
  readonly jobs: RecordedJob[] = [];

  async enqueue<Payload extends object>(
    job: JobDefinition<Payload>,
    payload: Payload,
    options: EnqueueOptions = {},
  ): Promise<string | undefined> {
    job.payload.parse(payload);
    const { singletonKey, workspaceId } = options;
    const waits =
      singletonKey !== undefined &&
      this.jobs.some(
        (one) =>
          one.name === job.name && one.options.singletonKey === singletonKey && one.options.workspaceId === workspaceId,
      );
    if (waits) return undefined;
    this.jobs.push({ name: job.name, payload, options });
    return newId();
  }
}
