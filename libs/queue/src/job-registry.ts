import { Injectable } from '@nestjs/common';
import type { JobDefinition, JobHandler, ScheduleDefinition } from './job.js';

const DAY_SECONDS = 86_400;
const NAME = /^[a-z][a-z0-9-]{0,99}$/;

/**
 * What jobs there are and who does them. Features declare their jobs and schedules in their main module, and provide
 * the handlers in their worker module; a worker does not start while a declared job has no handler.
 */
@Injectable()
export class JobRegistry {
  private readonly jobs = new Map<string, JobDefinition<object>>();
  private readonly handlers = new Map<string, JobHandler>();
  private readonly scheduled = new Map<string, ScheduleDefinition>();

  /** @throws Error for a name that is taken or not in kebab-case. */
  declare<Payload extends object>(job: JobDefinition<Payload>): void {
    if (!NAME.test(job.name))
      throw new Error(`${JSON.stringify(job.name)} is no name for a job: write it in kebab-case.`);
    if (this.jobs.has(job.name)) throw new Error(`The job ${job.name} is declared twice.`);
    this.jobs.set(job.name, job);
  }

  /** Declares a job that is due again and again. */
  schedule(schedule: ScheduleDefinition): void {
    const { everySeconds } = schedule;
    if (!Number.isInteger(everySeconds) || everySeconds < 1 || everySeconds > DAY_SECONDS)
      throw new Error(`The period of ${schedule.job.name} must be a whole number of seconds from 1 to ${DAY_SECONDS}.`);
    this.declare(schedule.job);
    this.scheduled.set(schedule.job.name, schedule);
  }

  handle<Payload extends object>(handler: JobHandler<Payload>): void {
    if (this.handlers.has(handler.job.name)) throw new Error(`The job ${handler.job.name} has two handlers.`);
    this.handlers.set(handler.job.name, handler);
  }

  isDeclared(name: string): boolean {
    return this.jobs.has(name);
  }

  get declared(): readonly JobDefinition<object>[] {
    return [...this.jobs.values()];
  }

  get schedules(): readonly ScheduleDefinition[] {
    return [...this.scheduled.values()];
  }

  /** @throws Error naming every declared job without a handler, and every handler of a job that was never declared. */
  requireHandlers(): ReadonlyMap<string, JobHandler> {
    const missing = [...this.jobs.keys()].filter((name) => !this.handlers.has(name));
    if (missing.length > 0)
      throw new Error(`No handler for the jobs ${missing.join(', ')}: import the worker modules of their features.`);
    const undeclared = [...this.handlers.keys()].filter((name) => !this.jobs.has(name));
    if (undeclared.length > 0)
      throw new Error(
        `Handlers without a declared job: ${undeclared.join(', ')}. Declare them in the modules of their features.`,
      );
    return this.handlers;
  }
}
