import { Injectable } from '@nestjs/common';
import { TransactionRunner } from '#database';
import { Clock, newId, type WebhookEventId, type WorkspaceId } from '#kernel';
import { DeliveryNotifier } from '../delivery/delivery-notifier.js';
import { PostgresDeliveryRepository } from '../delivery/postgres-delivery.repository.js';
import type { RecordedEvent } from '../webhook.js';

/**
 * Records events for the webhooks that ask for them: one statement, in the transaction of what they are about, so both are
 * there or neither is. Who records events of one subject holds something of it, so that they are in order.
 */
@Injectable()
export class EventRecorder {
  constructor(
    private readonly deliveries: PostgresDeliveryRepository,
    private readonly transactions: TransactionRunner,
    private readonly clock: Clock,
    private readonly notifier: DeliveryNotifier,
  ) {}

  /** @param events in the order in which they happened */
  async record(workspaceId: WorkspaceId, events: readonly RecordedEvent[]): Promise<void> {
    if (events.length === 0) return;
    const named = events.map((event) => ({ ...event, eventId: newId<WebhookEventId>() }));
    const recorded = await this.deliveries.record(workspaceId, named, this.clock.now());
    if (recorded > 0) await this.transactions.afterCommit(() => this.notifier.notify());
  }
}
