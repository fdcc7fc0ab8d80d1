import type { ClaimedJob } from '../job-store.js';

/** Why a job's signal was aborted. */
type EndOfAttempt = 'timeout' | 'cancelled' | 'stopping';

const messages: Readonly<Record<EndOfAttempt, string>> = {
  timeout: 'The attempt took longer than its time limit.',
  cancelled: 'The job was cancelled.',
  stopping: 'The process stops.',
};

/** The reason of an aborted job's signal. */
export class AttemptEndedError extends Error {
  constructor(readonly why: EndOfAttempt) {
    super(messages[why]);
    this.name = 'AttemptEndedError';
  }
}

/** One attempt of this process: its time limit, and what ends it from outside. */
export class RunningJob {
  private readonly controller = new AbortController();
  private readonly ended: Promise<never>;

  constructor(
    readonly job: ClaimedJob,
    private readonly timeoutMs: number,
  ) {
    this.ended = new Promise((_, fail) => {
      this.signal.addEventListener('abort', () => fail(this.signal.reason as AttemptEndedError), { once: true });
    });
    // An attempt that nobody waits for any more still ends in order.
    this.ended.catch(() => undefined);
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  end(why: EndOfAttempt): void {
    this.controller.abort(new AttemptEndedError(why));
  }

  /**
   * Waits for the work, but no longer than the attempt may last: work that does not listen to its signal is left alone.
   * @throws AttemptEndedError where the attempt was ended, else the work's own error.
   */
  async finish<Result>(work: Promise<Result>): Promise<Result> {
    const timer = setTimeout(() => this.end('timeout'), this.timeoutMs);
    try {
      return await Promise.race([work, this.ended]);
    } catch (error) {
      // Work that listens rejects with an error of its own; the reason is what counts.
      if (this.signal.aborted) throw this.signal.reason;
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }
}
