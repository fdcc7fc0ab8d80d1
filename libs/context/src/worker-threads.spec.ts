import { setTimeout as pause } from 'node:timers/promises';
import { Threads } from './worker-threads.js';

/** Answers with its own number; throws, exits or never answers where it is asked to. */
const worker = (): URL =>
  new URL(
    `data:text/javascript,${encodeURIComponent(`
      import { parentPort, threadId } from 'node:worker_threads';
      parentPort.on('message', (order) => {
        if (order === 'throw') throw new Error('asked to');
        if (order === 'exit') process.exit(0);
        if (order === 'fail later') setTimeout(() => { throw new Error('asked to, later'); }, 50);
        parentPort.postMessage(threadId);
      });
    `)}`,
  );

describe('Threads', () => {
  it('takes the next order in the same thread where threads are kept', async () => {
    const threads = new Threads<string, number>(worker(), true);
    const first = await threads.run('answer');
    expect(first).toEqual(expect.any(Number));
    expect(await threads.run('answer')).toBe(first);
  });

  it('begins a thread for each order where what one leaves behind must not reach the next', async () => {
    const threads = new Threads<string, number>(worker());
    const first = await threads.run('answer');
    expect(await threads.run('answer')).not.toBe(first);
  });

  it.each(['throw', 'exit'])(
    'answers undefined where an order makes its thread %s, and goes on with another',
    async (order) => {
      const threads = new Threads<string, number>(worker(), true);
      const first = await threads.run('answer');
      expect(await threads.run(order)).toBeUndefined();
      expect(await threads.run('answer')).not.toBe(first);
    },
  );

  it('survives a thread that fails after its answer', async () => {
    const threads = new Threads<string, number>(worker(), true);
    const first = await threads.run('fail later');
    expect(first).toEqual(expect.any(Number));
    await pause(300);
    expect(await threads.run('answer')).not.toBe(first);
  });

  it('has two threads at most, however many orders there are', async () => {
    const threads = new Threads<string, number>(worker(), true);
    const answers = await Promise.all(Array.from({ length: 12 }, () => threads.run('answer')));
    expect(new Set(answers).size).toBeLessThanOrEqual(2);
  });
});
