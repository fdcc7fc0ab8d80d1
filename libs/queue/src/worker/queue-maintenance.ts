import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { HandlesJob } from '../handles-job.js';
import { declareJob } from '../job.js';
import { JobRegistry } from '../job-registry.js';
import { JobStore } from '../job-store.js';

const queueMaintenance = declareJob({
  name: 'queue-maintenance',
  payload: z.strictObject({}),
  retryLimit: 0,
  retryDelaySeconds: 1,
  timeoutSeconds: 60,
});

/** Looks after the queue itself. Also what a dead process left running waits for this. */
@Injectable()
export class QueueMaintenance {
  constructor(
    private readonly registry: JobRegistry,
    private readonly store: JobStore,
  ) {}

  @HandlesJob(queueMaintenance, { everySeconds: 30 })
  async maintain(): Promise<void> {
    await this.store.maintain(this.registry.schedules);
  }
}
