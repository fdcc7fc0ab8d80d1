import { Module } from '@nestjs/common';
import { CacheModule } from '#cache';
import { ProjectModule } from '#project';
import { QueueModule } from '#queue';
import { WarmingModule } from '#warming';
import { SessionEntryController } from './http/session-entry.controller.js';
import { SessionController } from './http/session.controller.js';
import { PostgresSessionEntryRepository } from './persistence/postgres-session-entry.repository.js';
import { PostgresSessionRepository } from './persistence/postgres-session.repository.js';
import { SessionEntryRepository } from './persistence/session-entry.repository.js';
import { SessionRepository } from './persistence/session.repository.js';
import { SessionChanges } from './session-changes.js';
import { SessionEntryService } from './session-entry.service.js';
import { SessionObservers } from './session-observers.js';
import { SessionPolicy } from './session-policy.js';
import { SessionSweeper } from './session-sweeper.js';
import { SessionReader } from './session.reader.js';
import { SessionCounts, SessionWarmer, TodoCounts } from './session.registrations.js';
import { SessionService } from './session.service.js';
import { EntryRows, SessionRows } from './transfer/session-rows.js';
import { SessionTransferService } from './transfer/session-transfer.service.js';

/** Sessions and their log. */
@Module({
  imports: [CacheModule, ProjectModule, WarmingModule, QueueModule],
  providers: [
    SessionService,
    SessionEntryService,
    SessionReader,
    SessionChanges,
    SessionObservers,
    SessionPolicy,
    SessionSweeper,
    SessionCounts,
    TodoCounts,
    SessionWarmer,
    SessionTransferService,
    SessionRows,
    EntryRows,
    { provide: SessionRepository, useClass: PostgresSessionRepository },
    { provide: SessionEntryRepository, useClass: PostgresSessionEntryRepository },
  ],
  exports: [
    SessionService,
    SessionEntryService,
    SessionReader,
    SessionObservers,
    SessionSweeper,
    SessionTransferService,
  ],
})
export class SessionModule {}

/** Routes of sessions. Those that answer with a handover, the start and the end, are in `#handover`. */
@Module({ imports: [SessionModule], controllers: [SessionController, SessionEntryController] })
export class SessionApiModule {}
