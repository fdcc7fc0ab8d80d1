import { Module } from '@nestjs/common';
import { SessionConfig } from '#config';
import { ProjectContents, ProjectModule } from '#project';
import { JobRegistry, QueueModule } from '#queue';
import { PostgresSessionEntryRepository } from './persistence/postgres-session-entry.repository.js';
import { PostgresSessionRepository } from './persistence/postgres-session.repository.js';
import { SessionEntryRepository } from './persistence/session-entry.repository.js';
import { SessionRepository } from './persistence/session.repository.js';
import { sessionSweep } from './session.jobs.js';
import { SessionReader } from './session.reader.js';
import { SessionService } from './session.service.js';
import { SessionEntryService } from './session-entry.service.js';
import { SessionObservers } from './session-observers.js';
import { SessionPolicy } from './session-policy.js';
import { SessionSweeper } from './session-sweeper.js';

/** Sessions and their log. */
@Module({
  imports: [ProjectModule, QueueModule],
  providers: [
    SessionService,
    SessionEntryService,
    SessionReader,
    SessionObservers,
    SessionPolicy,
    SessionSweeper,
    { provide: SessionRepository, useClass: PostgresSessionRepository },
    { provide: SessionEntryRepository, useClass: PostgresSessionEntryRepository },
  ],
  exports: [SessionService, SessionEntryService, SessionReader, SessionObservers, SessionSweeper],
})
export class SessionModule {
  constructor(jobs: JobRegistry, config: SessionConfig, contents: ProjectContents, reader: SessionReader) {
    jobs.schedule({ job: sessionSweep, everySeconds: config.sweepSeconds });
    contents.register({ name: 'sessions', count: ({ workspaceId, id }) => reader.count(workspaceId, id) });
    contents.register({ name: 'openTodos', count: ({ workspaceId, id }) => reader.countOpenTodos(workspaceId, id) });
  }
}
