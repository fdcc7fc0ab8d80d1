import type { WorkspaceId } from '#kernel';
import type { JobDefinition, JobResult, ScheduleDefinition } from './job.js';
import type { JobOrigin } from './job-queue.js';
import type { JobDepth, JobFailure, JobProgress, JobState } from './job-record.js';

/** A job that this process has taken and nobody else runs. */
export interface ClaimedJob {
  readonly id: string;
  readonly name: string;
  readonly workspaceId: WorkspaceId | undefined;
  /** As it was stored; not yet checked. */
  readonly payload: unknown;
  /** 1 for the first. */
  readonly attempt: number;
  readonly origin: JobOrigin | undefined;
}

/** Which jobs a caller may see: those of one workspace, and on request those that span workspaces. */
export interface JobScope {
  readonly workspaceId: WorkspaceId;
  readonly includeSpanning: boolean;
}

export interface JobFilter {
  readonly name?: string;
  readonly state?: JobState;
}

/** Where workers take jobs from. Safe between processes. */
export abstract class JobStore {
  /** Makes room for the jobs of these definitions and takes over their changed settings. Safe to call from many processes at once. */
  abstract prepare(definitions: readonly JobDefinition<object>[]): Promise<void>;
  /** Those of `names` that have a job due now. */
  abstract findDue(names: readonly string[]): Promise<string[]>;
  /** Takes the oldest due job; undefined where others were faster. */
  abstract claim(name: string): Promise<ClaimedJob | undefined>;
  /** Changes nothing where the job was cancelled or taken away meanwhile. */
  abstract complete(job: ClaimedJob, result?: JobResult): Promise<void>;
  /** Another attempt later, or a dead letter after the last. `final`: no further attempt, since it could not succeed either. */
  abstract fail(job: ClaimedJob, failure: JobFailure, options?: { final?: boolean }): Promise<void>;
  /** Gives an unfinished job back: it is due at once and the attempt does not count. */
  abstract release(job: ClaimedJob): Promise<void>;
  /**
   * Retries (or fails, after the last attempt) what other processes have taken and will never finish. Only for one
   * that knows itself alone: the owner of an embedded database, before it takes a job.
   */
  abstract recoverAbandoned(): Promise<void>;
  abstract setProgress(job: ClaimedJob, progress: JobProgress): Promise<void>;
  /** Those of `jobs` that were cancelled or taken away. */
  abstract findRevoked(jobs: readonly ClaimedJob[]): Promise<ClaimedJob[]>;
  /** Adds the job of the current period unless any process did. Says how long the period still is, by the database's clock. */
  abstract tick(schedule: ScheduleDefinition): Promise<{ added: boolean; nextInMs: number }>;
  /** Retries what a dead process left running past its time, and removes what is too old to be kept. */
  abstract maintain(schedules: readonly ScheduleDefinition[]): Promise<void>;
  /** How long the job has waited that could have run first, in seconds; 0 where none is due. */
  abstract oldestDueSeconds(): Promise<number>;
  /** What is not finished and what is dead, without names and states that have none. */
  abstract depth(): Promise<JobDepth[]>;
}
