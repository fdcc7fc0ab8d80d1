import { Module } from '@nestjs/common';
import { ContextModule } from '#context';
import { HandoverModule } from '#handover';
import { OutboundModule } from '#outbound';
import { QueueModule } from '#queue';
import { SessionModule } from '#session';
import { ThrottleModule } from '#throttle';
import { DeliveryAttempt } from './delivery/delivery-attempt.js';
import { DeliveryCleanup } from './delivery/delivery-cleanup.js';
import { DeliveryDispatcher } from './delivery/delivery-dispatcher.js';
import { DeliveryMetrics } from './delivery/delivery-metrics.js';
import { DeliveryNotifier } from './delivery/delivery-notifier.js';
import { EventContent } from './delivery/event-content.js';
import { PostgresDeliveryQueue } from './delivery/postgres-delivery-queue.js';
import { PostgresDeliveryRepository } from './delivery/postgres-delivery.repository.js';
import { ContextEvents } from './events/context-events.js';
import { EventRecorder } from './events/event-recorder.js';
import { LimitEvents } from './events/limit-events.js';
import { ObservedEvents } from './events/observed-events.js';
import { PostgresObservedChanges } from './events/postgres-observed-changes.js';
import { HandoverEvents, SessionEvents } from './events/session-events.js';
import { DeliveryController } from './http/delivery.controller.js';
import { WebhookController } from './http/webhook.controller.js';
import { PostgresWebhookRepository } from './postgres-webhook.repository.js';
import { WebhookSecrets } from './webhook-secrets.js';
import { WebhookService } from './webhook.service.js';

/** Webhooks, and the events that are recorded for them. Whoever writes what an event is about must have this module. */
@Module({
  imports: [SessionModule, ContextModule, HandoverModule, OutboundModule, QueueModule, ThrottleModule],
  providers: [
    WebhookService,
    WebhookSecrets,
    PostgresWebhookRepository,
    PostgresDeliveryRepository,
    DeliveryNotifier,
    DeliveryMetrics,
    EventRecorder,
    ContextEvents,
    SessionEvents,
    HandoverEvents,
    LimitEvents,
  ],
  exports: [
    WebhookService,
    WebhookSecrets,
    PostgresWebhookRepository,
    PostgresDeliveryRepository,
    DeliveryNotifier,
    DeliveryMetrics,
    EventRecorder,
  ],
})
export class WebhookModule {}

@Module({ imports: [WebhookModule], controllers: [WebhookController, DeliveryController] })
export class WebhookApiModule {}

/** Delivers, from the start of the application to its end. */
@Module({
  imports: [WebhookModule, SessionModule, ContextModule, HandoverModule, OutboundModule],
  providers: [
    DeliveryDispatcher,
    DeliveryAttempt,
    EventContent,
    PostgresDeliveryQueue,
    DeliveryCleanup,
    ObservedEvents,
    PostgresObservedChanges,
  ],
})
export class WebhookWorkerModule {}
