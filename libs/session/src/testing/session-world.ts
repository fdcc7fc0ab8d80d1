import type { SessionConfig } from '#config';
import { FakeTransactionRunner } from '#database/testing';
import { newId, type WorkspaceId } from '#kernel';
import { ManualClock } from '#kernel/testing';
import { ProjectService } from '#project';
import { FakeProjectRepository } from '#project/testing';
import type { Session } from '../session.js';
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
}

/** Sessions over fakes and a clock that stands still. */
export class SessionWorld {
  readonly workspaceId = newId<WorkspaceId>();
  readonly clock = new ManualClock();
  readonly sessions = new FakeSessionRepository();
  readonly entries = new FakeSessionEntryRepository();
  readonly transactions = new FakeTransactionRunner();
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
    this.projects = new ProjectService(new FakeProjectRepository(), this.clock);
    this.service = new SessionService(this.sessions, this.observers, this.projects, this.transactions, policy);
    this.log = new SessionEntryService(this.entries, this.service, this.transactions, policy);
    this.reader = new SessionReader(this.sessions, this.entries);
    this.sweeper = new SessionSweeper(this.sessions, this.observers, this.transactions, policy);
  }

  start(project = 'default'): Promise<Session> {
    return this.service.start(this.workspaceId, { project, client: 'test', metadata: {} });
  }

  sweep(): Promise<number> {
    return this.sweeper.sweep(new AbortController().signal);
  }
}
