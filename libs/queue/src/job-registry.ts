import { declaredJobs, type JobDefinition, type JobWork, requireNames, type ScheduleDefinition } from './job.js';

const DAY_SECONDS = 86_400;

/** A kind of job with what does it. */
export interface JobHandler<Payload extends object = object> {
  readonly job: JobDefinition<Payload>;
  readonly work: JobWork<Payload>;
  /** Of a job that is due again and again: see `ScheduleDefinition`. */
  readonly everySeconds?: number;
}

/** What jobs there are and what does them. A worker does not start while a declared job has no handler. */
export class JobRegistry {
  private readonly handlers = new Map<string, JobHandler>();

  /** @param declared those of the product; tests have others */
  constructor(readonly declared: readonly JobDefinition<object>[] = declaredJobs()) {}

  /** @throws Error where the job has a handler already, or a period that is none. */
  register<Payload extends object>(handler: JobHandler<Payload>): void {
    const { everySeconds, job } = handler;
    if (this.handlers.has(job.name)) throw new Error(`The job ${job.name} has two handlers.`);
    if (
      everySeconds !== undefined &&
      (!Number.isInteger(everySeconds) || everySeconds < 1 || everySeconds > DAY_SECONDS)
    )
      throw new Error(`The period of ${job.name} must be a whole number of seconds from 1 to ${DAY_SECONDS}.`);
    this.handlers.set(job.name, handler as unknown as JobHandler);
  }

  isDeclared(name: string): boolean {
    return this.declared.some((job) => job.name === name);
  }

  get schedules(): readonly ScheduleDefinition[] {
    return [...this.handlers.values()].flatMap(({ job, everySeconds }) =>
      everySeconds === undefined ? [] : [{ job, everySeconds }],
    );
  }

  /** @throws Error naming every declared job without a handler, and every handler of a job that was never declared. */
  requireHandlers(): ReadonlyMap<string, JobHandler> {
    requireNames(this.declared);
    const missing = this.declared.filter(({ name }) => !this.handlers.has(name)).map(({ name }) => name);
    if (missing.length > 0)
      throw new Error(
        `No handler for the jobs ${missing.join(', ')}: give each a method with @HandlesJob in a provider of the worker.`,
      );
    const undeclared = [...this.handlers.keys()].filter((name) => !this.isDeclared(name));
    if (undeclared.length > 0)
      throw new Error(`Handlers without a declared job: ${undeclared.join(', ')}. Declare them with declareJob.`);
    return this.handlers;
  }
}
