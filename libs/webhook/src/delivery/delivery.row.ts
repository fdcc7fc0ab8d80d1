import type { WebhookEventId, WebhookId, WorkspaceId } from '#kernel';
import type { Delivery, DeliveryState } from '../webhook.js';

export interface DeliveryRow {
  readonly workspace_id: WorkspaceId;
  readonly webhook_id: WebhookId;
  readonly event_id: WebhookEventId;
  readonly event: Delivery['event'];
  readonly subject: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly occurred_at: Date;
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly due_at: Date;
  readonly first_attempt_at: Date | null;
  readonly last_attempt_at: Date | null;
  readonly finished_at: Date | null;
  readonly response_status: number | null;
  readonly failure: string | null;
  readonly duration_ms: number | null;
}

/** Of `webhook_deliveries d`. */
export const DELIVERY_COLUMNS = `d.workspace_id, d.webhook_id, d.event_id, d.event, d.subject, d.data, d.occurred_at, d.state, d.attempts,
  d.due_at, d.first_attempt_at, d.last_attempt_at, d.finished_at, d.response_status, d.failure, d.duration_ms`;
/** One row, by the first three parameters. */
export const ONE_DELIVERY = 'workspace_id = $1 AND webhook_id = $2 AND event_id = $3';

export function toDelivery(row: DeliveryRow): Delivery {
  return {
    workspaceId: row.workspace_id,
    webhookId: row.webhook_id,
    eventId: row.event_id,
    event: row.event,
    data: row.data,
    occurredAt: row.occurred_at,
    state: row.state,
    attempts: row.attempts,
    dueAt: row.due_at,
    firstAttemptAt: row.first_attempt_at,
    lastAttemptAt: row.last_attempt_at,
    finishedAt: row.finished_at,
    responseStatus: row.response_status,
    failure: row.failure,
    durationMs: row.duration_ms,
  };
}
