import { Module } from '@nestjs/common';
import { QueueModule } from '#queue';
import { ContextModule } from './context.module.js';
import { RetentionHandler } from './retention/retention.handler.js';

/** Retention in the background. */
@Module({ imports: [ContextModule, QueueModule], providers: [RetentionHandler] })
export class ContextWorkerModule {}
