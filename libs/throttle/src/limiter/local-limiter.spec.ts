import { describeLimiter } from '../testing/limiter.contract.js';
import { LocalLimiter } from './local-limiter.js';

describe('LocalLimiter', () => {
  describe('on a running clock', () => {
    const limiter = new LocalLimiter();
    describeLimiter(() => limiter);
  });

  it('gives units back one by one', async () => {
    let nowMs = 0;
    const limiter = new LocalLimiter(() => nowMs);
    const charge = [{ limit: { name: 'reads', limit: 60, periodMs: 60_000 }, units: 1 }];
    for (let call = 0; call < 60; call++) await limiter.consume('a', charge);
    expect((await limiter.consume('a', charge)).allowed).toBe(false);
    nowMs = 1000;
    expect((await limiter.consume('a', charge)).allowed).toBe(true);
    expect((await limiter.consume('a', charge)).allowed).toBe(false);
    nowMs = 61_000;
    expect((await limiter.look('a', [charge[0]!.limit]))[0]?.remaining).toBe(60);
  });

  it('keeps a bounded number of counters', async () => {
    expect(new LocalLimiter().maxCounters).toBe(100_000);
    const limiter = new LocalLimiter(undefined, 1_000);
    const charge = [{ limit: { name: 'reads', limit: 60, periodMs: 60_000 }, units: 1 }];
    for (let subject = 0; subject < 1_500; subject++) await limiter.consume(String(subject), charge);
    expect(limiter.size).toBe(1_000);
  });
});
