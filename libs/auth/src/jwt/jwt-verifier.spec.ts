import { createHmac } from 'node:crypto';
import { loadConfig } from '#config';
import { ManualClock } from '#kernel/testing';
import { JwtVerifier } from './jwt-verifier.js';

const SECRET = 'a secret of the tests that is long enough';
const base64url = (text: string) => Buffer.from(text).toString('base64url');

/** Signed by hand: libraries refuse to make most of these. */
function sign(payload: string): string {
  const signed = `${base64url('{"alg":"HS256"}')}.${base64url(payload)}`;
  return `${signed}.${createHmac('sha256', SECRET).update(signed).digest('base64url')}`;
}

describe('JwtVerifier', () => {
  const clock = new ManualClock();
  const { auth } = loadConfig({
    JWT_SECRET: SECRET,
    JWT_MAX_LIFETIME_HOURS: '2',
    JWT_CLOCK_SKEW_SECONDS: '30',
  });
  const verifier = new JwtVerifier(auth, clock);
  const now = Math.floor(clock.nowMs() / 1000);
  const usual = { sub: 'ada', ws: 'default', scope: 'memory:read', iat: now, exp: now + 600 };
  const verify = (claims: object) => verifier.verify(sign(JSON.stringify({ ...usual, ...claims })));
  /** A claim as it is written, for what JSON.stringify can't say. */
  const verifyRaw = (claim: string) =>
    verifier.verify(sign(JSON.stringify({ ...usual, exp: undefined }).replace(/}$/, `,${claim}}`)));

  it('takes a token within its life', async () => {
    expect(await verify({})).toEqual({
      subject: 'ada',
      workspace: 'default',
      scopes: ['memory:read'],
      tier: undefined,
      issuedAt: new Date(now * 1000),
      expiresAt: new Date((now + 600) * 1000),
    });
  });

  it.each([
    ['an exp of 1e15', '"exp":1e15'],
    ['an exp of 1e300', '"exp":1e300'],
    ['an exp that is no finite number', '"exp":1e999'],
    ['an exp in milliseconds', `"exp":${(now + 600) * 1000}`],
    ['an exp as text', `"exp":"${now + 600}"`],
    ['an exp of null', '"exp":null'],
    ['an exp in a list', `"exp":[${now + 600}]`],
    ['a negative exp', `"exp":-${now + 600}`],
    ['an exp named twice, the later without end', `"exp":${now + 600},"exp":1e15`],
  ])('T68 refuses %s', async (_, claim) => {
    await expect(verifyRaw(claim)).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it.each<[string, object]>([
    ['an iat of 1e300', { iat: 1e300 }],
    ['an iat of 1e15', { iat: 1e15 }],
    ['a negative iat', { iat: -1 }],
    ['an iat as text', { iat: String(now) }],
    ['an iat of null', { iat: null }],
    ['an iat beyond the clock skew', { iat: now + 31 }],
    ['an nbf beyond the clock skew', { nbf: now + 31 }],
    ['an nbf of 1e300', { nbf: 1e300 }],
    ['a negative nbf', { nbf: -1e300 }],
    ['an nbf as text', { nbf: String(now) }],
    ['a NUL in sub', { sub: 'a\0b' }],
    ['a NUL in ws', { ws: 'default\0' }],
    ['a NUL in tier', { tier: 'pro\0' }],
    ['a NUL in scope', { scope: 'memory:read\0' }],
    ['a NUL in a list of scopes', { scope: ['memory:read', '\0'] }],
    ['a NUL in a claim that is not read', { jti: '\0' }],
    ['a NUL in the name of a claim', { 'a\0': 1 }],
    ['a lone surrogate in sub', { sub: 'a\uD800' }],
    ['a ws that no workspace can have', { ws: "x' OR ''='" }],
    ['a sub that is a number', { sub: 1 }],
    ['a sub of 300 characters', { sub: 'a'.repeat(300) }],
  ])('T68 refuses %s', async (_, claims) => {
    await expect(verify(claims)).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it('T68 takes no token that lives longer than the configured life, not even near its end', async () => {
    const life = 2 * 3600;
    expect((await verify({ exp: now + life })).subject).toBe('ada');
    expect((await verify({ iat: now + 30, exp: now + 30 + life })).subject).toBe('ada');
    await expect(verify({ exp: now + life + 1 })).rejects.toMatchObject({ code: 'unauthenticated' });
    await expect(verify({ iat: now - life, exp: now + 1 })).rejects.toMatchObject({ code: 'unauthenticated' });
    await expect(verify({ iat: undefined, exp: now + life + 1 })).rejects.toMatchObject({ code: 'unauthenticated' });
    expect((await verify({ iat: undefined, exp: now + life })).issuedAt).toEqual(new Date(0));
  });
});
