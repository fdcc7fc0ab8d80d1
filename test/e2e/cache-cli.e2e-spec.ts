import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { type Ended, runKeepsake } from '#test/support/child.js';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { eventually } from '#test/support/eventually.js';
import { type Keepsake, startKeepsake } from '#test/support/keepsake.js';
import { type RedisServer, startRedis } from '#test/support/services.js';

const WHY = ['--reason', 'a test of the commands', '--yes'];

function parsed({ code, stdout, stderr }: Ended, expected = 0): any {
  if (code !== expected) throw new Error(`the command ended with ${code}:\n${stdout}${stderr}`);
  return JSON.parse(stdout);
}

describe('keepsake cache, beside a server on PostgreSQL and Redis', () => {
  let database: TestDatabase;
  let redisServer: RedisServer;
  let redis: Redis;
  let server: Keepsake;
  let folder: string;
  let contextId: string;

  /** From a folder of its own, with nothing but the address and the key. */
  const run = (args: readonly string[], env: Record<string, string> = {}) =>
    runKeepsake(['cache', ...args], {
      cwd: folder,
      env: { KEEPSAKE_URL: server.url, KEEPSAKE_KEY: server.key, ...env },
    });
  const cacheStatus = async () => (await server.api.get(`/v1/contexts/${contextId}`)).headers.get('cache-status');
  async function fill(): Promise<void> {
    await cacheStatus();
    expect(await cacheStatus()).toBe('keepsake; hit');
  }

  beforeAll(async () => {
    database = await createTestDatabase();
    // Everything in it is invalidated below: no other test may live in it.
    redisServer = await startRedis();
    redis = new Redis(redisServer.url);
    folder = await mkdtemp(join(tmpdir(), 'keepsake-cache-cli-'));
    server = await startKeepsake({
      env: {
        DATABASE_URL: database.url,
        REDIS_URL: redisServer.url,
        REDIS_SOCKET_TIMEOUT: '1000',
        EMBEDDING_PROVIDER: 'off',
        LOG_LEVEL: 'warn',
      },
    });
    for (const project of ['atlas', 'borealis']) {
      const { body } = await server.api.post('/v1/contexts', { project, label: 'a', content: `of ${project}` });
      contextId = body.id;
    }
  }, 120_000);

  afterAll(async () => {
    await server?.remove();
    await redis?.quit();
    await redisServer?.remove();
    await database?.drop();
    await rm(folder, { recursive: true, force: true });
  });

  it('reports what the server counted, how it is, and what there is', async () => {
    await fill();
    const [stats, health, test, families, advice, text] = await Promise.all([
      run(['stats', '--scope', 'process', '--json']),
      run(['health', '--json']),
      run(['test', '--json']),
      run(['families', '--json']),
      run(['advice', '--json']),
      run(['stats']),
    ]);
    expect(parsed(stats).families.http.hits).toBeGreaterThan(0);
    expect(parsed(health)).toMatchObject({ status: 'up', mode: 'shared', breaker: 'closed' });
    expect(parsed(test)).toMatchObject({ ok: true, tier: 'shared', roundTripMs: expect.any(Number) });
    expect(parsed(families).items.map(({ name }: { name: string }) => name)).toContain('context');
    expect(parsed(advice)).toEqual({ items: expect.any(Array) });
    expect(text.stdout).toMatch(/^family +hits +misses +hit rate/m);
    expect(text.stdout).toMatch(/^http +\d+ +\d+ +[\d.]+ %/m);
  }, 120_000);

  it('lists keys without values, as many as are asked for, and shows one', async () => {
    await fill();
    const all = parsed(await run(['keys', 'http', '--all', '--json']));
    expect(all.items.length).toBeGreaterThan(0);
    expect(all.isMore).toBe(false);
    const [{ key }] = all.items;
    expect(parsed(await run(['entry', key, '--json']))).toMatchObject({
      key,
      family: 'http',
      bytes: expect.any(Number),
    });
    const [one, unknown, family] = await Promise.all([
      run(['keys', 'http', '--limit', '1']),
      run(['entry', 'nobody:knows:this']),
      run(['keys', 'nothing']),
    ]);
    expect(one).toMatchObject({ code: 0, stdout: expect.stringMatching(/^key +bytes +ttl\n.+\n/) });
    expect(unknown).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('was not found') });
    expect(family).toMatchObject({ code: 1, stderr: expect.stringContaining('nothing') });
  }, 120_000);

  it('invalidates what is named, with a reason that the audit keeps', async () => {
    for (const target of [['--context', contextId], ['--project', 'borealis'], ['--all']]) {
      await fill();
      expect((await run(['invalidate', ...target, ...WHY])).code).toBe(0);
      expect(await cacheStatus()).toBe('keepsake; fwd=miss');
    }
    const { body } = await server.api.get('/v1/admin/audit', { query: { limit: 3 } });
    expect(body.items.map(({ reason }: { reason: string }) => reason)).toEqual(Array(3).fill('a test of the commands'));
    await fill();
    expect(parsed(await run(['invalidate', '--family', 'http', '--json', ...WHY]))).toMatchObject({
      invalidated: 'family',
      deletedEntries: expect.any(Number),
    });
  }, 120_000);

  it('T26 leaves foreign keys of the same Redis alone', async () => {
    await redis.set('somebody-elses', 'stays');
    expect((await run(['invalidate', '--all', ...WHY])).code).toBe(0);
    expect((await run(['invalidate', '--family', 'context', ...WHY])).code).toBe(0);
    expect(await redis.get('somebody-elses')).toBe('stays');
  }, 120_000);

  it('does nothing dangerous without a reason and a confirmation, nor without the scope', async () => {
    await fill();
    const { body: admin } = await server.api.post('/v1/keys', { name: 'admin', scopes: ['admin'] });
    const [noReason, notConfirmed, noOperator] = await Promise.all([
      run(['invalidate', '--all', '--yes']),
      run(['invalidate', '--all', '--reason', 'for a test']),
      run(['invalidate', '--all', ...WHY], { KEEPSAKE_KEY: admin.key }),
    ]);
    expect(noReason).toMatchObject({ code: 64, stderr: expect.stringContaining('--reason') });
    expect(notConfirmed).toMatchObject({ code: 64, stderr: expect.stringContaining('needs --yes') });
    expect(noOperator).toMatchObject({ code: 1, stderr: expect.stringContaining('operator') });
    expect(await cacheStatus()).toBe('keepsake; hit');
  }, 120_000);

  it('T1 warms every project as jobs, says how far it is, and the next read is a hit', async () => {
    const ended = await run(['warm', '--all', '--json']);
    const { items } = parsed(ended);
    const names = items.map(({ target }: { target: string }) => target);
    expect(names).toEqual(expect.arrayContaining(['atlas', 'borealis', 'default']));
    for (const item of items) expect(item).toMatchObject({ state: 'completed', targets: 1, warmed: 1, cold: [] });
    expect(ended.stderr).toContain(`warmed: ${names.length} of ${names.length}`);
    await run(['invalidate', '--project', 'atlas', ...WHY]);
    const one = await run(['warm', '--project', 'atlas']);
    expect(one).toMatchObject({ code: 0, stdout: 'atlas: warmed 1 of 1\n' });
    expect(one.stderr).toMatch(/^warmed: (\d+) of \1$/m);
    const misses = async () => {
      const { body } = await server.api.get('/v1/admin/cache/stats', { query: { scope: 'process' } });
      return (body.families.query?.misses ?? 0) + (body.families.project?.misses ?? 0);
    };
    const before = await misses();
    expect((await server.api.get('/v1/contexts', { query: { project: 'atlas' } })).status).toBe(200);
    expect(await misses()).toBe(before);
    expect((await run(['warm', '--session', '01890000-0000-7000-8000-000000000000'])).code).toBe(1);
  }, 120_000);

  it('warms what a user reads, and does not wait where it is asked not to', async () => {
    const { body: key } = await server.api.post('/v1/keys', { name: 'u', scopes: ['memory:read', 'memory:write'] });
    const user = server.api.as(key.key);
    for (const project of ['atlas', 'borealis']) await user.post('/v1/sessions', { project, client: 'c' });
    const { items } = parsed(await run(['warm', '--user', `key:${key.id}`, '--json']));
    expect(items).toEqual([expect.objectContaining({ state: 'completed', targets: 2, warmed: 2, isMore: false })]);
    const left = await run(['warm', '--project', 'atlas', '--no-wait', '--json']);
    const { job } = parsed(left).items[0];
    await eventually(async () => (await server.api.get(`/v1/jobs/${job}`)).body.state === 'completed', {
      what: 'the job that nobody waited for',
    });
  }, 120_000);

  it('sets a family and takes it back', async () => {
    const ttl = async () =>
      parsed(await run(['families', '--json'])).items.find(({ name }: { name: string }) => name === 'http').policy
        .ttlMs;
    const declared = await ttl();
    expect((await run(['set', 'http', '--ttl', '90s', ...WHY])).stdout).toMatch(/^http .* 90 s /m);
    expect(await ttl()).toBe(90_000);
    expect(parsed(await run(['set', 'http', '--json', ...WHY])).policy.ttlMs).toBe(declared);
  }, 120_000);

  it('ends with 69 where the server or its Redis is away, and says so as JSON where that is asked for', async () => {
    const away = await run(['stats', '--json'], { KEEPSAKE_URL: 'http://127.0.0.1:1' });
    expect(away).toMatchObject({ code: 69, stdout: '' });
    expect(JSON.parse(away.stderr).error).toEqual({ message: expect.stringContaining('KEEPSAKE_URL'), exitCode: 69 });
    redisServer.pause();
    try {
      await run(['test']);
      const [test, health] = await Promise.all([run(['test', '--json']), run(['health'])]);
      expect(parsed(test, 69)).toMatchObject({ ok: false, problem: expect.any(String) });
      expect(health.code).toBe(69);
      expect(health.stdout).toMatch(/^degraded/);
    } finally {
      redisServer.resume();
    }
  }, 120_000);
});
