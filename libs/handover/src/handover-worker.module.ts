import { Module } from '@nestjs/common';
import { SessionWorkerModule } from '#session';
import { HandoverModule } from './handover.module.js';

/** The sweep of idle and expired sessions, with what makes their handovers. */
@Module({ imports: [SessionWorkerModule, HandoverModule] })
export class HandoverWorkerModule {}
