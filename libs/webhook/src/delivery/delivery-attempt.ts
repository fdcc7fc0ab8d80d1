import { Injectable } from '@nestjs/common';
import { WebhookConfig } from '#config';
import { Clock, productVersion } from '#kernel';
import { type OutboundAnswer, OutboundClient, OutboundError } from '#outbound';
import type { StoredWebhook } from '../postgres-webhook.repository.js';
import { signedHeaders } from '../signature.js';
import type { Delivery } from '../webhook.js';
import { WebhookSecrets } from '../webhook-secrets.js';
import { EventContent } from './event-content.js';
import type { Attempt } from './postgres-delivery-queue.js';
import { retryAfterMs } from './retry-schedule.js';

/** Only the status of an answer is of use: what it says is not kept. */
const MAX_ANSWER_BYTES = 16 * 1024;
const GONE = 410;

export interface AttemptResult extends Attempt {
  readonly isDelivered: boolean;
  /** The receiver says that it wants nothing more, for good. */
  readonly isGone: boolean;
  /** What it asks for before the next one. */
  readonly retryAfterMs: number;
}

/** Makes one attempt to deliver: a request by Standard Webhooks, of which a 2xx answer is a receipt. */
@Injectable()
export class DeliveryAttempt {
  constructor(
    private readonly client: OutboundClient,
    private readonly secrets: WebhookSecrets,
    private readonly content: EventContent,
    private readonly clock: Clock,
    private readonly config: WebhookConfig,
  ) {}

  /**
   * Never rejects for what a receiver does.
   * @param signal gives the attempt up: nobody knows then whether it was received
   */
  async make(webhook: StoredWebhook, delivery: Delivery, signal: AbortSignal): Promise<AttemptResult> {
    const data = await this.content.of(delivery, webhook.content);
    const body = JSON.stringify({ type: delivery.event, timestamp: delivery.occurredAt.toISOString(), data });
    const at = this.clock.now();
    const startedMs = performance.now();
    const ended = (attempt: Partial<AttemptResult>): AttemptResult => ({
      at: this.clock.now(),
      durationMs: Math.round(performance.now() - startedMs),
      responseStatus: null,
      failure: null,
      isDelivered: false,
      isGone: false,
      retryAfterMs: 0,
      ...attempt,
    });
    try {
      const answer = await this.client.send({
        method: 'POST',
        url: new URL(webhook.url),
        headers: {
          'content-type': 'application/json',
          'user-agent': `keepsake/${productVersion()}`,
          ...signedHeaders(await this.secretsOf(webhook, at), delivery.eventId, at, body),
        },
        body,
        timeoutMs: this.config.timeoutMs,
        maxAnswerBytes: MAX_ANSWER_BYTES,
        cutsAnswer: true,
        signal,
      });
      return ended(readAnswer(answer, this.clock.now()));
    } catch (error) {
      if (!(error instanceof OutboundError)) throw error;
      return ended({ failure: error.failure });
    }
  }

  /** The newest first. */
  private async secretsOf(webhook: StoredWebhook, now: Date): Promise<readonly string[]> {
    const { secret, previousSecret, previousSecretExpiresAt: until } = webhook;
    const isPreviousValid = previousSecret !== null && until !== null && until > now;
    return Promise.all(
      [secret, ...(isPreviousValid ? [previousSecret] : [])].map((encrypted) =>
        this.secrets.decrypt(webhook, encrypted),
      ),
    );
  }
}

function readAnswer({ status, headers }: OutboundAnswer, now: Date): Partial<AttemptResult> {
  const isDelivered = status >= 200 && status < 300;
  return {
    responseStatus: status,
    isDelivered,
    isGone: status === GONE,
    failure: isDelivered ? null : failureOf(status),
    retryAfterMs: retryAfterMs(headers['retry-after'], now),
  };
}

function failureOf(status: number): string {
  if (status === GONE) return 'gone';
  return status >= 300 && status < 400 ? 'redirect-not-followed' : 'status-not-2xx';
}
