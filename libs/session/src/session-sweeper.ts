import { Injectable, Logger } from '@nestjs/common';
import { z } from 'zod';
import { TransactionRunner } from '#database';
import { declareJob, HandlesJob, type JobContext } from '#queue';
import { type SessionMark, SessionRepository } from './persistence/session.repository.js';
import { SessionChanges } from './session-changes.js';
import { SessionObservers } from './session-observers.js';
import { SessionPolicy } from './session-policy.js';

const BATCH_SIZE = 100;

/** Due again soon, so a failed sweep need not be retried long. */
const sessionSweep = declareJob({
  name: 'session-sweep',
  payload: z.strictObject({}),
  retryLimit: 1,
  retryDelaySeconds: 5,
  timeoutSeconds: 300,
});

/** Hands over the work of sessions whose clients went away. Any number of sweepers may run at once. */
@Injectable()
export class SessionSweeper {
  private readonly logger = new Logger(SessionSweeper.name);

  constructor(
    private readonly sessions: SessionRepository,
    private readonly observers: SessionObservers,
    private readonly transactions: TransactionRunner,
    private readonly policy: SessionPolicy,
    private readonly changes: SessionChanges,
  ) {}

  @HandlesJob(sessionSweep, { everySeconds: ({ policy }: SessionSweeper) => policy.sweepSeconds })
  async runAsJob(_payload: object, { signal }: JobContext): Promise<void> {
    await this.sweep(signal);
  }

  /**
   * Finalises every session that is due now, each in a transaction of its own: a session that somebody else is
   * changing at the moment is left to them or to the next sweep, and one that fails does not keep the others waiting.
   * @returns how many this call finalised
   * @throws AggregateError of what failed, after everything was tried
   */
  async sweep(signal: AbortSignal): Promise<number> {
    const failures: unknown[] = [];
    let finalised = 0;
    for await (const mark of this.dueNow(signal)) {
      try {
        if (await this.finaliseIfDue(mark)) finalised++;
      } catch (error) {
        this.logger.error(
          `Session ${mark.id} could not be finalised.`,
          error instanceof Error ? error.stack : String(error),
        );
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, `${failures.length} sessions could not be finalised.`);
    return finalised;
  }

  private async *dueNow(signal: AbortSignal): AsyncGenerator<SessionMark> {
    const now = this.policy.now();
    const due = { now, idleSince: this.policy.idleSince(now) };
    for (let after: SessionMark | undefined; ;) {
      const batch = await this.sessions.listDue(due, after, BATCH_SIZE);
      for (const mark of batch) {
        if (signal.aborted) return;
        yield mark;
      }
      if (batch.length < BATCH_SIZE) return;
      after = batch.at(-1);
    }
  }

  private finaliseIfDue(mark: SessionMark): Promise<boolean> {
    return this.transactions.run(async () => {
      const now = this.policy.now();
      const session = await this.sessions.findDueForChange(mark.workspaceId, mark.id, {
        now,
        idleSince: this.policy.idleSince(now),
      });
      if (session === undefined) return false;
      const reason = this.policy.stateOf(session) === 'expired' ? 'expiry' : 'idle';
      const finalised = { ...session, finalisedAt: now };
      await this.sessions.update(finalised);
      await this.changes.sweptUp(finalised);
      await this.observers.finalised(finalised, reason);
      return true;
    });
  }
}
