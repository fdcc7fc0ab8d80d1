import { until } from './until.mjs';

describe('until', () => {
  it('goes on trying while the attempt throws or answers undefined or false, and returns its answer', async () => {
    const answers = [undefined, false, new Error('not yet'), 0];
    const attempt = () => {
      const answer = answers.shift();
      if (answer instanceof Error) throw answer;
      return answer;
    };
    await expect(until(attempt, { everyMs: 1 })).resolves.toBe(0);
  });

  it('says what it waited for, how long, and what the last attempt said', async () => {
    const cause = new Error('connection refused');
    const waiting = until(() => Promise.reject(cause), { timeoutMs: 5, everyMs: 1, what: 'the server' });
    await expect(waiting).rejects.toMatchObject({ message: 'waited 5 ms for the server: connection refused', cause });
  });
});
