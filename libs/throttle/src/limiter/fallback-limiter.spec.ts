import type { RateLimit, RateLimitCharge, RateLimitDecision } from '../rate-limit.js';
import { FallbackLimiter } from './fallback-limiter.js';
import { LocalLimiter } from './local-limiter.js';

class Unsteady extends LocalLimiter {
  isUnavailable = false;
  asked = 0;

  override consume(subject: string, charges: readonly RateLimitCharge[]): Promise<RateLimitDecision> {
    this.asked++;
    return this.isUnavailable ? Promise.reject(new Error('no answer')) : super.consume(subject, charges);
  }

  override reset(subject: string, limits: readonly RateLimit[]): Promise<void> {
    return this.isUnavailable ? Promise.reject(new Error('no answer')) : super.reset(subject, limits);
  }
}

describe('FallbackLimiter', () => {
  const charge = [{ limit: { name: 'reads', limit: 2, periodMs: 60_000 }, units: 1 }];

  it('counts here while the shared limiter is away, asks it again after a while, and goes back to it', async () => {
    let nowMs = 0;
    const shared = new Unsteady(() => nowMs);
    const limiter = new FallbackLimiter(shared, new LocalLimiter(() => nowMs), () => nowMs);
    expect((await limiter.consume('a', charge)).states[0]?.remaining).toBe(1);
    shared.isUnavailable = true;
    const away = [];
    for (let call = 0; call < 3; call++) away.push((await limiter.consume('a', charge)).allowed);
    // One of two was counted before.
    expect(away).toEqual([true, false, false]);
    expect(limiter.isLocal).toBe(true);
    expect(shared.asked).toBe(2);
    shared.isUnavailable = false;
    nowMs = 1001;
    expect((await limiter.consume('a', charge)).states[0]?.remaining).toBe(0);
    expect(limiter.isLocal).toBe(false);
  });

  it('T62 starts from what it knows, not from full: what all processes have used counts here too', async () => {
    let nowMs = 0;
    const shared = new Unsteady(() => nowMs);
    const one = new FallbackLimiter(shared, new LocalLimiter(() => nowMs), () => nowMs);
    const other = new FallbackLimiter(shared, new LocalLimiter(() => nowMs), () => nowMs);
    const limit = { name: 'reads', limit: 10, periodMs: 60_000 };
    for (let call = 0; call < 7; call++) await other.consume('a', [{ limit, units: 1 }]);
    expect((await one.look('a', [limit]))[0]?.remaining).toBe(3);
    shared.isUnavailable = true;
    const passed = [];
    for (let call = 0; call < 10; call++) passed.push((await one.consume('a', [{ limit, units: 1 }])).allowed);
    expect(passed.filter(Boolean)).toHaveLength(3);
    nowMs = 60_000;
    expect((await one.consume('a', [{ limit, units: 10 }])).allowed).toBe(true);
  });

  it('lets one call at a time look whether it is back', async () => {
    let nowMs = 0;
    const shared = new Unsteady(() => nowMs);
    const limiter = new FallbackLimiter(shared, new LocalLimiter(() => nowMs), () => nowMs);
    shared.isUnavailable = true;
    await limiter.consume('a', charge);
    nowMs = 1001;
    await Promise.all(Array.from({ length: 50 }, () => limiter.consume('a', charge)));
    expect(shared.asked).toBe(2);
  });

  it('says that it could not reset the counters of all, and that trying again may help', async () => {
    const shared = new Unsteady();
    const limiter = new FallbackLimiter(shared, new LocalLimiter());
    const limits = charge.map(({ limit }) => limit);
    shared.isUnavailable = true;
    await expect(limiter.reset('a', limits)).rejects.toMatchObject({ kind: 'unavailable', retryAfterSeconds: 1 });
    shared.isUnavailable = false;
    await limiter.consume('a', charge);
    await limiter.reset('a', limits);
    expect((await limiter.look('a', limits))[0]?.remaining).toBe(2);
  });
});
