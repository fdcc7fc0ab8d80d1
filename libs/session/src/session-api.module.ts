import { Module } from '@nestjs/common';
import { SessionController } from './http/session.controller.js';
import { SessionEntryController } from './http/session-entry.controller.js';
import { SessionModule } from './session.module.js';

/** Routes of sessions. Those that answer with a handover, the start and the end, are in `#handover`. */
@Module({ imports: [SessionModule], controllers: [SessionController, SessionEntryController] })
export class SessionApiModule {}
