import { Module } from '@nestjs/common';
import { IdempotencyStore } from './idempotency-store.js';
import { TypeormIdempotencyStore } from './typeorm-idempotency.store.js';

@Module({
  providers: [{ provide: IdempotencyStore, useClass: TypeormIdempotencyStore }],
  exports: [IdempotencyStore],
})
export class IdempotencyModule {}
