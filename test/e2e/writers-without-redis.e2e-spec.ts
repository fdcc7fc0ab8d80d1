import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { eventually } from '#test/support/eventually.js';
import { createKeepsake, type Keepsake, startKeepsake } from '#test/support/keepsake.js';
import { type RedisServer, startRedis } from '#test/support/services.js';

const KEY = `ks_test_${'away'.repeat(12)}`;

describe('writers that Redis does not confirm', () => {
  let database: TestDatabase;
  let redis: RedisServer;
  let sql: pg.Client;
  let a: Keepsake;
  let b: Keepsake;

  beforeAll(async () => {
    [database, redis] = await Promise.all([createTestDatabase(), startRedis()]);
    sql = new pg.Client({ connectionString: database.url });
    await sql.connect();
    const env = {
      DATABASE_URL: database.url,
      REDIS_URL: redis.url,
      KEEPSAKE_BOOTSTRAP_KEY: KEY,
      LOG_LEVEL: 'fatal',
      WORKER_ENABLED: 'false',
    };
    a = await startKeepsake({ env });
    b = await startKeepsake({ env });
  }, 120_000);

  afterAll(async () => {
    redis?.resume();
    await sql?.end();
    await Promise.all([a?.remove(), b?.remove()]);
    await redis?.remove();
    await database?.drop();
  }, 120_000);

  const countOf = async (query: string) => Number((await sql.query(query)).rows[0].count);
  const rows = () => countOf('SELECT count(*) AS count FROM cache_invalidations');
  /** Transactions a second on the whole database, which this file alone uses. */
  async function transactionsASecond(seconds: number): Promise<number> {
    const asked = async () => {
      // What a session did is counted when it says so, a second late.
      await pause(1_100);
      await sql.query('SELECT pg_stat_clear_snapshot()');
      return countOf('SELECT xact_commit AS count FROM pg_stat_database WHERE datname = current_database()');
    };
    const before = await asked();
    const startedMs = performance.now();
    await pause(seconds * 1_000);
    return ((await asked()) - before) / ((performance.now() - startedMs) / 1_000);
  }

  it('T55 leave nothing running behind: statements are as before, and the outbox drains when Redis is back', async () => {
    const quiet = await transactionsASecond(4);
    redis.pause();
    await eventually(async () => (await a.api.get('/health')).body.parts.cache.status === 'degraded');
    const untilMs = performance.now() + 6_000;
    let written = 0;
    await Promise.all(
      Array.from({ length: 20 }, async (_, writer) => {
        while (performance.now() < untilMs) {
          const context = { project: 'away', label: `note-${writer}`, content: `text ${written} of ${writer}` };
          expect((await a.api.post('/v1/contexts', context)).status).toBeLessThan(300);
          written++;
        }
      }),
    );
    expect(written).toBeGreaterThan(20);
    expect(await rows()).toBeGreaterThanOrEqual(written);
    const after = await transactionsASecond(4);
    // Each of more than a hundred writes asked four times a second.
    expect(after).toBeLessThan(quiet * 2 + 20);

    redis.resume();
    await eventually(async () => (await rows()) === 0, { timeoutMs: 15_000, what: 'an empty outbox' });
    await eventually(async () => (await a.api.get('/health')).body.parts.cache.status === 'up', { timeoutMs: 15_000 });
    for (const { api } of [a, b]) {
      const { body } = await api.get('/v1/contexts', { query: { project: 'away', limit: 100 } });
      expect(body.items).toHaveLength(20);
    }
  }, 120_000);

  async function run(args: string[], env: Record<string, string> = {}): Promise<string> {
    const command = await createKeepsake({
      args,
      env: { DATABASE_URL: database.url, KEEPSAKE_BOOTSTRAP_KEY: KEY, ...env },
    });
    try {
      const child = command.spawn();
      const [code] = (await once(child, 'close')) as [number];
      if (code !== 0)
        throw new Error(`keepsake ${args.join(' ')} ended with ${code}: ${command.stdout}${command.stderr}`);
      return command.stdout;
    } finally {
      await command.remove();
    }
  }

  it('T56 a key that a command without REDIS_URL revokes is refused by every server at once', async () => {
    const made = await a.api.post('/v1/keys', { name: 'reader', scopes: ['memory:read'] });
    const read = ({ api }: Keepsake) => api.as(made.body.key).get('/v1/contexts', { query: { project: 'away' } });
    for (const server of [a, b, a, b]) expect((await read(server)).status).toBe(200);
    await run(['keys', 'revoke', made.body.id]);
    expect((await read(a)).status).toBe(401);
    expect((await read(b)).status).toBe(401);
  }, 120_000);

  it('T56 what a server without REDIS_URL writes is seen by the next read on those that have one', async () => {
    const other = await startKeepsake({ env: { DATABASE_URL: database.url, KEEPSAKE_BOOTSTRAP_KEY: KEY } });
    try {
      const read = ({ api }: Keepsake) => api.get('/v1/contexts', { query: { project: 'mixed' } });
      for (let i = 0; i < 10; i++) {
        for (const server of [a, b, a, b]) expect((await read(server)).body.items).toHaveLength(i);
        const context = { project: 'mixed', label: `note-${i}`, content: `text ${i}` };
        expect((await other.api.post('/v1/contexts', context)).status).toBe(201);
        for (const server of [a, b]) expect((await read(server)).body.items).toHaveLength(i + 1);
      }
    } finally {
      await other.remove();
    }
  }, 120_000);
});
