import { type CacheService, ListCache } from '#cache';
import { inProcessCache } from '#cache/testing';
import type { SessionConfig } from '#config';
import { FakeTransactionRunner } from '#database/testing';
import { newId, type WorkspaceId } from '#kernel';
import { ManualClock } from '#kernel/testing';
import { ProjectReader, ProjectService } from '#project';
import { FakeProjectRepository, noForgottenTexts } from '#project/testing';
import type { Session } from '../session.js';
import { SessionChanges } from '../session-changes.js';
import { SessionEntryService } from '../session-entry.service.js';
import { type FinaliseReason, SessionObserver, SessionObservers } from '../session-observers.js';
import { SessionPolicy } from '../session-policy.js';
import { SessionReader } from '../session.reader.js';
import { SessionService } from '../session.service.js';
import { SessionSweeper } from '../session-sweeper.js';
import { FakeSessionEntryRepository } from './fake-session-entry.repository.js';
import { FakeSessionRepository } from './fake-session.repository.js';

/** The defaults of the product, in milliseconds. */
export const IDLE_MS = 120 * 60_000;
export const EXPIRY_MS = 24 * 3_600_000;
export const TOUCH_MS = 60_000;

/** Sees what is finalised. */
export class RecordingObserver extends SessionObserver {
  readonly seen: { readonly session: Session; readonly reason: FinaliseReason }[] = [];

  async onFinalised(session: Session, reason: FinaliseReason): Promise<void> {
    this.seen.push({ session, reason });
  }

  onImported(): Promise<void> {
    return Promise.resolve();
  }
}

/** Sessions over fakes and a clock that stands still. */
export class SessionWorld {
  readonly workspaceId = newId<WorkspaceId>();
  readonly clock = new ManualClock();
  readonly sessions = new FakeSessionRepository();
  readonly entries = new FakeSessionEntryRepository();
  readonly transactions = new FakeTransactionRunner();
  readonly cache: CacheService;
  readonly queries: ListCache;
  readonly projectReader: ProjectReader;
  readonly projects: ProjectService;
  readonly observers = new SessionObservers();
  readonly service: SessionService;
  readonly log: SessionEntryService;
  readonly reader: SessionReader;
  readonly sweeper: SessionSweeper;

  constructor(config: Partial<SessionConfig> = {}) {
    const policy = new SessionPolicy(this.clock, {
      idleMs: IDLE_MS,
      expiryMs: EXPIRY_MS,
      touchMs: TOUCH_MS,
      sweepSeconds: 60,
      ...config,
    });
    const { clock, transactions, sessions, entries, observers } = this;
    const cache = (this.cache = inProcessCache({ clock, transactions }));
    const queries = (this.queries = new ListCache(cache));
    const changes = new SessionChanges(cache, sessions);
    const projects = new FakeProjectRepository();
    this.projectReader = new ProjectReader(projects, cache);
    this.projects = new ProjectService(projects, this.projectReader, cache, clock);
    this.service = new SessionService(
      sessions,
      observers,
      this.projects,
      transactions,
      policy,
      changes,
      queries,
      cache,
      noForgottenTexts,
    );
    this.log = new SessionEntryService(
      entries,
      this.service,
      observers,
      transactions,
      policy,
      changes,
      queries,
      noForgottenTexts,
    );
    this.reader = new SessionReader(sessions, entries, policy);
    this.sweeper = new SessionSweeper(sessions, observers, transactions, policy, changes);
  }

  start(project = 'default'): Promise<Session> {
    return this.service.start(this.workspaceId, { project, client: 'test', metadata: {} });
  }

  sweep(): Promise<number> {
    return this.sweeper.sweep(new AbortController().signal);
  }
}
