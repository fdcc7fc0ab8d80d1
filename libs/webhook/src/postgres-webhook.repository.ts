import { Injectable } from '@nestjs/common';
import { Database, Table } from '#database';
import { type Page, toPage } from '#http';
import { newRevision, type WebhookId, type WorkspaceId } from '#kernel';
import type { DisabledReason, Webhook } from './webhook.js';

/** A webhook with its secrets, encrypted. */
export interface StoredWebhook extends Webhook {
  readonly secret: string;
  readonly previousSecret: string | null;
}

const webhookTable = new Table<StoredWebhook>(
  'webhooks',
  'w',
  {
    workspaceId: 'uuid',
    id: 'uuid',
    url: 'text',
    events: 'text[]',
    projectSlug: 'text',
    description: 'text',
    content: 'boolean',
    secret: 'text',
    previousSecret: 'text',
    previousSecretExpiresAt: 'timestamptz',
    disabledAt: 'timestamptz',
    disabledReason: 'text',
    failures: 'integer',
    lastSuccessAt: 'timestamptz',
    lastFailureAt: 'timestamptz',
    createdAt: 'timestamptz',
    updatedAt: 'timestamptz',
    createdBy: 'text',
    revision: 'uuid',
  },
  false,
);

/** How exact the time of the last success is: not every delivery writes it. */
const SUCCESS_EXACT_MS = 60_000;

/** Webhooks at rest. */
@Injectable()
export class PostgresWebhookRepository {
  constructor(private readonly database: Database) {}

  insert(webhook: StoredWebhook): Promise<void> {
    return webhookTable.insert(this.database, [webhook]);
  }

  /** What deliveries write of a webhook stays. */
  replace(webhook: StoredWebhook): Promise<void> {
    return webhookTable.replace(this.database, [webhook], ['lastSuccessAt', 'lastFailureAt', 'createdAt', 'createdBy']);
  }

  find(workspaceId: WorkspaceId, id: WebhookId): Promise<StoredWebhook | undefined> {
    return this.one(workspaceId, id, '');
  }

  /** As `find`, and nobody else changes it until the end of the transaction. */
  findForChange(workspaceId: WorkspaceId, id: WebhookId): Promise<StoredWebhook | undefined> {
    return this.one(workspaceId, id, 'FOR NO KEY UPDATE');
  }

  /** One that is enabled, held by this transaction; undefined where another process holds it now. */
  async lockForDelivery({ workspaceId, id }: Pick<Webhook, 'workspaceId' | 'id'>): Promise<StoredWebhook | undefined> {
    const webhook = await this.one(workspaceId, id, 'FOR NO KEY UPDATE SKIP LOCKED');
    return webhook?.disabledAt === null ? webhook : undefined;
  }

  /** Newest first. */
  async list(
    workspaceId: WorkspaceId,
    after: WebhookId | undefined,
    limit: number,
  ): Promise<Page<Webhook, [WebhookId]>> {
    const rows = await this.database.query<object>(
      `SELECT ${webhookTable.columns} FROM webhooks w
       WHERE w.workspace_id = $1 AND ($2::uuid IS NULL OR w.id < $2) ORDER BY w.id DESC LIMIT $3`,
      [workspaceId, after ?? null, limit + 1],
    );
    return toPage(
      rows.map((row) => webhookTable.toThing(row)),
      limit,
      ({ id }) => [id],
    );
  }

  async count(workspaceId: WorkspaceId): Promise<number> {
    const [row] = await this.database.query<{ count: number }>(
      'SELECT count(*)::int AS count FROM webhooks WHERE workspace_id = $1',
      [workspaceId],
    );
    return row?.count ?? 0;
  }

  /** With its deliveries. @returns whether it was there */
  async remove(workspaceId: WorkspaceId, id: WebhookId): Promise<boolean> {
    const rows = await this.database.query('DELETE FROM webhooks WHERE workspace_id = $1 AND id = $2 RETURNING id', [
      workspaceId,
      id,
    ]);
    return rows.length > 0;
  }

  async noteSuccess({ workspaceId, id }: Pick<Webhook, 'workspaceId' | 'id'>, at: Date): Promise<void> {
    await this.database.query(
      `UPDATE webhooks SET failures = 0, last_success_at = $3
       WHERE workspace_id = $1 AND id = $2 AND (failures > 0 OR last_success_at IS NULL OR last_success_at < $4)`,
      [workspaceId, id, at, new Date(at.getTime() - SUCCESS_EXACT_MS)],
    );
  }

  async noteFailure({ workspaceId, id }: Pick<Webhook, 'workspaceId' | 'id'>, at: Date): Promise<void> {
    await this.database.query(
      'UPDATE webhooks SET failures = failures + 1, last_failure_at = $3 WHERE workspace_id = $1 AND id = $2',
      [workspaceId, id, at],
    );
  }

  /**
   * Disables one that is enabled.
   * @param unlessSince leaves it where something was delivered since then
   * @returns whether this call disabled it
   */
  async disable(
    { workspaceId, id }: Pick<Webhook, 'workspaceId' | 'id'>,
    reason: DisabledReason,
    at: Date,
    unlessSince?: Date,
  ): Promise<boolean> {
    const rows = await this.database.query(
      `UPDATE webhooks SET disabled_at = $3, disabled_reason = $4, revision = $5, updated_at = $3
       WHERE workspace_id = $1 AND id = $2 AND disabled_at IS NULL
         AND ($6::timestamptz IS NULL OR last_success_at IS NULL OR last_success_at < $6) RETURNING id`,
      [workspaceId, id, at, reason, newRevision(), unlessSince ?? null],
    );
    return rows.length > 0;
  }

  /** How many there are of all workspaces, by whether and why nothing is sent to them. */
  countByState(): Promise<{ readonly state: DisabledReason | 'enabled'; readonly webhooks: number }[]> {
    return this.database.query(
      `SELECT coalesce(disabled_reason, 'enabled') AS state, count(*)::int AS webhooks FROM webhooks GROUP BY 1`,
    );
  }

  private async one(workspaceId: WorkspaceId, id: WebhookId, lock: string): Promise<StoredWebhook | undefined> {
    const rows = await this.database.query<object>(
      `SELECT ${webhookTable.columns} FROM webhooks w WHERE w.workspace_id = $1 AND w.id = $2 ${lock}`,
      [workspaceId, id],
    );
    return rows.map((row) => webhookTable.toThing(row))[0];
  }
}
