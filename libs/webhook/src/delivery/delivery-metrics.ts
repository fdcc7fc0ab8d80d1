import { Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import { LatencyHistogram, ScrapedMetrics } from '#observability';
import { PostgresWebhookRepository } from '../postgres-webhook.repository.js';
import { disabledReasons } from '../webhook.js';
import { PostgresDeliveryRepository } from './postgres-delivery.repository.js';

type Outcome = 'delivered' | 'failed' | 'given-up';

/** Deliveries as Prometheus sees them: what waits, of all processes; and the attempts of this process. */
@Injectable()
export class DeliveryMetrics {
  private readonly attempts = new Map<Outcome, LatencyHistogram>();

  constructor(
    metrics: ScrapedMetrics,
    deliveries: PostgresDeliveryRepository,
    webhooks: PostgresWebhookRepository,
    clock: Clock,
  ) {
    metrics.histogram('webhook_attempt_duration_seconds', 'Time of an attempt to deliver, by how it ended', () =>
      [...this.attempts].map(([outcome, durations]) => [{ outcome }, durations]),
    );
    metrics.gauge('webhook_deliveries_waiting', 'Deliveries that are not made yet, of enabled webhooks', async () => [
      [{}, (await deliveries.waiting(clock.now())).deliveries],
    ]);
    metrics.gauge('webhook_oldest_due_seconds', 'How long the delivery has waited that was due first', async () => {
      const { oldestDueAt } = await deliveries.waiting(clock.now());
      return [[{}, oldestDueAt === null ? 0 : (clock.nowMs() - oldestDueAt.getTime()) / 1000]];
    });
    metrics.gauge('webhooks', 'Webhooks, by whether and why nothing is sent to them', async () => {
      const counted = new Map((await webhooks.countByState()).map(({ state, webhooks: count }) => [state, count]));
      return (['enabled', ...disabledReasons] as const).map((state) => [{ state }, counted.get(state) ?? 0]);
    });
  }

  ended(outcome: Outcome, durationMs: number): void {
    let durations = this.attempts.get(outcome);
    if (durations === undefined) this.attempts.set(outcome, (durations = new LatencyHistogram()));
    durations.observe(durationMs);
  }
}
