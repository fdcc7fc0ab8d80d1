import { Injectable } from '@nestjs/common';
import { TransactionRunner } from '#database';
import { DomainError, NotFoundError } from '#kernel';
import { JobCancellation, JobNotifier } from './job-notifier.js';
import type { JobCounts, JobRecord, JobState } from './job-record.js';
import { type JobFilter, type JobScope } from './job-store.js';
import { PgBossJobRepository } from './pg-boss/pg-boss-job.repository.js';

/** Looks at jobs and steps in. A job outside of `scope` does not exist for the caller. */
@Injectable()
export class JobService {
  constructor(
    private readonly jobs: PgBossJobRepository,
    private readonly transactions: TransactionRunner,
    private readonly wakeUp: JobNotifier,
    private readonly cancellation: JobCancellation,
  ) {}

  /** Newest first; at most `limit`, those older than the job `after`. */
  list(scope: JobScope, filter: JobFilter, after: string | undefined, limit: number): Promise<JobRecord[]> {
    return this.jobs.list(scope, filter, after, limit);
  }

  /** @throws NotFoundError */
  async get(scope: JobScope, id: string): Promise<JobRecord> {
    const job = await this.jobs.find(scope, id);
    if (job === undefined) throw new NotFoundError('Job', id);
    return job;
  }

  /**
   * Makes a failed or cancelled job due at once, with one attempt more.
   * @throws NotFoundError; DomainError `job-not-retryable` in any other state.
   */
  async retry(scope: JobScope, id: string): Promise<JobRecord> {
    const job = await this.get(scope, id);
    if (!(await this.jobs.retry(job))) throw jobNotRetryable((await this.get(scope, id)).state);
    await this.transactions.afterCommit(() => this.wakeUp.notify());
    return this.get(scope, id);
  }

  /**
   * Cancels a job that waits or runs. A running one is notified through its signal: at once in this process, at the next
   * look in another.
   * @throws NotFoundError; DomainError `job-not-cancellable` for a finished one.
   */
  async cancel(scope: JobScope, id: string): Promise<JobRecord> {
    const job = await this.get(scope, id);
    if (!(await this.jobs.cancel(job))) throw jobNotCancellable((await this.get(scope, id)).state);
    await this.transactions.afterCommit(() => this.cancellation.notify(id));
    return this.get(scope, id);
  }

  /** By name. */
  count(scope: JobScope): Promise<JobCounts[]> {
    return this.jobs.count(scope);
  }
}

function jobNotRetryable(state: JobState): DomainError {
  return new DomainError({
    code: 'job-not-retryable',
    kind: 'conflict',
    detail: `The job is ${state}. Only failed and cancelled jobs can be retried.`,
  });
}

function jobNotCancellable(state: JobState): DomainError {
  return new DomainError({
    code: 'job-not-cancellable',
    kind: 'conflict',
    detail: `The job is ${state}. Only jobs that are not finished can be cancelled.`,
  });
}
