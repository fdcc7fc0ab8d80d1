import type { WorkspaceId } from '#kernel';
import type { JobResult } from './job.js';

/**
 * `waiting` for its first attempt, `retrying` (waiting for another), `running`, `completed`, `failed` (the dead
 * letters: every attempt failed; kept for 30 days so that they can be retried by hand) or `cancelled`.
 */
export const jobStates = ['waiting', 'retrying', 'running', 'completed', 'failed', 'cancelled'] as const;

export type JobState = (typeof jobStates)[number];

/** Why an attempt failed, without a stack trace. */
export interface JobFailure {
  readonly code: string;
  readonly message: string;
}

/** How far a job is, as its handler says it: `done` steps of `total`. */
export interface JobProgress {
  readonly done: number;
  readonly total: number;
}

/** A job as administrators see it. */
export interface JobRecord {
  readonly id: string;
  readonly name: string;
  readonly state: JobState;
  /** Absent for work that spans workspaces. */
  readonly workspaceId: WorkspaceId | undefined;
  readonly payload: object;
  /** Of the request that added it; undefined where none did, as for schedules. */
  readonly requestId: string | undefined;
  /** Of the last attempt; undefined where the handler says nothing, or not yet. */
  readonly progress: JobProgress | undefined;
  /** Attempts that were begun. */
  readonly attempts: number;
  readonly maxAttempts: number;
  readonly createdAt: Date;
  /** Not before. */
  readonly dueAt: Date;
  readonly startedAt: Date | undefined;
  readonly finishedAt: Date | undefined;
  /** Of the last attempt that failed. */
  readonly failure: JobFailure | undefined;
  /** Of a completed job whose handler has something to say. */
  readonly result: JobResult | undefined;
}

/** The states that somebody may have to do something about. */
export const openStates = ['waiting', 'retrying', 'running', 'failed'] as const satisfies readonly JobState[];

/** How many jobs of one name are in one of these states, of all workspaces. */
export interface JobDepth {
  readonly name: string;
  readonly state: (typeof openStates)[number];
  readonly jobs: number;
}

/** How many jobs of one name are in which state. */
export interface JobCounts {
  readonly name: string;
  readonly states: Readonly<Record<JobState, number>>;
  /** Age of the job that could have run first, in seconds; 0 where none is due. */
  readonly oldestDueSeconds: number;
}
