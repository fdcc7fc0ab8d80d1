import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { SignJWT } from 'jose';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { type Keepsake, startKeepsake } from '#test/support/keepsake.js';
import { type RedisServer, startRedis } from '#test/support/services.js';
import { StatementLog } from '#test/support/statement-log.js';

const GUESSES = 1_000;
const LIMIT = 10;
const SECRET = randomBytes(32).toString('hex');

const sign = (claims: object, secret = SECRET) =>
  new SignJWT({ scope: 'memory:read', ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuedAt()
    .setExpirationTime('5m')
    .sign(Buffer.from(secret));

describe('credentials that nobody knows', () => {
  let redis: RedisServer;
  let database: TestDatabase;
  let statements: StatementLog;
  let client: Redis;
  let one: Keepsake;
  let two: Keepsake;

  beforeAll(async () => {
    [redis, database, statements] = await Promise.all([startRedis(), createTestDatabase(), StatementLog.open()]);
    const env = {
      ...statements.env,
      DATABASE_URL: database.url,
      REDIS_URL: redis.url,
      REDIS_SOCKET_TIMEOUT: '5000',
      KEEPSAKE_BOOTSTRAP_KEY: `ks_guesses_${'x'.repeat(32)}`,
      JWT_SECRET: SECRET,
      WORKER_ENABLED: 'false',
      RATE_LIMIT_ENABLED: 'true',
      RATE_LIMIT_SIGN_IN_PER_5_MINUTES: String(LIMIT),
    };
    [one, two] = await Promise.all([startKeepsake({ env }), startKeepsake({ env })]);
    client = new Redis(redis.url);
  }, 120_000);

  afterAll(async () => {
    await client?.quit();
    await Promise.all([one?.remove(), two?.remove()]);
    await redis?.remove();
    await database?.drop();
    await statements?.remove();
  }, 120_000);

  it('T59 a token naming a workspace that was refused a moment before its creation is accepted at once after', async () => {
    const token = await sign({ sub: 'ada', ws: 'later' });
    const statusOn = async (server: Keepsake) => (await server.api.as(token).get('/v1/projects')).status;
    expect([await statusOn(one), await statusOn(two)]).toEqual([401, 401]);
    expect((await two.api.post('/v1/workspaces', { slug: 'later' })).status).toBe(201);
    expect([await statusOn(one), await statusOn(two)]).toEqual([200, 200]);
  });

  it('T67 1,000 made-up tokens are refused before the work, and leave no keys in Redis but the counter of the address', async () => {
    await one.api.get('/v1/projects');
    const before = new Set(await client.keys('*'));
    const make = async (n: number) =>
      n % 3 === 0
        ? `ks_guess${n}_${randomBytes(24).toString('hex')}`
        : n % 3 === 1
          ? sign({ sub: `nobody-${n}`, ws: `nowhere-${n}` }, 'another secret, as long as the other')
          : `${randomBytes(12).toString('hex')}.e30.${n}`;
    const credentials = await Promise.all(Array.from({ length: GUESSES }, (_, n) => make(n)));
    const started = performance.now();
    const answers = await Promise.all(
      credentials.map((credential, n) =>
        one.api.as(credential).get('/v1/projects', { headers: { 'x-request-id': `guess-${n}` } }),
      ),
    );
    const seconds = Math.ceil((performance.now() - started) / 1_000);
    const refused = answers.filter(({ status }) => status === 429);
    const wrong = answers.filter(({ status }) => status === 401);
    expect(wrong.length + refused.length).toBe(GUESSES);
    expect(wrong.length).toBeLessThanOrEqual(LIMIT);
    for (const { headers } of refused) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);

    const left = (await client.keys('*')).filter((key) => !before.has(key));
    expect(left.filter((key) => !key.startsWith('ksl:'))).toEqual([]);
    expect(left.length).toBeLessThanOrEqual(1);
    for (const key of left) expect(await client.pttl(key)).toBeGreaterThan(0);
    const asked = await Promise.all(credentials.map((_, n) => statements.statementsOf(`guess-${n}`)));
    // Those that may fail, and a few newcomers a second.
    expect(asked.flat().length).toBeLessThanOrEqual(LIMIT + 5 * (seconds + 1));
  }, 240_000);

  it('T67 good credentials of the same address go on working, on a process that has not seen them too', async () => {
    const { status, body } = await one.api.post('/v1/keys', { name: 'k', scopes: ['memory:read'] });
    expect(status).toBe(201);
    for (const server of [one, two]) expect((await server.api.as(body.key).get('/v1/projects')).status).toBe(200);
  });
});
