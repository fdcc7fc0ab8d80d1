import { Injectable } from '@nestjs/common';
import { TransactionRunner } from '#database';
import { NotFoundError } from '#kernel';
import { jobNotCancellable, jobNotRetryable } from './job.errors.js';
import { JobCancellation } from './job-cancellation.js';
import type { JobCounts, JobRecord } from './job-record.js';
import { type JobFilter, type JobReach, JobRepository } from './job-store.js';
import { JobWakeUp } from './job-wake-up.js';

/** Looks at jobs and steps in. A job outside of `reach` does not exist for the caller. */
@Injectable()
export class JobService {
  constructor(
    private readonly jobs: JobRepository,
    private readonly transactions: TransactionRunner,
    private readonly wakeUp: JobWakeUp,
    private readonly cancellation: JobCancellation,
  ) {}

  /** Newest first; at most `limit`, those older than the job `after`. */
  list(reach: JobReach, filter: JobFilter, after: string | undefined, limit: number): Promise<JobRecord[]> {
    return this.jobs.list(reach, filter, after, limit);
  }

  /** @throws NotFoundError */
  async get(reach: JobReach, id: string): Promise<JobRecord> {
    const job = await this.jobs.find(reach, id);
    if (job === undefined) throw new NotFoundError('Job', id);
    return job;
  }

  /**
   * Makes a failed or cancelled job due at once, with one attempt more.
   * @throws NotFoundError; DomainError `job-not-retryable` in any other state.
   */
  async retry(reach: JobReach, id: string): Promise<JobRecord> {
    const job = await this.get(reach, id);
    if (!(await this.jobs.retry(job))) throw jobNotRetryable((await this.get(reach, id)).state);
    await this.transactions.afterCommit(() => this.wakeUp.notify());
    return this.get(reach, id);
  }

  /**
   * Cancels a job that waits or runs. A running one is told through its signal: at once in this process, at the next
   * look in another.
   * @throws NotFoundError; DomainError `job-not-cancellable` for a finished one.
   */
  async cancel(reach: JobReach, id: string): Promise<JobRecord> {
    const job = await this.get(reach, id);
    if (!(await this.jobs.cancel(job))) throw jobNotCancellable((await this.get(reach, id)).state);
    await this.transactions.afterCommit(() => this.cancellation.tell(id));
    return this.get(reach, id);
  }

  /** By name. */
  count(reach: JobReach): Promise<JobCounts[]> {
    return this.jobs.count(reach);
  }
}
