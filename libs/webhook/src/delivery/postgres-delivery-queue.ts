import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import type { WebhookId, WorkspaceId } from '#kernel';
import type { Delivery, DeliveryState, Webhook } from '../webhook.js';
import { DELIVERY_COLUMNS, type DeliveryRow, ONE_DELIVERY, toDelivery } from './delivery.row.js';

type WebhookRef = Pick<Webhook, 'workspaceId' | 'id'>;

/** A delivery that this process makes now, and nobody else. */
export interface ClaimedDelivery extends Delivery {
  readonly claim: string;
  readonly subject: string;
}

/** How an attempt ended. */
export interface Attempt {
  readonly at: Date;
  readonly durationMs: number;
  readonly responseStatus: number | null;
  readonly failure: string | null;
}

/** Nothing of its subject that was recorded before it waits. */
const IS_FIRST = `NOT EXISTS (
  SELECT FROM webhook_deliveries earlier
  WHERE earlier.workspace_id = d.workspace_id AND earlier.webhook_id = d.webhook_id AND earlier.subject = d.subject
    AND earlier.state = 'pending' AND earlier.seq < d.seq)`;

/**
 * Takes deliveries that are due and writes down how they ended. Safe between processes: a delivery is one claim's at a time,
 * and nothing of a subject is taken before what was recorded earlier has ended.
 */
@Injectable()
export class PostgresDeliveryQueue {
  constructor(private readonly database: Database) {}

  /** Some of the webhooks that have something due, in no order. */
  async findDue(now: Date, limit: number): Promise<readonly WebhookRef[]> {
    const rows = await this.database.query<{ workspace_id: WorkspaceId; id: WebhookId }>(
      `SELECT w.workspace_id, w.id FROM webhooks w
       WHERE w.disabled_at IS NULL AND EXISTS (
         SELECT FROM webhook_deliveries d WHERE d.workspace_id = w.workspace_id AND d.webhook_id = w.id
           AND d.state = 'pending' AND d.due_at <= $1 AND (d.claimed_until IS NULL OR d.claimed_until <= $1))
       ORDER BY random() LIMIT $2`,
      [now, limit],
    );
    return rows.map(({ workspace_id: workspaceId, id }) => ({ workspaceId, id }));
  }

  /**
   * Takes what is due of a webhook, at most the first of each subject, until then: whoever has not settled it by `until` has
   * lost it. Call it in a transaction that holds the webhook, so that one process at a time counts what is under way.
   * @param most that may be under way at the same time, in all processes
   * @param limit of what this call takes
   */
  async claim(
    { workspaceId, id }: WebhookRef,
    { claim, now, until, most, limit }: { claim: string; now: Date; until: Date; most: number; limit: number },
  ): Promise<readonly ClaimedDelivery[]> {
    const rows = await this.database.query<DeliveryRow>(
      `UPDATE webhook_deliveries AS taken
       SET claim = $3, claimed_until = $5, first_attempt_at = coalesce(taken.first_attempt_at, $4)
       FROM (
         SELECT d.event_id FROM webhook_deliveries d
         WHERE d.workspace_id = $1 AND d.webhook_id = $2 AND d.state = 'pending' AND d.due_at <= $4
           AND (d.claimed_until IS NULL OR d.claimed_until <= $4) AND ${IS_FIRST}
         ORDER BY d.due_at, d.seq
         LIMIT least($7::int, greatest(0, $6::int - (
           SELECT count(*)::int FROM webhook_deliveries d
           WHERE d.workspace_id = $1 AND d.webhook_id = $2 AND d.state = 'pending' AND d.claimed_until > $4)))
       ) AS d
       WHERE taken.workspace_id = $1 AND taken.webhook_id = $2 AND taken.event_id = d.event_id
       RETURNING ${DELIVERY_COLUMNS.replaceAll('d.', 'taken.')}`,
      [workspaceId, id, claim, now, until, most, limit],
    );
    return rows.map((row) => ({ ...toDelivery(row), claim, subject: row.subject }));
  }

  /** @returns whether it was still this claim's */
  async deliver(delivery: ClaimedDelivery, attempt: Attempt): Promise<boolean> {
    return this.finish(delivery, attempt, 'delivered');
  }

  /** @returns whether it was still this claim's */
  async giveUp(delivery: ClaimedDelivery, attempt: Attempt): Promise<boolean> {
    return this.finish(delivery, attempt, 'failed');
  }

  /** It waits until then, and what comes after it with it. @returns whether it was still this claim's */
  async retryAt(delivery: ClaimedDelivery, attempt: Attempt, dueAt: Date): Promise<boolean> {
    const { workspaceId, webhookId, eventId, claim, subject } = delivery;
    const rows = await this.database.query(
      `UPDATE webhook_deliveries SET claim = NULL, claimed_until = NULL, attempts = attempts + 1, due_at = $9,
         last_attempt_at = $5, duration_ms = $6, response_status = $7, failure = $8
       WHERE ${ONE_DELIVERY} AND claim = $4 RETURNING event_id`,
      [workspaceId, webhookId, eventId, claim, ...valuesOf(attempt), dueAt],
    );
    if (rows.length === 0) return false;
    await this.database.query(
      `UPDATE webhook_deliveries SET due_at = $4
       WHERE workspace_id = $1 AND webhook_id = $2 AND subject = $3 AND state = 'pending' AND due_at < $4`,
      [workspaceId, webhookId, subject, dueAt],
    );
    return true;
  }

  /** Gives it back: it is due as it was, and this was no attempt. */
  async release({ workspaceId, webhookId, eventId, claim }: ClaimedDelivery): Promise<void> {
    await this.database.query(
      `UPDATE webhook_deliveries SET claim = NULL, claimed_until = NULL WHERE ${ONE_DELIVERY} AND claim = $4`,
      [workspaceId, webhookId, eventId, claim],
    );
  }

  private async finish(
    { workspaceId, webhookId, eventId, claim }: ClaimedDelivery,
    attempt: Attempt,
    state: DeliveryState,
  ): Promise<boolean> {
    const rows = await this.database.query(
      `UPDATE webhook_deliveries SET claim = NULL, claimed_until = NULL, attempts = attempts + 1, state = $9,
         finished_at = $5, last_attempt_at = $5, duration_ms = $6, response_status = $7, failure = $8
       WHERE ${ONE_DELIVERY} AND claim = $4 RETURNING event_id`,
      [workspaceId, webhookId, eventId, claim, ...valuesOf(attempt), state],
    );
    return rows.length > 0;
  }
}

function valuesOf({ at, durationMs, responseStatus, failure }: Attempt): readonly unknown[] {
  return [at, durationMs, responseStatus, failure];
}
