import { FakeTransactionRunner } from '#database/testing';
import { newId, type WorkspaceId } from '#kernel';
import { CacheWarmers, type WarmTarget } from './cache-warmers.js';

const target: WarmTarget = { workspaceId: newId<WorkspaceId>(), project: 'p' };

describe('CacheWarmers', () => {
  let transactions: FakeTransactionRunner;
  let warmers: CacheWarmers;
  let seen: string[];

  beforeEach(() => {
    transactions = new FakeTransactionRunner();
    warmers = new CacheWarmers(transactions);
    seen = [];
  });

  const register = (name: string, warm: (of: WarmTarget) => Promise<void> = async () => undefined) =>
    warmers.register({
      name,
      warm: async (of) => {
        seen.push(`${name} ${of.project}`);
        await warm(of);
      },
    });

  it('warms by every warmer in turn, and reports which one failed', async () => {
    register('one', () => Promise.reject(new Error('cold')));
    register('two');
    expect(await warmers.warm(target)).toEqual(['one']);
    expect(seen).toEqual(['one p', 'two p']);
    expect(() => register('one')).toThrow('warmed twice');
  });

  it('reports each step, and what was not begun when there was no time left', async () => {
    const time = new AbortController();
    register('one', async () => time.abort());
    register('two');
    let steps = 0;
    const cold = await warmers.warm(target, time.signal, async () => void steps++);
    expect(cold).toEqual(['two']);
    expect([steps, warmers.stepCount, seen]).toEqual([2, 2, ['one p']]);
  });

  it('waits for the commit, and never warms for a write that was taken back', async () => {
    register('one');
    const rolledBack = transactions.run(async () => {
      await warmers.warmLater(target);
      throw new Error('no');
    });
    await expect(rolledBack).rejects.toThrow('no');
    await transactions.run(async () => {
      await warmers.warmLater({ ...target, project: 'kept' });
      expect(seen).toEqual([]);
    });
    await warmers.settled();
    expect(seen).toEqual(['one kept']);
  });

  it('warms one target at a time, one that waits already only once, and a bounded number of them', async () => {
    let letGo = () => {};
    const held = new Promise<void>((resolve) => (letGo = resolve));
    let running = 0;
    let most = 0;
    register('one', async () => {
      most = Math.max(most, ++running);
      await held;
      running--;
    });
    await warmers.warmLater({ ...target, project: 'first' });
    for (let n = 0; n < 3; n++) await warmers.warmLater(target);
    for (let n = 0; n < 500; n++) await warmers.warmLater({ ...target, project: `p${n}` });
    letGo();
    await warmers.settled();
    expect(most).toBe(1);
    expect(seen.filter((each) => each === 'one p')).toHaveLength(1);
    expect(seen).toHaveLength(101);
  });

  it('stops with the process', async () => {
    register('one');
    await warmers.onApplicationShutdown();
    await warmers.warmLater(target);
    await warmers.settled();
    expect(seen).toEqual([]);
  });
});
