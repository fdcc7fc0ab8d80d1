import { Injectable } from '@nestjs/common';
import { type HealthPart, HealthRegistry, type HealthSource } from '#observability';
import { JobStore } from './job-store.js';

/** Jobs that could run start within seconds, unless no worker is there or those that are can't keep up. */
const LATE_SECONDS = 60;

/** Whether jobs are being done, whichever process does them. */
@Injectable()
export class QueueHealth implements HealthSource {
  readonly name = 'queue';
  readonly requiredForReady = false;

  constructor(
    private readonly store: JobStore,
    registry: HealthRegistry,
  ) {
    registry.register(this);
  }

  async check(): Promise<HealthPart> {
    const late = await this.store.oldestDueSeconds();
    if (late < LATE_SECONDS) return { status: 'up' };
    return {
      status: 'degraded',
      detail: `A job has been due for ${Math.round(late)} s: no worker runs, or it can't keep up.`,
    };
  }
}
