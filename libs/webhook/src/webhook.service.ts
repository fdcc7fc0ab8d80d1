import { Injectable } from '@nestjs/common';
import { TransactionRunner } from '#database';
import { entityTag, type Page, type Preconditions, requireMatch } from '#http';
import {
  Clock,
  newId,
  newRevision,
  NotFoundError,
  type WebhookEventId,
  type WebhookId,
  type WorkspaceId,
} from '#kernel';
import { writtenByCaller } from '#observability';
import { AddressGuard } from '#outbound';
import { DeliveryNotifier } from './delivery/delivery-notifier.js';
import { PostgresDeliveryRepository } from './delivery/postgres-delivery.repository.js';
import { PostgresWebhookRepository, type StoredWebhook } from './postgres-webhook.repository.js';
import { generateSecret } from './signature.js';
import { type Delivery, type DeliveryState, TEST_EVENT, type Webhook } from './webhook.js';
import { tooManyWebhooks, webhookAddress, webhookDisabled } from './webhook.errors.js';
import { WebhookSecrets } from './webhook-secrets.js';

/** An event is written once for each that asks for it. */
const MOST_WEBHOOKS = 50;

/** A webhook with a secret that is shown this once. */
export interface NewSecret {
  readonly webhook: Webhook;
  readonly secret: string;
}

export type WebhookInput = Pick<Webhook, 'url' | 'events' | 'projectSlug' | 'description' | 'content'>;

/** Where a workspace has its events sent, and what was sent. Nothing here waits for a receiver. */
@Injectable()
export class WebhookService {
  constructor(
    private readonly webhooks: PostgresWebhookRepository,
    private readonly deliveries: PostgresDeliveryRepository,
    private readonly secrets: WebhookSecrets,
    private readonly guard: AddressGuard,
    private readonly transactions: TransactionRunner,
    private readonly clock: Clock,
    private readonly notifier: DeliveryNotifier,
  ) {}

  /**
   * Events that are recorded from the answer on are sent.
   * @throws DomainError `webhook-address` for an address that may not be asked; `too-many-webhooks`
   */
  create(workspaceId: WorkspaceId, input: WebhookInput): Promise<NewSecret> {
    this.requireAddress(input.url);
    return this.transactions.run(async () => {
      if ((await this.webhooks.count(workspaceId)) >= MOST_WEBHOOKS) throw tooManyWebhooks(MOST_WEBHOOKS);
      const now = this.clock.now();
      const id = newId<WebhookId>();
      const secret = generateSecret();
      const webhook: StoredWebhook = {
        ...input,
        workspaceId,
        id,
        secret: await this.secrets.encrypt({ workspaceId, id }, secret),
        previousSecret: null,
        previousSecretExpiresAt: null,
        disabledAt: null,
        disabledReason: null,
        failures: 0,
        lastSuccessAt: null,
        lastFailureAt: null,
        createdAt: now,
        updatedAt: now,
        createdBy: writtenByCaller().createdBy,
        revision: newRevision(),
      };
      await this.webhooks.insert(webhook);
      return { webhook, secret };
    });
  }

  /** Newest first. */
  list(workspaceId: WorkspaceId, after: WebhookId | undefined, limit: number): Promise<Page<Webhook, [WebhookId]>> {
    return this.webhooks.list(workspaceId, after, limit);
  }

  /** @throws DomainError `webhook-not-found` */
  async get(workspaceId: WorkspaceId, id: WebhookId): Promise<Webhook> {
    return found(await this.webhooks.find(workspaceId, id), id);
  }

  /**
   * What is left out stays. What waits of one that is enabled again is due at once, for as long as if it were new.
   * @param given what it says of the state it is for; absent: any
   * @throws DomainError `webhook-not-found`, `precondition-failed`, `webhook-address`
   */
  change(
    workspaceId: WorkspaceId,
    id: WebhookId,
    { enabled, ...input }: Partial<WebhookInput> & { readonly enabled?: boolean | undefined },
    given?: Preconditions,
  ): Promise<Webhook> {
    if (input.url !== undefined) this.requireAddress(input.url);
    return this.transactions.run(async () => {
      const old = await this.getForChange(workspaceId, id, given);
      const now = this.clock.now();
      const isEnabledAgain = enabled === true && old.disabledAt !== null;
      const changed: StoredWebhook = {
        ...old,
        ...definedOf(input),
        ...(isEnabledAgain ? { disabledAt: null, disabledReason: null, failures: 0 } : {}),
        ...(enabled === false && old.disabledAt === null ? { disabledAt: now, disabledReason: 'by-hand' } : {}),
        updatedAt: now,
        revision: newRevision(),
      };
      await this.webhooks.replace(changed);
      if (isEnabledAgain) {
        await this.deliveries.restart(changed, now);
        await this.transactions.afterCommit(() => this.notifier.notify());
      }
      return changed;
    });
  }

