import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Clock } from '#kernel';
import { declareJob, HandlesJob } from '#queue';
import { IdempotencyStore } from './idempotency-store.js';

const idempotencyExpiry = declareJob({
  name: 'idempotency-expiry',
  payload: z.strictObject({}),
  retryLimit: 0,
  retryDelaySeconds: 1,
  timeoutSeconds: 60,
});

/** Forgets answers whose time is over. An expired key is free without it; this only keeps the table small. */
@Injectable()
export class IdempotencyExpiry {
  constructor(
    private readonly store: IdempotencyStore,
    private readonly clock: Clock,
  ) {}

  @HandlesJob(idempotencyExpiry, { everySeconds: 600 })
  async run(): Promise<void> {
    await this.store.removeExpired(this.clock.now());
  }
}
