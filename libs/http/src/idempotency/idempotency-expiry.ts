import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Clock } from '#kernel';
import { JobHandler, type ScheduleDefinition } from '#queue';
import { IdempotencyStore } from './idempotency-store.js';

/** Forgets answers whose time is over. An expired key is free without it; this only keeps the table small. */
export const idempotencyExpiry: ScheduleDefinition = {
  job: {
    name: 'idempotency-expiry',
    payload: z.strictObject({}),
    retryLimit: 0,
    retryDelaySeconds: 1,
    timeoutSeconds: 60,
  },
  everySeconds: 600,
};

@Injectable()
export class IdempotencyExpiryHandler extends JobHandler<Record<string, never>> {
  readonly job = idempotencyExpiry.job;

  constructor(
    private readonly store: IdempotencyStore,
    private readonly clock: Clock,
  ) {
    super();
  }

  async handle(): Promise<void> {
    await this.store.removeExpired(this.clock.now());
  }
}
