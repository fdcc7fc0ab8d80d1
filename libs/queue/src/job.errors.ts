import { DomainError } from '#kernel';
import type { JobState } from './job-record.js';

export function jobNotRetryable(state: JobState): DomainError {
  return new DomainError({
    code: 'job-not-retryable',
    kind: 'conflict',
    detail: `The job is ${state}. Only failed and cancelled jobs can be retried.`,
  });
}

export function jobNotCancellable(state: JobState): DomainError {
  return new DomainError({
    code: 'job-not-cancellable',
    kind: 'conflict',
    detail: `The job is ${state}. Only jobs that are not finished can be cancelled.`,
  });
}
