import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createSecretKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { exportJWK, type JWTPayload, SignJWT } from 'jose';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { eventually } from '#test/support/eventually.js';
import { type Keepsake, startKeepsake } from '#test/support/keepsake.js';

const SECRET = 'a secret of the tests that is long enough';
const secret = createSecretKey(Buffer.from(SECRET));

/** An issuer of tokens, with the set of its public keys served over HTTP. */
class Issuer {
  fetches = 0;
  isDown = false;
  private keys: { kid: string; privateKey: KeyObject; publicKey: KeyObject }[] = [];
  private server: Server | undefined;
  private port = 0;

  async start(): Promise<void> {
    this.rotate('first');
    this.server = createServer((_, response) => {
      this.fetches++;
      if (this.isDown) {
        response.writeHead(503).end();
        return;
      }
      void Promise.all(
        this.keys.map(async ({ kid, publicKey }) => ({ ...(await exportJWK(publicKey)), kid, alg: 'ES256' })),
      ).then((keys) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ keys })));
    });
    await new Promise<void>((resolve) => this.server?.listen(0, '127.0.0.1', resolve));
    this.port = (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/jwks.json`;
  }

  get publicKey(): KeyObject {
    return (this.keys[0] as (typeof this.keys)[number]).publicKey;
  }

  rotate(kid: string): void {
    this.keys = [{ kid, ...generateKeyPairSync('ec', { namedCurve: 'P-256' }) }];
  }

  token(claims: JWTPayload): Promise<string> {
    const { kid, privateKey } = this.keys[0] as (typeof this.keys)[number];
    return sign(claims, 'ES256', privateKey, kid);
  }

  stop(): void {
    this.server?.close();
  }
}

function sign(claims: JWTPayload, alg: string, key: KeyObject, kid?: string): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({ iat: now, exp: now + 600, iss: 'https://issuer.test', aud: 'keepsake', ...claims })
    .setProtectedHeader({ alg, ...(kid === undefined ? {} : { kid }) })
    .sign(key);
}

const reader = (claims: JWTPayload = {}) =>
  sign({ sub: 'ada', ws: 'default', scope: 'memory:read', ...claims }, 'HS256', secret);

describe('signed tokens', () => {
  let issuer: Issuer;
  let database: TestDatabase;
  let one: Keepsake;
  let two: Keepsake;

  const statusOf = async (token: string, server = one) => (await server.api.as(token).get('/v1/projects')).status;

  beforeAll(async () => {
    issuer = new Issuer();
    await issuer.start();
    database = await createTestDatabase();
    const env = {
      DATABASE_URL: database.url,
      REDIS_URL: process.env['TEST_REDIS_URL'],
      KEEPSAKE_BOOTSTRAP_KEY: `ks_tokens_${'x'.repeat(32)}`,
      WORKER_ENABLED: 'false',
      JWT_SECRET: SECRET,
      JWT_JWKS_URL: issuer.url,
      JWT_JWKS_COOLDOWN_SECONDS: '1',
      JWT_ISSUER: 'https://issuer.test',
      JWT_AUDIENCE: 'keepsake',
      JWT_CLOCK_SKEW_SECONDS: '30',
      JWT_MAX_LIFETIME_HOURS: '2',
    };
    [one, two] = await Promise.all([startKeepsake({ env }), startKeepsake({ env })]);
    await one.api.post('/v1/workspaces', { slug: 'other' });
  }, 120_000);

  afterAll(async () => {
    await Promise.all([one.remove(), two.remove()]);
    await database.drop();
    issuer.stop();
  });

  it('let their subject do what their scopes say, in their workspace', async () => {
    const api = one.api.as(await reader());
    expect((await api.get('/v1/projects')).status).toBe(200);
    const refused = await api.post('/v1/contexts', { label: 'a', content: 'text' });
    expect([refused.status, refused.body.code]).toEqual([403, 'missing-scope']);
    const writer = one.api.as(
      await reader({ scope: ['memory:read', 'memory:write', 'unknown'] as never, ws: 'other' }),
    );
    const { status, body } = await writer.post('/v1/contexts', { label: 'a', content: 'of the other workspace' });
    expect(status).toBe(201);
    expect((await api.get(`/v1/contexts/${body.id}`)).status).toBe(404);
    const elsewhere = await api.get(`/v1/contexts/${body.id}`, { headers: { 'x-keepsake-workspace': 'other' } });
    expect(elsewhere.status).toBe(404);
  });

  it.each<[string, () => Promise<string>]>([
    ['expired beyond the clock skew', () => reader({ exp: Math.floor(Date.now() / 1000) - 40 })],
    ['not valid yet', () => reader({ nbf: Math.floor(Date.now() / 1000) + 90 })],
    ['without an expiry', () => reader({ exp: undefined })],
    ['living longer than is allowed', () => reader({ exp: Math.floor(Date.now() / 1000) + 3 * 3600 })],
    ['without a subject', () => reader({ sub: undefined })],
    ['without a workspace', () => reader({ ws: undefined })],
    ['of an unknown workspace', () => reader({ ws: 'nowhere' })],
    ['of another issuer', () => reader({ iss: 'https://elsewhere.test' })],
    ['for another audience', () => reader({ aud: 'something-else' })],
    [
      'signed with another secret',
      () => sign({ sub: 'a', ws: 'default', scope: 'memory:read' }, 'HS256', createSecretKey(Buffer.alloc(32, 1))),
    ],
    [
      'signed with an algorithm that is not allowed',
      () => sign({ sub: 'a', ws: 'default', scope: 'memory:read' }, 'HS512', createSecretKey(Buffer.alloc(64, 1))),
    ],
    [
      'signed with the public key as a secret',
      () =>
        sign(
          { sub: 'a', ws: 'default', scope: 'memory:read operator' },
          'HS256',
          createSecretKey(Buffer.from(issuer.publicKey.export({ type: 'spki', format: 'pem' }))),
          'first',
        ),
    ],
    [
      'not signed at all',
      async () => {
        const [, payload] = (await reader()).split('.');
        return `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.AAAA`;
      },
    ],
    [
      'with a payload that was changed',
      async () => {
        const [header, payload = '', signature] = (await reader()).split('.');
        const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as JWTPayload;
        return [
          header,
          Buffer.from(JSON.stringify({ ...claims, scope: 'operator' })).toString('base64url'),
          signature,
        ].join('.');
      },
    ],
    ['that are no tokens', async () => 'aa.bb.cc'],
    ['T68 with an exp of 1e15', () => reader({ exp: 1e15 })],
    ['T68 with an iat of 1e300', () => reader({ iat: 1e300 })],
    ['T68 with a NUL in sub', () => reader({ sub: 'ada\0' })],
    ['T68 with a NUL in ws', () => reader({ ws: 'default\0' })],
  ])('%s are refused', async (_, make) => {
    const token = await make();
    const answer = await one.api.as(token).get('/v1/projects');
    expect([answer.status, answer.body.code]).toEqual([401, 'unauthenticated']);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect((await one.api.as(token).post('/v1/auth/logout')).status).toBe(401);
  });

  it('within the clock skew are taken', async () => {
    expect(await statusOf(await reader({ exp: Math.floor(Date.now() / 1000) - 10 }))).toBe(200);
  });

  it('T30 a log-out ends the token on the next request, on every process, and no other', async () => {
    const [token, other] = [await reader({ jti: '1' }), await reader({ jti: '2' })];
    expect([await statusOf(token, one), await statusOf(token, two)]).toEqual([200, 200]);
    expect((await one.api.as(token).post('/v1/auth/logout')).status).toBe(204);
    expect([await statusOf(token, one), await statusOf(token, two)]).toEqual([401, 401]);
    expect([await statusOf(other, one), await statusOf(other, two)]).toEqual([200, 200]);
    const key = await one.api.post('/v1/auth/logout');
    expect([key.status, key.body.code]).toEqual([409, 'not-a-token']);
  });

  it('T30 a revocation of a subject ends its tokens everywhere; those given later work', async () => {
    const [ada, bob] = [await reader({ sub: 'T30 ada' }), await reader({ sub: 'T30 bob' })];
    expect([await statusOf(ada, two), await statusOf(bob, two)]).toEqual([200, 200]);
    expect((await one.api.post('/v1/auth/revocations', { subject: 'T30 ada' })).status).toBe(201);
    expect([await statusOf(ada, one), await statusOf(ada, two), await statusOf(bob, two)]).toEqual([401, 401, 200]);
    const later = await reader({ sub: 'T30 ada', iat: Math.floor(Date.now() / 1000) + 1 });
    expect([await statusOf(later, one), await statusOf(later, two)]).toEqual([200, 200]);
    const elsewhere = await reader({ sub: 'T30 ada', ws: 'other' });
    expect(await statusOf(elsewhere)).toBe(200);
    const denied = await one.api.as(await reader()).post('/v1/auth/revocations', { subject: 'T30 bob' });
    expect(denied.status).toBe(403);
  });

  it('T30 what a key may do changes with the next request, on every process', async () => {
    const { body: key } = await one.api.post('/v1/keys', { name: 'k', scopes: ['memory:read', 'memory:write'] });
    const write = (server: Keepsake) => server.api.as(key.key).post('/v1/contexts', { label: 'role', content: 'text' });
    expect((await write(two)).status).toBe(201);
    expect((await one.api.patch(`/v1/keys/${key.id}`, { scopes: ['memory:read'] })).status).toBe(200);
    expect([(await write(one)).status, (await write(two)).status]).toEqual([403, 403]);
    expect(await statusOf(key.key, two)).toBe(200);
    expect((await one.api.del(`/v1/keys/${key.id}`)).status).toBe(200);
    expect([await statusOf(key.key, one), await statusOf(key.key, two)]).toEqual([401, 401]);
  });

  it('of a key set are taken, also after the issuer has changed its key', async () => {
    const claims = { sub: 'eve', ws: 'default', scope: 'memory:read' };
    const [before, unseen] = [await issuer.token(claims), await issuer.token({ ...claims, jti: 'unseen' })];
    expect(await statusOf(before)).toBe(200);
    issuer.rotate('second');
    const after = await issuer.token(claims);
    await eventually(async () => (await statusOf(after)) === 200, { what: 'the new key to be fetched' });
    expect(await statusOf(unseen)).toBe(401);
  });

  it('with unknown keys do not make the server ask the issuer again and again', async () => {
    const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const before = issuer.fetches;
    const started = performance.now();
    const tokens = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        sign({ sub: 'a', ws: 'default' }, 'ES256', stranger, `unknown-${index}`),
      ),
    );
    for (const token of tokens) expect(await statusOf(token)).toBe(401);
    const seconds = Math.ceil((performance.now() - started) / 1000);
    expect(issuer.fetches - before).toBeLessThanOrEqual(seconds + 1);
  });
});

describe('an issuer that is away', () => {
  it('is reported as 503, and keys work as before', async () => {
    const issuer = new Issuer();
    await issuer.start();
    issuer.isDown = true;
    const server = await startKeepsake({ env: { JWT_JWKS_URL: issuer.url, JWT_JWKS_COOLDOWN_SECONDS: '1' } });
    try {
      const token = await issuer.token({ sub: 'a', ws: 'default', scope: 'memory:read' });
      const answer = await server.api.as(token).get('/v1/projects');
      expect([answer.status, answer.body.code]).toEqual([503, 'issuer-unavailable']);
      expect((await server.api.get('/v1/projects')).status).toBe(200);
      issuer.isDown = false;
      await eventually(async () => (await server.api.as(token).get('/v1/projects')).status === 200);
    } finally {
      await server.remove();
      issuer.stop();
    }
  }, 120_000);
});
