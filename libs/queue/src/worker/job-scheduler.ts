import { Injectable, Logger } from '@nestjs/common';
import { isDatabaseUnavailable } from '#database';
import type { ScheduleDefinition } from '../job.js';
import { JobRegistry } from '../job-registry.js';
import { JobStore } from '../job-store.js';
import { JobNotifier } from '../job-notifier.js';

/** Past the beginning of a period, where every clock agrees that it has begun. */
const INTO_PERIOD_MS = 20;
const RETRY_MS = 1_000;

/**
 * Adds the job of each schedule once in each period. Every worker tries, and the database lets one of them through:
 * no leader has to be found, and none can be lost.
 */
@Injectable()
export class JobScheduler {
  private readonly logger = new Logger('jobs');
  private readonly timers = new Map<ScheduleDefinition, NodeJS.Timeout>();
  private stopped = false;

  constructor(
    private readonly registry: JobRegistry,
    private readonly store: JobStore,
    private readonly wakeUp: JobNotifier,
  ) {}

  /** Begins with the current period, unless it has had its job. */
  start(): void {
    for (const schedule of this.registry.schedules) void this.tick(schedule);
  }

  stop(): void {
    this.stopped = true;
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
  }

  private async tick(schedule: ScheduleDefinition): Promise<void> {
    let nextInMs = Math.min(RETRY_MS, schedule.everySeconds * 1000);
    try {
      const tick = await this.store.tick(schedule);
      if (tick.added) this.wakeUp.notify();
      nextInMs = tick.nextInMs + INTO_PERIOD_MS;
    } catch (error) {
      // The worker reports a database that is away; nothing is lost but time.
      if (!isDatabaseUnavailable(error))
        this.logger.error(
          `The schedule of ${schedule.job.name} failed.`,
          error instanceof Error ? error.stack : String(error),
        );
    }
    if (!this.stopped)
      this.timers.set(
        schedule,
        setTimeout(() => void this.tick(schedule), nextInMs),
      );
  }
}
