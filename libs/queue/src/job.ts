import type { z } from 'zod';
import type { WorkspaceId } from '#kernel';

/** A kind of background work: its name, the shape of its payload and how it is retried. Declared once, beside its feature. */
export interface JobDefinition<Payload extends object> {
  /** kebab-case, unique, part of what operators see: `session-finalise`. */
  readonly name: string;
  readonly payload: z.ZodType<Payload>;
  /** Attempts after the first; each waits twice as long as the one before, starting at `retryDelaySeconds`. */
  readonly retryLimit: number;
  readonly retryDelaySeconds: number;
  /** An attempt that runs longer is given up and retried. */
  readonly timeoutSeconds: number;
}

/** Work that is due again and again, once in each period over all processes. Its payload is empty. */
export interface ScheduleDefinition {
  readonly job: JobDefinition<Record<string, never>>;
  readonly everySeconds: number;
}

export interface EnqueueOptions {
  /** The tenant the job belongs to; absent for work that spans workspaces. */
  readonly workspaceId?: WorkspaceId;
  readonly runAt?: Date;
  /** While a job of this name and key waits or runs, another is not added. */
  readonly singletonKey?: string;
}

/** The work itself, provided by a feature's worker module. Must be idempotent: a job may run again after a crash. */
export abstract class JobHandler<Payload extends object = object> {
  abstract readonly job: JobDefinition<Payload>;
  /** A rejection means a retry, and a dead letter after the last. `signal` aborts at the timeout and when the process stops. */
  abstract handle(payload: Payload, context: JobContext): Promise<void>;
}

export interface JobContext {
  readonly jobId: string;
  readonly signal: AbortSignal;
  /** Tells how far a long job is, 0 to 1. */
  progress(fraction: number): Promise<void>;
}
