import { Injectable } from '@nestjs/common';
import { DEFAULT_LIMIT } from '#http';
import { type CacheWarmer, CacheWarmers, type WarmTarget } from '#warming';
import { type Project, type ProjectContent, ProjectCounters } from '#project';
import { SessionEntryService } from './session-entry.service.js';
import { SessionReader } from './session.reader.js';
import { SessionService } from './session.service.js';

/** What a project holds of sessions. */
@Injectable()
export class SessionCounts implements ProjectContent {
  readonly name = 'sessions';

  constructor(
    private readonly reader: SessionReader,
    contents: ProjectCounters,
  ) {
    contents.register(this);
  }

  count({ workspaceId, id }: Project): Promise<number> {
    return this.reader.count(workspaceId, id);
  }
}

/** What a project holds of todos that are not done. */
@Injectable()
export class TodoCounts implements ProjectContent {
  readonly name = 'openTodos';

  constructor(
    private readonly reader: SessionReader,
    contents: ProjectCounters,
  ) {
    contents.register(this);
  }

  count({ workspaceId, id }: Project): Promise<number> {
    return this.reader.countOpenTodos(workspaceId, id);
  }
}

/** The session itself and the first page of its log. */
@Injectable()
export class SessionWarmer implements CacheWarmer {
  readonly name = 'session';

  constructor(
    private readonly sessions: SessionService,
    private readonly entries: SessionEntryService,
    reader: SessionReader,
    warmers: CacheWarmers,
  ) {
    warmers.register(this);
    warmers.useSessions(reader);
  }

  async warm({ workspaceId, sessionId }: WarmTarget, signal: AbortSignal): Promise<void> {
    if (sessionId === undefined) return;
    await this.sessions.get(workspaceId, sessionId);
    if (!signal.aborted) await this.entries.list(workspaceId, sessionId, {}, undefined, DEFAULT_LIMIT);
  }
}
