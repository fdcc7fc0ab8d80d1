import { Injectable } from '@nestjs/common';
import type { JobDefinition, JobHandler, ScheduleDefinition } from './job.js';

/**
 * What jobs there are and who does them. Features declare their jobs and schedules in their main module, and provide
 * the handlers in their worker module; a worker does not start while a declared job has no handler.
 */
@Injectable()
export class JobRegistry {
  private readonly jobs = new Map<string, JobDefinition<object>>();
  private readonly handlers = new Map<string, JobHandler>();
  private readonly scheduled = new Map<string, ScheduleDefinition>();

  declare<Payload extends object>(job: JobDefinition<Payload>): void {
    if (this.jobs.has(job.name)) throw new Error(`The job ${job.name} is declared twice.`);
    this.jobs.set(job.name, job as unknown as JobDefinition<object>);
  }

  schedule(schedule: ScheduleDefinition): void {
    this.declare(schedule.job);
    this.scheduled.set(schedule.job.name, schedule);
  }

  handle<Payload extends object>(handler: JobHandler<Payload>): void {
    if (this.handlers.has(handler.job.name)) throw new Error(`The job ${handler.job.name} has two handlers.`);
    this.handlers.set(handler.job.name, handler as unknown as JobHandler);
  }

  get declared(): readonly JobDefinition<object>[] {
    return [...this.jobs.values()];
  }

  get schedules(): readonly ScheduleDefinition[] {
    return [...this.scheduled.values()];
  }

  /** @throws Error naming every declared job without a handler. */
  requireHandlers(): ReadonlyMap<string, JobHandler> {
    const missing = [...this.jobs.keys()].filter((name) => !this.handlers.has(name));
    if (missing.length > 0) throw new Error(`No handler for the jobs ${missing.join(', ')}: import the worker modules of their features.`);
    return this.handlers;
  }
}
