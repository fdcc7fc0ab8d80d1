import { loadConfig } from '#config';
import type { DomainError } from '#kernel';
import { localLimits } from '#throttle/testing';
import { unauthenticated } from './auth.errors.js';
import { KnownCredentials, SignInLimiter } from './sign-in-limiter.js';
import { nameSecret } from './credential.js';

const FAILURES = 10;
const NEWCOMERS = 5;

describe('SignInLimiter', () => {
  let known: KnownCredentials;
  let limiter: SignInLimiter;
  let tried: number;

  beforeEach(() => {
    const { throttle } = loadConfig({});
    const { limiter: counters, limits } = localLimits(() => performance.now(), { 'sign-in': FAILURES });
    known = new KnownCredentials();
    limiter = new SignInLimiter(counters, limits, throttle, known);
    tried = 0;
  });

  const signIn = async (isGood: boolean) => {
    tried++;
    await new Promise((resolve) => setImmediate(resolve));
    if (!isGood) throw unauthenticated();
    return 'in';
  };
  const guess = (address: string, name: string) =>
    limiter.guard(address, name, () => signIn(false)).catch((error: { kind: string }) => error.kind);
  const enter = async (address: string, name: string) => {
    const entered = await limiter.guard(address, name, () => signIn(true));
    known.add(nameSecret(name));
    return entered;
  };

  it('T67 tries as many of a thousand guesses at the same time as the limit allows', async () => {
    const answers = await Promise.all(Array.from({ length: 1000 }, (_, n) => guess('192.0.2.1', `guess ${n}`)));
    expect(answers.filter((kind) => kind === 'unauthenticated')).toHaveLength(FAILURES);
    expect(answers.filter((kind) => kind === 'rate-limited')).toHaveLength(1000 - FAILURES);
    expect(tried).toBeGreaterThanOrEqual(FAILURES);
    // One more newcomer every 200 ms of a busy machine.
    expect(tried).toBeLessThanOrEqual(FAILURES + 5 * NEWCOMERS);
  });

  it('T67 counts a guess at a credential that was good like any other', async () => {
    await enter('192.0.2.1', 'was good');
    tried = 0;
    const answers = [];
    for (let n = 0; n < FAILURES + 3; n++) answers.push(await guess('192.0.2.1', 'was good'));
    expect(answers.filter((kind) => kind === 'unauthenticated')).toHaveLength(FAILURES);
  });

  it('T67 counts a network of IPv6 addresses as one client, and another address for itself', async () => {
    for (let n = 0; n < FAILURES; n++) await guess(`2001:db8:1:2::${n}`, `guess ${n}`);
    expect(await guess('2001:db8:1:2:ffff::1', 'one more')).toBe('rate-limited');
    expect(await guess('2001:db8:1:3::1', 'another network')).toBe('unauthenticated');
  });

  it('lets any number of good credentials in at the same time, also new ones', async () => {
    const names = Array.from({ length: 200 }, (_, n) => `good ${n}`);
    expect(new Set(await Promise.all(names.map((name) => enter('192.0.2.1', name))))).toEqual(new Set(['in']));
  });

  it('holds up nobody else at the address of a guesser: known credentials pass, new ones a few at a time', async () => {
    await enter('192.0.2.1', 'known');
    for (let n = 0; n < FAILURES; n++) await guess('192.0.2.1', `guess ${n}`);
    for (let call = 0; call < 100; call++) expect(await enter('192.0.2.1', 'known')).toBe('in');
    expect(await enter('192.0.2.1', 'new')).toBe('in');
  });

  it('counts only credentials that do not hold', async () => {
    const away = () => limiter.guard('192.0.2.1', 'any', () => Promise.reject(new Error('the database is away')));
    for (let n = 0; n < 3 * FAILURES; n++) await expect(away()).rejects.toThrow('the database is away');
    expect(await guess('192.0.2.1', 'guess')).toBe('unauthenticated');
  });

  it('says when to try again', async () => {
    for (let n = 0; n < FAILURES + NEWCOMERS; n++) await guess('192.0.2.1', `guess ${n}`);
    const refused = limiter.guard('192.0.2.1', 'guess', () => signIn(false));
    const { kind, retryAfterSeconds } = (await refused.catch((error: unknown) => error)) as DomainError;
    expect(kind).toBe('rate-limited');
    expect(retryAfterSeconds).toBeGreaterThan(20);
    expect(retryAfterSeconds).toBeLessThanOrEqual(30);
  });
});
