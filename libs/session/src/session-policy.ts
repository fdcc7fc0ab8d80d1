import { Injectable } from '@nestjs/common';
import { SessionConfig } from '#config';
import { Clock } from '#kernel';
import { type Session, type SessionState, stateOf } from './session.js';

/** How long sessions live, counted by the injected clock from stored activity. */
@Injectable()
export class SessionPolicy {
  readonly idleMs: number;
  /** Activity is written down at most once in this time, so `lastActiveAt` is exact to it. */
  readonly touchMs: number;
  /** How often idle and expired sessions are looked for. */
  readonly sweepSeconds: number;
  private readonly expiryMs: number;

  constructor(
    private readonly clock: Clock,
    config: SessionConfig,
  ) {
    this.idleMs = config.idleMs;
    this.expiryMs = config.expiryMs;
    this.sweepSeconds = config.sweepSeconds;
    // Coarser than half the shortest life, a session could look idle while its client works.
    this.touchMs = Math.min(config.touchMs, config.idleMs / 2, config.expiryMs / 2);
  }

  now(): Date {
    return this.clock.now();
  }

  /** Of what happens to a session now: never before its last activity, whatever the clock says that wrote that down. */
  nowOf({ lastActiveAt }: Session): Date {
    return new Date(Math.max(this.clock.nowMs(), lastActiveAt.getTime()));
  }

  stateOf(session: Session): SessionState {
    return stateOf(session, this.clock.now(), this.idleMs);
  }

  isOpen(session: Session): boolean {
    const state = this.stateOf(session);
    return state === 'active' || state === 'idle';
  }

  /** Whether activity at `now` is to be written down: always where the work was handed over before. */
  isTouchDue(session: Session, now: Date): boolean {
    return session.finalisedAt !== null || session.lastActiveAt.getTime() + this.touchMs <= now.getTime();
  }

  expiryAfter(activity: Date): Date {
    return new Date(activity.getTime() + this.expiryMs);
  }

  idleSince(now: Date): Date {
    return new Date(now.getTime() - this.idleMs);
  }
}
