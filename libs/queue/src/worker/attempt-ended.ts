/** Why a job's signal was aborted. */
export type EndOfAttempt = 'timeout' | 'cancelled' | 'stopping';

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
