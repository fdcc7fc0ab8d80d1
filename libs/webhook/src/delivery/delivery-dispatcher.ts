import { randomUUID } from 'node:crypto';
import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { WebhookConfig } from '#config';
import { isDatabaseUnavailable, TransactionRunner } from '#database';
import { Clock } from '#kernel';
import { KeepsakeLogger } from '#observability';
import { PostgresWebhookRepository, type StoredWebhook } from '../postgres-webhook.repository.js';
import type { DisabledReason } from '../webhook.js';
import { type AttemptResult, DeliveryAttempt } from './delivery-attempt.js';
import { DeliveryMetrics } from './delivery-metrics.js';
import { DeliveryNotifier } from './delivery-notifier.js';
import { type ClaimedDelivery, PostgresDeliveryQueue } from './postgres-delivery-queue.js';
import { nextAttemptAt } from './retry-schedule.js';

/** Deliveries of one webhook that are under way at the same time, in all processes. */
const MOST_OF_A_WEBHOOK = 4;
/** Of one whose last attempt failed: it is tried, and holds no more. */
const MOST_OF_A_FAILING_WEBHOOK = 1;
/** An attempt ends by itself; only so much later is its process taken for dead. */
const CLAIM_GRACE_MS = 5_000;
const WEBHOOKS_A_LOOK = 100;

/**
 * Makes the deliveries of all workspaces, beside the jobs of this process and not among them: a receiver that is slow holds a
 * few connections, and no worker.
 *
 * At least once: an attempt is written down when it has ended, so one whose process dies is made again. In order: the next
 * delivery of a subject is taken when the one before it was delivered or given up. Any number of processes may run.
 */
@Injectable()
export class DeliveryDispatcher implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger;
  private readonly running = new Map<Promise<void>, AbortController>();
  private stopping = false;
  private looping: Promise<void> | undefined;

  constructor(
    private readonly queue: PostgresDeliveryQueue,
    private readonly webhooks: PostgresWebhookRepository,
    private readonly attempts: DeliveryAttempt,
    private readonly transactions: TransactionRunner,
    private readonly notifier: DeliveryNotifier,
    private readonly metrics: DeliveryMetrics,
    private readonly clock: Clock,
    private readonly config: WebhookConfig,
    logger: KeepsakeLogger,
  ) {
    this.logger = logger.channel('webhooks');
  }

  onApplicationBootstrap(): void {
    this.looping = this.loop();
  }

  /** What is under way is given up and given back: it is made again, by another process or the next start. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    this.notifier.notify();
    await this.looping;
    for (const controller of this.running.values()) controller.abort();
    await Promise.all(this.running.keys());
  }

  /** Begins what is due and has room. @returns how many deliveries */
  async dispatch(): Promise<number> {
    let begun = 0;
    for (const ref of await this.queue.findDue(this.clock.now(), WEBHOOKS_A_LOOK)) {
      const limit = this.config.concurrency - this.running.size;
      if (this.stopping || limit <= 0) break;
      const webhook = await this.transactions.run(async () => {
        const locked = await this.webhooks.lockForDelivery(ref);
        return locked && { locked, claimed: await this.claim(locked, limit) };
      });
      if (webhook === undefined) continue;
      for (const delivery of webhook.claimed) this.begin(webhook.locked, delivery);
      begun += webhook.claimed.length;
    }
    return begun;
  }

  /** Resolves when nothing is under way in this process. */
  async settled(): Promise<void> {
    while (this.running.size > 0) await Promise.all(this.running.keys());
  }

  private async loop(): Promise<void> {
    while (!this.stopping) {
      try {
        await this.dispatch();
      } catch (error) {
        // The worker reports a database that is away; nothing is lost but time.
        if (!isDatabaseUnavailable(error)) this.logger.error({ err: error }, 'looking for deliveries failed');
      }
      if (!this.stopping) await this.notifier.wait(this.config.pollMs);
    }
  }

  private claim(webhook: StoredWebhook, limit: number): Promise<readonly ClaimedDelivery[]> {
    const now = this.clock.now();
    const until = new Date(now.getTime() + this.config.timeoutMs + CLAIM_GRACE_MS);
    const most = webhook.failures > 0 ? MOST_OF_A_FAILING_WEBHOOK : MOST_OF_A_WEBHOOK;
    return this.queue.claim(webhook, { claim: randomUUID(), now, until, most, limit });
  }

  private begin(webhook: StoredWebhook, delivery: ClaimedDelivery): void {
    const controller = new AbortController();
    const done = this.deliver(webhook, delivery, controller.signal)
      .catch((error: unknown) => {
        // Its claim runs out, and it is made again.
        this.logger.error(
          { err: error, webhookId: webhook.id, eventId: delivery.eventId },
          'a delivery was not settled',
        );
      })
      .finally(() => {
        this.running.delete(done);
        this.notifier.notify();
      });
    this.running.set(done, controller);
  }

  private async deliver(webhook: StoredWebhook, delivery: ClaimedDelivery, signal: AbortSignal): Promise<void> {
    const result = await this.attempts.make(webhook, delivery, signal);
    if (signal.aborted && !result.isDelivered) return this.queue.release(delivery);
    if (result.isDelivered) {
      this.metrics.ended('delivered', result.durationMs);
      await this.queue.deliver(delivery, result);
      return this.webhooks.noteSuccess(webhook, result.at);
    }
    this.logger.warn(
      { webhookId: webhook.id, eventId: delivery.eventId, status: result.responseStatus, failure: result.failure },
      'a delivery failed',
    );
    await this.webhooks.noteFailure(webhook, result.at);
    await this.settleFailure(webhook, delivery, result);
  }

  private async settleFailure(webhook: StoredWebhook, delivery: ClaimedDelivery, result: AttemptResult): Promise<void> {
    const { at, durationMs } = result;
    const firstAt = delivery.firstAttemptAt ?? at;
    const next = nextAttemptAt(
      { attempts: delivery.attempts + 1, firstAt, now: at },
      Math.random(),
      result.retryAfterMs,
    );
    if (result.isGone || next === undefined) {
      const isDisabled = result.isGone
        ? await this.disable(webhook, 'gone', at)
        : await this.disable(webhook, 'unreachable', at, firstAt);
      // Others were delivered meanwhile: it is this one that the receiver does not take.
      if (!isDisabled && !result.isGone && (await this.queue.giveUp(delivery, result)))
        return this.metrics.ended('given-up', durationMs);
    }
    this.metrics.ended('failed', durationMs);
    // It waits as long as the webhook is disabled.
    await this.queue.retryAt(delivery, result, next ?? at);
  }

  private async disable(
    { workspaceId, id }: StoredWebhook,
    reason: DisabledReason,
    at: Date,
    unlessSince?: Date,
  ): Promise<boolean> {
    const isDisabled = await this.webhooks.disable({ workspaceId, id }, reason, at, unlessSince);
    if (isDisabled)
      this.logger.warn({ workspaceId, webhookId: id, reason }, 'a webhook was disabled: nothing is sent to it');
    return isDisabled;
  }
}
