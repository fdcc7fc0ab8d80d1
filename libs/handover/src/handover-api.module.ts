import { Module } from '@nestjs/common';
import { SessionModule } from '#session';
import { HandoverModule } from './handover.module.js';
import { HandoverController } from './http/handover.controller.js';
import { SessionLifecycleController } from './http/session-lifecycle.controller.js';

/** Routes of handovers, and the start and the end of sessions. */
@Module({ imports: [HandoverModule, SessionModule], controllers: [HandoverController, SessionLifecycleController] })
export class HandoverApiModule {}
