import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import { type Page, toPage } from '#http';
import type { ProjectId, WebhookEventId, WebhookId, WorkspaceId } from '#kernel';
import type { Delivery, DeliveryState, RecordedEvent, Webhook } from '../webhook.js';
import { DELIVERY_COLUMNS, type DeliveryRow, ONE_DELIVERY, toDelivery } from './delivery.row.js';

type WebhookRef = Pick<Webhook, 'workspaceId' | 'id'>;

/**
 * Deliveries at rest: a queue of their own. What waits of a subject is due when the first of it is, so that a receiver that
 * does not answer costs one look a subject, however much waits behind it.
 */
@Injectable()
export class PostgresDeliveryRepository {
  constructor(private readonly database: Database) {}

  /**
   * Records events for every webhook of the workspace that is enabled and asks for them. A webhook that is deleted at the same
   * time is waited for, and left out.
   * @param events each with an id of its own
   * @returns how many deliveries that makes
   */
  async record(
    workspaceId: WorkspaceId,
    events: readonly (RecordedEvent & { readonly eventId: WebhookEventId })[],
    at: Date,
  ): Promise<number> {
    const rows = await this.database.query(
      `WITH matched AS (
         SELECT given.position, given.event_id, given.event, given.subject, given.once, w.id AS webhook_id,
           coalesce(given.occurred_at, $3) AS occurred_at,
           CASE WHEN p.slug IS NULL THEN given.data ELSE given.data || jsonb_build_object('project', p.slug) END AS data
         FROM jsonb_to_recordset($2::jsonb) AS given
             (position integer, event_id uuid, event text, project_id uuid, subject text, data jsonb, once text,
              occurred_at timestamptz)
           LEFT JOIN projects p ON p.workspace_id = $1 AND p.id = given.project_id
           JOIN webhooks w ON w.workspace_id = $1 AND w.disabled_at IS NULL AND given.event = ANY (w.events)
             AND w.created_at <= coalesce(given.occurred_at, $3)
            AND (w.project_slug IS NULL OR w.project_slug = p.slug)
         FOR KEY SHARE OF w)
       INSERT INTO webhook_deliveries
         (workspace_id, webhook_id, event_id, event, subject, data, once, occurred_at, state, attempts, due_at)
       SELECT $1, m.webhook_id, m.event_id, m.event, m.subject, m.data, m.once, m.occurred_at, 'pending', 0,
         coalesce((SELECT max(d.due_at) FROM webhook_deliveries d WHERE d.workspace_id = $1
           AND d.webhook_id = m.webhook_id AND d.subject = m.subject AND d.state = 'pending'), $3)
       FROM matched m ORDER BY m.position
       ON CONFLICT DO NOTHING RETURNING event_id`,
      [
        workspaceId,
        JSON.stringify(
          events.map(({ eventId, event, projectId, subject, data, once, occurredAt }, position) => ({
            position,
            event_id: eventId,
            event,
            project_id: projectId satisfies ProjectId | null,
            subject,
            data,
            once: once ?? null,
            occurred_at: occurredAt ?? null,
          })),
        ),
        at,
      ],
    );
    return rows.length;
  }

  /** One for this webhook alone. */
  async add(
    { workspaceId, id }: WebhookRef,
    { eventId, event, subject, data }: Pick<Delivery, 'eventId' | 'event' | 'data'> & { readonly subject: string },
    at: Date,
  ): Promise<void> {
    await this.database.query(
      `INSERT INTO webhook_deliveries
         (workspace_id, webhook_id, event_id, event, subject, data, occurred_at, state, attempts, due_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, 'pending', 0, $7)`,
      [workspaceId, id, eventId, event, subject, JSON.stringify(data), at],
    );
  }

  async find(workspaceId: WorkspaceId, webhookId: WebhookId, eventId: WebhookEventId): Promise<Delivery | undefined> {
    const rows = await this.database.query<DeliveryRow>(
      `SELECT ${DELIVERY_COLUMNS} FROM webhook_deliveries d WHERE ${ONE_DELIVERY}`,
      [workspaceId, webhookId, eventId],
    );
    return rows.map(toDelivery)[0];
  }

  /** Newest first. */
  async list(
    workspaceId: WorkspaceId,
    webhookId: WebhookId,
    state: DeliveryState | undefined,
    after: WebhookEventId | undefined,
    limit: number,
  ): Promise<Page<Delivery, [WebhookEventId]>> {
    const rows = await this.database.query<DeliveryRow>(
      `SELECT ${DELIVERY_COLUMNS} FROM webhook_deliveries d
       WHERE d.workspace_id = $1 AND d.webhook_id = $2 AND ($3::text IS NULL OR d.state = $3)
         AND ($4::uuid IS NULL OR d.event_id < $4)
       ORDER BY d.event_id DESC LIMIT $5`,
      [workspaceId, webhookId, state ?? null, after ?? null, limit + 1],
    );
    return toPage(rows.map(toDelivery), limit, ({ eventId }) => [eventId]);
  }

  /** What waits of a webhook is due now, as if it were new. */
  async restart({ workspaceId, id }: WebhookRef, now: Date): Promise<void> {
    await this.database.query(
      `UPDATE webhook_deliveries SET due_at = $3, first_attempt_at = NULL
       WHERE workspace_id = $1 AND webhook_id = $2 AND state = 'pending'`,
      [workspaceId, id, now],
    );
  }

  /** One waits again, or is due now, as if it were new. */
  async renew({ workspaceId, id }: WebhookRef, eventId: WebhookEventId, now: Date): Promise<void> {
    await this.database.query(
      `UPDATE webhook_deliveries SET state = 'pending', finished_at = NULL, due_at = $4, first_attempt_at = NULL
       WHERE ${ONE_DELIVERY}`,
      [workspaceId, id, eventId, now],
    );
  }

  /** Removes what was finished before then, and what has waited since before then. @returns how many, at most `limit` */
  async removeOld(finishedBefore: Date, occurredBefore: Date, limit: number): Promise<number> {
    const rows = await this.database.query(
      `DELETE FROM webhook_deliveries WHERE ctid = ANY (ARRAY(
         SELECT ctid FROM webhook_deliveries
         WHERE finished_at < $1 OR (finished_at IS NULL AND occurred_at < $2) LIMIT $3)) RETURNING event_id`,
      [finishedBefore, occurredBefore, limit],
    );
    return rows.length;
  }

  /** How many wait of all workspaces, and since when the first of them has been due; null where nothing is. */
  async waiting(now: Date): Promise<{ readonly deliveries: number; readonly oldestDueAt: Date | null }> {
    const [row] = await this.database.query<{ deliveries: number; oldest: Date | null }>(
      `SELECT count(*)::int AS deliveries, min(d.due_at) FILTER (WHERE d.due_at <= $1) AS oldest
       FROM webhook_deliveries d JOIN webhooks w ON w.workspace_id = d.workspace_id AND w.id = d.webhook_id
       WHERE d.state = 'pending' AND w.disabled_at IS NULL`,
      [now],
    );
    return { deliveries: row?.deliveries ?? 0, oldestDueAt: row?.oldest ?? null };
  }
}
