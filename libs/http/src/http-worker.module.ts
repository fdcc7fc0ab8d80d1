import { Module } from '@nestjs/common';
import { IdempotencyExpiry } from './idempotency/idempotency-expiry.js';
import { IdempotencyModule } from './idempotency/idempotency.module.js';

/** The background work of the API: forgetting old idempotency keys. */
@Module({ imports: [IdempotencyModule], providers: [IdempotencyExpiry] })
export class HttpWorkerModule {}
