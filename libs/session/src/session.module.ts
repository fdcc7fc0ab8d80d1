import { Module } from '@nestjs/common';
import { CacheModule } from '#cache';
import { SessionConfig } from '#config';
import { DEFAULT_LIMIT } from '#http';
import { CacheWarmers, ProjectCounters, ProjectModule } from '#project';
import { JobRegistry, QueueModule } from '#queue';
import { PostgresSessionEntryRepository } from './persistence/postgres-session-entry.repository.js';
import { PostgresSessionRepository } from './persistence/postgres-session.repository.js';
import { PostgresSessionTransferRepository } from './persistence/postgres-session-transfer.repository.js';
import { SessionEntryRepository } from './persistence/session-entry.repository.js';
import { SessionRepository } from './persistence/session.repository.js';
import { sessionSweep } from './session.jobs.js';
import { SessionReader } from './session.reader.js';
import { SessionService } from './session.service.js';
import { SessionEntryService } from './session-entry.service.js';
import { SessionChanges } from './session-changes.js';
import { SessionObservers } from './session-observers.js';
import { SessionPolicy } from './session-policy.js';
import { SessionSweeper } from './session-sweeper.js';
import { SessionTransferRepository } from './transfer/session-transfer.repository.js';
import { SessionTransferService } from './transfer/session-transfer.service.js';

/** Sessions and their log. */
@Module({
  imports: [CacheModule, ProjectModule, QueueModule],
  providers: [
    SessionService,
    SessionEntryService,
    SessionReader,
    SessionChanges,
    SessionObservers,
    SessionPolicy,
    SessionSweeper,
    SessionTransferService,
    { provide: SessionTransferRepository, useClass: PostgresSessionTransferRepository },
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
export class SessionModule {
  constructor(
    jobs: JobRegistry,
    config: SessionConfig,
    contents: ProjectCounters,
    reader: SessionReader,
    warmers: CacheWarmers,
    service: SessionService,
    entries: SessionEntryService,
  ) {
    warmers.register({
      name: 'session',
      async warm({ workspaceId, sessionId }, signal) {
        if (sessionId === undefined) return;
        await service.get(workspaceId, sessionId);
        if (!signal.aborted) await entries.list(workspaceId, sessionId, {}, undefined, DEFAULT_LIMIT);
      },
    });
    jobs.schedule({ job: sessionSweep, everySeconds: config.sweepSeconds });
    contents.register({ name: 'sessions', count: ({ workspaceId, id }) => reader.count(workspaceId, id) });
    contents.register({ name: 'openTodos', count: ({ workspaceId, id }) => reader.countOpenTodos(workspaceId, id) });
  }
}
