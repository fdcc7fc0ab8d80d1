import type { RateLimit } from '../rate-limit.js';
import type { Limiter } from '../limiter/limiter.js';

let count = 0;
/** Every test has a subject of its own. */
const newSubject = () => `limiter contract ${process.pid} ${++count}`;
const limitOf = (limit: number, name = 'reads'): RateLimit => ({ name, limit, periodMs: 3_600_000 });
const one = (limit: RateLimit, units = 1) => [{ limit, units }];

/** What callers rely on, wherever the counters are. */
export function describeLimiter(open: () => Limiter): void {
  it('T10 lets exactly the limit of a thousand parallel calls pass', async () => {
    const subject = newSubject();
    const decisions = await Promise.all(Array.from({ length: 1000 }, () => open().consume(subject, one(limitOf(100)))));
    expect(decisions.filter(({ allowed }) => allowed)).toHaveLength(100);
  });

  it('reports what is left and when all of it is back', async () => {
    const subject = newSubject();
    const limit = limitOf(10);
    const { states } = await open().consume(subject, one(limit, 4));
    expect(states).toHaveLength(1);
    expect(states[0]).toMatchObject({ limit, remaining: 6, retryAfterMs: 0 });
    expect(states[0]?.resetMs).toBeGreaterThan(0.39 * limit.periodMs);
    expect(states[0]?.resetMs).toBeLessThanOrEqual(0.4 * limit.periodMs);
  });

  it('T48 a call that one limit refuses takes nothing of the others', async () => {
    const subject = newSubject();
    const [many, few] = [limitOf(50, 'reads'), limitOf(2, 'search')];
    const both = [...one(many), ...one(few)];
    const decisions = [];
    for (let call = 0; call < 5; call++) decisions.push(await open().consume(subject, both));
    expect(decisions.map(({ allowed }) => allowed)).toEqual([true, true, false, false, false]);
    expect((await open().look(subject, [many, few])).map(({ remaining }) => remaining)).toEqual([48, 0]);
  });

  it('T47 says when to try again, in a time that the limit really takes', async () => {
    const subject = newSubject();
    const limit = limitOf(60);
    await open().consume(subject, one(limit, 60));
    const { allowed, states } = await open().consume(subject, one(limit));
    expect(allowed).toBe(false);
    expect(states[0]?.retryAfterMs).toBeGreaterThan(59_000);
    expect(states[0]?.retryAfterMs).toBeLessThanOrEqual(60_000);
  });

  it('keeps subjects and limits apart, whatever their names', async () => {
    const limit = limitOf(1);
    const subjects = ['a b', 'a', 'a:b', 'ab', '', '{a}b', 'a'.repeat(5000)].map((name) => `${newSubject()} ${name}`);
    for (const subject of subjects) expect((await open().consume(subject, one(limit))).allowed).toBe(true);
    const other = limitOf(1, 'writes');
    expect((await open().consume(subjects[0] as string, one(other))).allowed).toBe(true);
  });

  it('counts each member of a subject for itself, and decides members together', async () => {
    const subject = newSubject();
    const of = (limit: number, member?: string, name = 'providers') => ({ ...limitOf(limit, name), member });
    const ada = of(1, 'ada');
    expect((await open().consume(subject, one(ada))).allowed).toBe(true);
    expect((await open().consume(subject, one(ada))).allowed).toBe(false);
    for (const other of [of(1, 'bob'), of(1), of(1, ''), of(1, 'providers'), of(1, 'ada', 'requests')])
      expect((await open().consume(subject, one(other))).allowed).toBe(true);
    expect((await open().consume(newSubject(), one(ada))).allowed).toBe(true);
    const everybody = of(5, 'voyage');
    expect((await open().consume(subject, [...one(ada), ...one(everybody)])).allowed).toBe(false);
    expect((await open().look(subject, [everybody]))[0]?.remaining).toBe(5);
    await open().reset(subject, [ada]);
    expect((await open().look(subject, [ada, of(1, 'bob')])).map(({ remaining }) => remaining)).toEqual([1, 0]);
  });

  it('keeps to large limits too', async () => {
    const subject = newSubject();
    const limit = { name: 'tokens', limit: 150_000_000, periodMs: 3_600_000 };
    expect((await open().consume(subject, one(limit, 149_990_000))).allowed).toBe(true);
    expect((await open().consume(subject, one(limit, 10_000_000))).allowed).toBe(false);
    expect((await open().consume(newSubject(), one(limit, 10 ** 12))).allowed).toBe(true);
  });

  it('looks without taking, and gives everything back on request', async () => {
    const subject = newSubject();
    const limit = limitOf(5);
    await open().consume(subject, one(limit, 5));
    for (let look = 0; look < 3; look++) expect((await open().look(subject, [limit]))[0]?.remaining).toBe(0);
    await open().reset(subject, [limit]);
    expect((await open().look(subject, [limit]))[0]).toMatchObject({ remaining: 5, resetMs: 0 });
  });
}
