import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { JobHandler, type ScheduleDefinition } from '../job.js';
import { JobRegistry } from '../job-registry.js';
import { JobStore } from '../job-store.js';

/** Looks after the queue itself. Also what a dead process left running waits for this. */
export const queueMaintenance: ScheduleDefinition = {
  job: {
    name: 'queue-maintenance',
    payload: z.strictObject({}),
    retryLimit: 0,
    retryDelaySeconds: 1,
    timeoutSeconds: 60,
  },
  everySeconds: 30,
};

@Injectable()
export class QueueMaintenanceHandler extends JobHandler<Record<string, never>> {
  readonly job = queueMaintenance.job;

  constructor(
    private readonly registry: JobRegistry,
    private readonly store: JobStore,
  ) {
    super();
  }

  async handle(): Promise<void> {
    await this.store.maintain(this.registry.schedules);
  }
}
