import { Injectable } from '@nestjs/common';
import { Registry } from '#kernel';
import type { Session } from './session.js';
import type { SessionEntry } from './session-entry.js';

/**
 * Why a session's work in its project is handed over now: its client ended it, it was idle too long, it expired, or
 * its client switched to another project.
 */
export const finaliseReasons = ['end', 'idle', 'expiry', 'switch'] as const;
export type FinaliseReason = (typeof finaliseReasons)[number];

/** What other features do with the work that a session leaves behind: hand it over, make it findable. */
export abstract class SessionObserver {
  /**
   * Called in the transaction that finalises, with the session's row locked: no entry or context of this session can
   * be committed in between, and a rejection takes everything back. Nothing but SQL may be awaited.
   *
   * A session may be finalised more than once (idle, then its client comes back and ends it; a switch, then the end):
   * each time with all its work so far in `session.projectId`, so do what gives the same result twice.
   */
  abstract onFinalised(session: Session, reason: FinaliseReason): Promise<void>;

  /**
   * Called in the transaction that writes an entry, with the session's row locked. Nothing but SQL may be awaited; a rejection
   * takes the entry back.
   */
  onWritten(_session: Session, _entry: SessionEntry): Promise<void> {
    return Promise.resolve();
  }

  /**
   * Entries of sessions that were handed over elsewhere came here with them, by an import, in whose transaction this is
   * called. They may replace what they were before.
   */
  abstract onImported(entries: readonly SessionEntry[]): Promise<void>;
}

@Injectable()
export class SessionObservers extends Registry<SessionObserver> {
  async finalised(session: Session, reason: FinaliseReason): Promise<void> {
    for (const observer of this.registered) await observer.onFinalised(session, reason);
  }

  async written(session: Session, entry: SessionEntry): Promise<void> {
    for (const observer of this.registered) await observer.onWritten(session, entry);
  }

  async imported(entries: readonly SessionEntry[]): Promise<void> {
    if (entries.length === 0) return;
    for (const observer of this.registered) await observer.onImported(entries);
  }
}
