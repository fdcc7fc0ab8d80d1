import type { ProjectId, Revision, WebhookEventId, WebhookId, WorkspaceId } from '#kernel';

/** What can be subscribed to. */
export const webhookEvents = [
  'session.ended',
  'context.stored',
  'context.superseded',
  'context.forgotten',
  'handover.created',
  'conversation.quiet',
  'job.failed',
  'limit.reached',
  'budget.reached',
] as const;
type WebhookEvent = (typeof webhookEvents)[number];

/** Is sent to any webhook, on request. */
export const TEST_EVENT = 'webhook.test';

/**
 * Why nothing is sent: somebody turned it off, its receiver took nothing for as long as deliveries are retried, or it
 * answered that it is gone (410).
 */
export const disabledReasons = ['by-hand', 'unreachable', 'gone'] as const;
export type DisabledReason = (typeof disabledReasons)[number];

/** Where events of a workspace are sent. */
export interface Webhook {
  readonly workspaceId: WorkspaceId;
  readonly id: WebhookId;
  readonly url: string;
  readonly events: readonly WebhookEvent[];
  /** Only events of this project, which need not be there yet; null: of all, and those of no project. */
  readonly projectSlug: string | null;
  readonly description: string | null;
  /** Whether deliveries hold the content of what they are about. */
  readonly content: boolean;
  readonly disabledAt: Date | null;
  readonly disabledReason: DisabledReason | null;
  /** Attempts that failed since the last one that did not, of all its deliveries. */
  readonly failures: number;
  /** Exact to a minute. */
  readonly lastSuccessAt: Date | null;
  readonly lastFailureAt: Date | null;
  /** Until then the secret before the last rotation signs too; null: there is none. */
  readonly previousSecretExpiresAt: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly createdBy: string | null;
  /** Another one after every change that somebody makes, and when it is disabled. */
  readonly revision: Revision;
}

/** What happened, as it is recorded for each webhook that asks for it. */
export interface RecordedEvent {
  readonly event: WebhookEvent;
  /** null: it belongs to no project. */
  readonly projectId: ProjectId | null;
  /** What it happened to: deliveries of one subject are made in the order in which they were recorded. */
  readonly subject: string;
  /** Ids and numbers, no content. */
  readonly data: Readonly<Record<string, unknown>>;
  /** Where this is given, a webhook has one event of this name, whoever records it again. */
  readonly once?: string;
  /** When it happened, where that is not now: webhooks that were made since then are not sent it. */
  readonly occurredAt?: Date;
}

/**
 * `pending`: not delivered yet; `delivered`: the receiver answered 2xx; `failed`: it was given up, while others of its webhook
 * were delivered.
 */
export const deliveryStates = ['pending', 'delivered', 'failed'] as const;
export type DeliveryState = (typeof deliveryStates)[number];

/** An event on its way to a webhook. */
export interface Delivery {
  readonly workspaceId: WorkspaceId;
  readonly webhookId: WebhookId;
  /** The `webhook-id` of every attempt. */
  readonly eventId: WebhookEventId;
  readonly event: WebhookEvent | typeof TEST_EVENT;
  readonly data: Readonly<Record<string, unknown>>;
  readonly occurredAt: Date;
  readonly state: DeliveryState;
  readonly attempts: number;
  /** The next attempt is not made before. */
  readonly dueAt: Date;
  readonly firstAttemptAt: Date | null;
  readonly lastAttemptAt: Date | null;
  readonly finishedAt: Date | null;
  /** Of the last attempt; null where there was no answer. */
  readonly responseStatus: number | null;
  /** Of the last attempt, where it failed. */
  readonly failure: string | null;
  readonly durationMs: number | null;
}
