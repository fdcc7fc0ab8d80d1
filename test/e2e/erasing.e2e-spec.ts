import { Redis } from 'ioredis';
import pg from 'pg';
import { keysHolding } from '#test/support/redis-keys.js';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { eventually } from '#test/support/eventually.js';
import { type Keepsake, startKeepsake } from '#test/support/keepsake.js';
import { type RedisServer, startRedis } from '#test/support/services.js';
import { TcpProxy } from '#test/support/tcp-proxy.js';

/** Two servers over one database and one Redis; the link of the first one can be held. */
describe('what was deleted for good is in no cache', () => {
  let database: TestDatabase;
  let redis: RedisServer;
  let link: TcpProxy;
  let client: Redis;
  let sql: pg.Client;
  let a: Keepsake;
  let b: Keepsake;

  beforeAll(async () => {
    [database, redis] = await Promise.all([createTestDatabase(), startRedis()]);
    link = await TcpProxy.to(redis);
    const env = {
      DATABASE_URL: database.url,
      KEEPSAKE_BOOTSTRAP_KEY: `ks_test_${'era'.repeat(16)}`,
      SESSION_SWEEP_SECONDS: '3600',
    };
    a = await startKeepsake({ env: { ...env, REDIS_URL: link.urlFor(redis.url), REDIS_SOCKET_TIMEOUT: '5000' } });
    b = await startKeepsake({ env: { ...env, REDIS_URL: redis.url, REDIS_SOCKET_TIMEOUT: '1000' } });
    client = new Redis(redis.url);
    sql = new pg.Client({ connectionString: database.url });
    await sql.connect();
  }, 120_000);

  afterAll(async () => {
    client?.disconnect();
    await sql?.end();
    await Promise.all([a?.remove(), b?.remove()]);
    await link?.close();
    await redis?.remove();
    await database?.drop();
  }, 120_000);

  async function store(project: string, text: string): Promise<string> {
    const made = await a.api.post('/v1/contexts', { project, label: 'note', content: `${text} over the field.` });
    expect(made.status).toBe(201);
    const session = await a.api.post('/v1/sessions', { project });
    expect(session.status).toBe(201);
    await a.api.post(`/v1/sessions/${session.body.id}/entries`, { kind: 'todo', text: `Look for ${text}` });
    await a.api.post('/v1/handovers', { project, summary: `${text} counted` });
    return made.body.id;
  }

  const paths = (project: string, id: string, text: string) => [
    `/v1/contexts/${id}`,
    `/v1/contexts?project=${project}`,
    `/v1/projects/${project}/overview`,
    `/v1/search?q=${text}&project=${project}`,
    `/v1/handovers/latest?project=${project}`,
  ];

  async function readOnBoth(all: readonly string[]): Promise<string> {
    const answers = await Promise.all(
      [a, b].flatMap(({ api }) => all.map(async (path) => JSON.stringify((await api.get(path)).body))),
    );
    return answers.join('\n');
  }

  it('after a project was deleted, when its caller is answered', async () => {
    const text = 'zygomatickestrel';
    const all = paths('atlas', await store('atlas', text), text);
    for (let i = 0; i < 2; i++) expect(await readOnBoth(all)).toContain(text);
    expect(await keysHolding(client, text)).not.toEqual([]);
    const startedMs = performance.now();
    expect((await a.api.del('/v1/projects/atlas', { query: { confirm: 'atlas' } })).status).toBe(200);
    expect(performance.now() - startedMs).toBeLessThan(5_000);
    expect(await keysHolding(client, text)).toEqual([]);
    expect(await readOnBoth(all.filter((path) => !path.includes('q=')))).not.toContain(text);
  }, 120_000);

  it('after a policy has deleted a version', async () => {
    const text = 'zygomaticosprey';
    const id = await store('birds', text);
    const all = paths('birds', id, text).slice(0, 3);
    await readOnBoth(all);
    expect((await a.api.post(`/v1/contexts/${id}/archive`, {})).status).toBe(200);
    await sql.query(`UPDATE contexts SET archived_at = now() - interval '9 days' WHERE id = $1`, [id]);
    expect((await a.api.put('/v1/retention/birds', { purgeAfterDays: 5 })).status).toBe(200);
    await readOnBoth(all);
    const run = await a.api.post('/v1/retention/birds/run', { dryRun: false });
    expect([run.status, run.body.purged?.count]).toEqual([200, 1]);
    expect((await keysHolding(client, `${text} over the field`)).filter((key) => key.startsWith('ks:v:'))).toEqual([]);
    expect(await readOnBoth(all.slice(0, 2))).not.toContain(`${text} over the field`);
  }, 120_000);

  it('after the process that deleted it was killed between commit and removal', async () => {
    const text = 'zygomaticmerlin';
    const all = paths('gone', await store('gone', text), text);
    for (let i = 0; i < 2; i++) expect(await readOnBoth(all)).toContain(text);
    link.hold('unlink');
    const answer = a.api.del('/v1/projects/gone', { query: { confirm: 'gone' } }).catch(() => undefined);
    const isCommitted = async () => (await sql.query(`SELECT 1 FROM projects WHERE slug = 'gone'`)).rowCount === 0;
    await eventually(isCommitted, { everyMs: 2, what: 'the commit' });
    await a.kill();
    await answer;
    await eventually(async () => (await keysHolding(client, text)).length === 0, {
      timeoutMs: 5_000,
      what: 'the removal',
    });
    const answers = await Promise.all(
      all.filter((path) => !path.includes('q=')).map(async (path) => JSON.stringify((await b.api.get(path)).body)),
    );
    expect(answers.join('\n')).not.toContain(text);
  }, 120_000);
});