  /**
   * Gives it a new secret. The old one signs beside it for `overlapMs`, so that a receiver can take its time; one before that
   * is gone.
   * @param given as for `change`
   * @throws DomainError `webhook-not-found`, `precondition-failed`
   */
  rotate(workspaceId: WorkspaceId, id: WebhookId, overlapMs: number, given?: Preconditions): Promise<NewSecret> {
    return this.transactions.run(async () => {
      const old = await this.getForChange(workspaceId, id, given);
      const now = this.clock.now();
      const secret = generateSecret();
      const rotated: StoredWebhook = {
        ...old,
        secret: await this.secrets.encrypt(old, secret),
        previousSecret: overlapMs === 0 ? null : old.secret,
        previousSecretExpiresAt: overlapMs === 0 ? null : new Date(now.getTime() + overlapMs),
        updatedAt: now,
        revision: newRevision(),
      };
      await this.webhooks.replace(rotated);
      return { webhook: rotated, secret };
    });
  }

  /** With all its deliveries: what waits is not sent any more. @throws as `change` */
  delete(workspaceId: WorkspaceId, id: WebhookId, given?: Preconditions): Promise<void> {
    return this.transactions.run(async () => {
      await this.getForChange(workspaceId, id, given);
      await this.webhooks.remove(workspaceId, id);
    });
  }

  /** Sends an event that says nothing, as others are sent. @throws DomainError `webhook-not-found`, `webhook-disabled` */
  test(workspaceId: WorkspaceId, id: WebhookId): Promise<Delivery> {
    return this.transactions.run(async () => {
      const webhook = await this.getForChange(workspaceId, id);
      if (webhook.disabledAt !== null) throw webhookDisabled();
      const eventId = newId<WebhookEventId>();
      const now = this.clock.now();
      // A subject of its own: it waits for nothing.
      const subject = `${TEST_EVENT}:${eventId}`;
      await this.deliveries.add(webhook, { eventId, event: TEST_EVENT, subject, data: {} }, now);
      await this.transactions.afterCommit(() => this.notifier.notify());
      return this.delivery(workspaceId, id, eventId);
    });
  }

  /** Newest first. @throws DomainError `webhook-not-found` */
  async listDeliveries(
    workspaceId: WorkspaceId,
    id: WebhookId,
    state: DeliveryState | undefined,
    after: WebhookEventId | undefined,
    limit: number,
  ): Promise<Page<Delivery, [WebhookEventId]>> {
    await this.get(workspaceId, id);
    return this.deliveries.list(workspaceId, id, state, after, limit);
  }

  /** @throws DomainError `webhook-not-found`, `delivery-not-found` */
  async getDelivery(workspaceId: WorkspaceId, id: WebhookId, eventId: WebhookEventId): Promise<Delivery> {
    await this.get(workspaceId, id);
    return this.delivery(workspaceId, id, eventId);
  }

  /**
   * Sends a delivery again, with the same `webhook-id`; one that waits is due at once.
   * @throws DomainError `webhook-not-found`, `delivery-not-found`, `webhook-disabled`
   */
  redeliver(workspaceId: WorkspaceId, id: WebhookId, eventId: WebhookEventId): Promise<Delivery> {
    return this.transactions.run(async () => {
      const webhook = await this.getForChange(workspaceId, id);
      await this.delivery(workspaceId, id, eventId);
      if (webhook.disabledAt !== null) throw webhookDisabled();
      await this.deliveries.renew(webhook, eventId, this.clock.now());
      await this.transactions.afterCommit(() => this.notifier.notify());
      return this.delivery(workspaceId, id, eventId);
    });
  }

  /** The entity tag of a webhook: another one after every change. */
  tagOf({ workspaceId, id, revision, failures, lastSuccessAt, lastFailureAt }: Webhook): string {
    const shown = [String(failures), lastSuccessAt?.toISOString(), lastFailureAt?.toISOString()];
    return entityTag(['webhook', workspaceId, id, revision], shown);
  }

  private async delivery(workspaceId: WorkspaceId, id: WebhookId, eventId: WebhookEventId): Promise<Delivery> {
    const delivery = await this.deliveries.find(workspaceId, id, eventId);
    if (delivery === undefined) throw new NotFoundError('Delivery', eventId);
    return delivery;
  }

  private async getForChange(workspaceId: WorkspaceId, id: WebhookId, given?: Preconditions): Promise<StoredWebhook> {
    const webhook = found(await this.webhooks.findForChange(workspaceId, id), id);
    requireMatch(given, this.tagOf(webhook));
    return webhook;
  }

  /** Names are judged when they are connected to. */
  private requireAddress(url: string): void {
    if (this.guard.refusesLiteral(new URL(url))) throw webhookAddress();
  }
}

function found(webhook: StoredWebhook | undefined, id: WebhookId): StoredWebhook {
  if (webhook === undefined) throw new NotFoundError('Webhook', id);
  return webhook;
}

function definedOf<Value extends object>(value: Value): Partial<Value> {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as Partial<Value>;
}
