import { randomBytes } from 'node:crypto';
import { SignJWT } from 'jose';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { type Keepsake, startKeepsake } from '#test/support/keepsake.js';
import { type RedisServer, startRedis } from '#test/support/services.js';

describe('two installations with databases of their own on one Redis', () => {
  const secret = randomBytes(32);
  let redis: RedisServer;
  let databases: TestDatabase[];
  let servers: Keepsake[];

  beforeAll(async () => {
    redis = await startRedis();
    databases = await Promise.all([createTestDatabase(), createTestDatabase()]);
    const env = { REDIS_URL: redis.url, REDIS_SOCKET_TIMEOUT: '1000', JWT_SECRET: secret.toString('hex') };
    // One after the other: the first knows its workspaces before the second makes its own.
    servers = [];
    for (const { url } of databases) servers.push(await startKeepsake({ env: { ...env, DATABASE_URL: url } }));
    for (const { api } of servers) await api.post('/v1/workspaces', { slug: 'team' });
  }, 120_000);

  afterAll(async () => {
    await Promise.all((servers ?? []).map((server) => server.remove()));
    await redis?.remove();
    await Promise.all((databases ?? []).map((database) => database.drop()));
  }, 120_000);

  it.each([[undefined], ['team']])('keep workspaces of the same name apart, for their operators: %s', async (slug) => {
    const headers: Record<string, string> = slug === undefined ? {} : { 'x-keepsake-workspace': slug };
    for (const [number, { api }] of servers.entries()) {
      const context = { project: 'atlas', label: `of-${number}`, content: `a text of ${number}` };
      expect((await api.post('/v1/contexts', context, { headers })).status).toBe(201);
    }
    for (let round = 0; round < 2; round++) {
      for (const [number, { api }] of servers.entries()) {
        const { body } = await api.get('/v1/contexts', { query: { project: 'atlas' }, headers });
        expect(body.items.map(({ label }: { label: string }) => label)).toEqual([`of-${number}`]);
      }
    }
  });

  it('keep apart what the same token may see in each', async () => {
    const token = await new SignJWT({ ws: 'team', scope: 'memory:read memory:write' })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject('ada')
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(Buffer.from(secret.toString('hex')));
    for (const [number, { api }] of servers.entries()) {
      const own = api.as(token);
      const context = { project: 'tokens', label: `by-${number}`, content: `a text by ${number}` };
      expect((await own.post('/v1/contexts', context)).status).toBe(201);
      const { body } = await own.get('/v1/contexts', { query: { project: 'tokens' } });
      expect(body.items.map(({ label }: { label: string }) => label)).toEqual([`by-${number}`]);
    }
  });
});
