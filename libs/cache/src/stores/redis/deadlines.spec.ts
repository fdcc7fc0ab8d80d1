import { StoreUnavailableError } from '../shared-store.js';
import { Deadlines } from './deadlines.js';

describe('Deadlines', () => {
  it('hands on replies and rejections', async () => {
    const deadlines = new Deadlines(60_000);
    expect(await deadlines.within(Promise.resolve('a'))).toBe('a');
    await expect(deadlines.within(Promise.reject(new Error('refused')))).rejects.toThrow('refused');
  });

  it("gives up each wait on its own time, and what is late is nobody's error", async () => {
    const deadlines = new Deadlines(20);
    let refuse!: (error: Error) => void;
    const never = deadlines.within(new Promise((_resolve, reject) => (refuse = reject)));
    const settled: string[] = [];
    never.catch(() => settled.push('first'));
    await expect(never).rejects.toThrow(StoreUnavailableError);
    await expect(never).rejects.toThrow('within 20 ms');
    refuse(new Error('late'));
    const second = deadlines.within(new Promise(() => undefined));
    expect(await deadlines.within(Promise.resolve('in time'))).toBe('in time');
    await expect(second).rejects.toThrow(StoreUnavailableError);
    expect(settled).toEqual(['first']);
  });

  it('counts a reply that has come while the process computed', async () => {
    const deadlines = new Deadlines(10);
    const reply = new Promise((resolve) => {
      setTimeout(() => resolve('there'), 5);
    });
    const waited = deadlines.within(reply);
    const end = performance.now() + 60;
    while (performance.now() < end) Math.sqrt(end);
    expect(await waited).toBe('there');
  });

  it('T62 does not count the time in which the process computed, however often it did', async () => {
    const deadlines = new Deadlines(20);
    const compute = () => {
      const end = performance.now() + 30;
      while (performance.now() < end) Math.sqrt(end);
    };
    // The reply is there after three turns of the loop; each of them took longer than the wait.
    let turns = 0;
    const reply = new Promise((resolve) => {
      const turn = () => {
        compute();
        if (++turns === 3) resolve('there');
        else setImmediate(turn);
      };
      setImmediate(turn);
    });
    expect(await deadlines.within(reply)).toBe('there');
  });

  it('lets go of what is settled, also behind one that waits', async () => {
    const deadlines = new Deadlines(100);
    const slow = deadlines.within(new Promise(() => undefined));
    for (let i = 0; i < 5_000; i++) await deadlines.within(Promise.resolve({ i }));
    await expect(slow).rejects.toThrow(StoreUnavailableError);
    expect((deadlines as unknown as { queue: unknown[] }).queue).toHaveLength(0);
  });
});
