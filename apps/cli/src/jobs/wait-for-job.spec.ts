import { CliError } from '../cli-error.js';
import { type Job, waitForJob } from './wait-for-job.js';

/** A server whose job is, at each look, as the next of these; at last it stays so. */
function serverOf(...states: readonly Partial<Job>[]) {
  let look = 0;
  const paths: string[] = [];
  return {
    paths,
    call: async <Answer>(_method: string, path: string) => {
      paths.push(path);
      const state = states[Math.min(look++, states.length - 1)];
      return { id: 'j', name: 'cache-warming', steps: null, failure: null, result: null, ...state } as Answer;
    },
  };
}

describe('waiting for a job', () => {
  it.each(['completed', 'failed', 'cancelled'] as const)(
    'ends when it is %s, and reports every look',
    async (state) => {
      const server = serverOf({ state: 'waiting' }, { state: 'running', steps: { done: 1, total: 2 } }, { state });
      const seen: unknown[] = [];
      expect((await waitForJob(server, 'j', (job) => seen.push(job.steps))).state).toBe(state);
      expect(seen).toEqual([null, { done: 1, total: 2 }, null]);
      expect(new Set(server.paths)).toEqual(new Set(['/v1/jobs/j']));
    },
  );

  it('gives up where nobody takes it, but not on one that runs or is tried again', async () => {
    await expect(waitForJob(serverOf({ state: 'waiting' }), 'j', undefined, 50)).rejects.toThrow(CliError);
    const slow = serverOf(
      ...Array.from({ length: 3 }, () => ({ state: 'running' as const })),
      { state: 'retrying' },
      { state: 'completed' },
    );
    expect((await waitForJob(slow, 'j', undefined, 50)).state).toBe('completed');
  });
});
