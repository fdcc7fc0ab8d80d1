import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Clock } from '#kernel';
import { declareJob, HandlesJob, type JobContext } from '#queue';
import { PostgresDeliveryRepository } from './postgres-delivery.repository.js';

const DAY_MS = 24 * 3_600_000;
/** Long enough to look at what was sent, and to send it again. */
const FINISHED_DAYS = 7;
/** What waits for a webhook that nobody enables again. */
const WAITING_DAYS = 30;
const BATCH_SIZE = 1_000;
const EVERY_SECONDS = 3_600;

const webhookCleanup = declareJob({
  name: 'webhook-cleanup',
  payload: z.strictObject({}),
  retryLimit: 1,
  retryDelaySeconds: 30,
  timeoutSeconds: 300,
});

/** Removes deliveries that are old. Any number may run at once. */
@Injectable()
export class DeliveryCleanup {
  constructor(
    private readonly deliveries: PostgresDeliveryRepository,
    private readonly clock: Clock,
  ) {}

  @HandlesJob(webhookCleanup, { everySeconds: EVERY_SECONDS })
  async runAsJob(_payload: object, { signal }: JobContext): Promise<void> {
    const ago = (days: number) => new Date(this.clock.nowMs() - days * DAY_MS);
    while (!signal.aborted) {
      const removed = await this.deliveries.removeOld(ago(FINISHED_DAYS), ago(WAITING_DAYS), BATCH_SIZE);
      if (removed < BATCH_SIZE) break;
    }
  }
}
