import { Module } from '@nestjs/common';
import { JobRegistry, QueueModule } from '#queue';
import { IdempotencyExpiryHandler, idempotencyExpiry } from './idempotency/idempotency-expiry.js';
import { IdempotencyModule } from './idempotency/idempotency.module.js';

/** The background work of the API: forgetting old idempotency keys. */
@Module({ imports: [QueueModule, IdempotencyModule], providers: [IdempotencyExpiryHandler] })
export class HttpWorkerModule {
  constructor(registry: JobRegistry, handler: IdempotencyExpiryHandler) {
    registry.schedule(idempotencyExpiry);
    registry.handle(handler);
  }
}
