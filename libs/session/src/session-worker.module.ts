import { Module } from '@nestjs/common';
import { QueueModule } from '#queue';
import { SessionModule } from './session.module.js';
import { SessionSweepHandler } from './session-sweep.handler.js';

/** The sweep of idle and expired sessions. */
@Module({ imports: [SessionModule, QueueModule], providers: [SessionSweepHandler] })
export class SessionWorkerModule {}
