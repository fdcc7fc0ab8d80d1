import type { z } from 'zod';
import type { WorkspaceId } from '#kernel';

/** A kind of background work: its name, the shape of its payload and how it is retried. Declared once, beside its feature. */
export interface JobDefinition<Payload extends object> {
  /** kebab-case, unique, part of what operators see: `session-finalise`. */
  readonly name: string;
  /** Ids and settings, not content: administrators see payloads. Checked when the job is added and when it is done. */
  readonly payload: z.ZodType<Payload>;
  /** Attempts after the first; each waits about twice as long as the one before, starting at `retryDelaySeconds`. */
  readonly retryLimit: number;
  readonly retryDelaySeconds: number;
  /** An attempt that runs longer is given up and retried. Less than a day. */
  readonly timeoutSeconds: number;
}

const declared: JobDefinition<object>[] = [];

/**
 * Declares a kind of job. It then has a place in the queue of every process that knows it; what does it is a method with
 * `HandlesJob`, and a worker does not start while a declared job has none.
 * @throws Error for a name that is taken or not in kebab-case
 */
export function declareJob<Payload extends object>(definition: JobDefinition<Payload>): JobDefinition<Payload> {
  requireNames([...declared, definition]);
  declared.push(definition);
  return definition;
}

/** Every kind of job of the product, in the order of their declaration. */
export function declaredJobs(): readonly JobDefinition<object>[] {
  return declared;
}

const NAME = /^[a-z][a-z0-9-]{0,99}$/;

/** @throws Error naming what is taken or not in kebab-case */
export function requireNames(jobs: readonly JobDefinition<object>[]): void {
  const names = new Set<string>();
  for (const { name } of jobs) {
    if (!NAME.test(name)) throw new Error(`${JSON.stringify(name)} is no name for a job: write it in kebab-case.`);
    if (names.has(name)) throw new Error(`The job ${name} is declared twice.`);
    names.add(name);
  }
}

/**
 * Work that is due again and again, once in each period over all processes. Its payload is empty. Periods are those
 * of the database's clock: `everySeconds` long, counted from 1970. A run that is longer than its period can meet the
 * next one in another process.
 */
export interface ScheduleDefinition {
  readonly job: JobDefinition<object>;
  /** A whole number from 1 to 86,400. */
  readonly everySeconds: number;
}

export interface EnqueueOptions {
  /** The tenant the job belongs to; absent for work that spans workspaces. */
  readonly workspaceId?: WorkspaceId;
  readonly runAt?: Date;
  /**
   * While a job of this name, workspace and key waits for its first attempt, another is not added: the waiting one
   * will see what the surrounding transaction writes, since it does not start before that has ended. A job that
   * already runs may have read too early and does not count.
   */
  readonly singletonKey?: string;
}

/**
 * The work itself. Must be idempotent: a job may run again after a crash, and may overlap an attempt that was given up
 * at its timeout but did not stop.
 *
 * A rejection means a retry, and a dead letter after the last. `signal` aborts at the timeout, when the job is
 * cancelled, and when the process stops and can't wait any longer (the job is then given back and not counted as
 * an attempt). What it resolves with is kept with the job for whoever looks at it: counts and names, as JSON.
 */
export type JobWork<Payload extends object = object> = (
  payload: Payload,
  context: JobContext,
) => Promise<JobResult | void>;

/** What a job has found or done, without content: administrators see it. */
export type JobResult = Readonly<Record<string, unknown>>;

export interface JobContext {
  readonly jobId: string;
  /** The tenant the job belongs to; absent for work that spans workspaces. */
  readonly workspaceId: WorkspaceId | undefined;
  /** 1 for the first. */
  readonly attempt: number;
  readonly signal: AbortSignal;
  /**
   * Says how far a long job is: `done` steps of `total`, which may change on the way. It is written down a few times a
   * second at most, so it may be called at every step.
   */
  progress(done: number, total: number): Promise<void>;
}
