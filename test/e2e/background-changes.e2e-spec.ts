import type { Api } from '#test/support/api.js';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { eventually } from '#test/support/eventually.js';
import { type Keepsake, startKeepsake } from '#test/support/keepsake.js';
import { type RedisServer, startRedis } from '#test/support/services.js';

const HIT = 'keepsake; hit';

describe('T58 what a job or a restart changes is seen', () => {
  let database: TestDatabase;
  let redis: RedisServer;
  const running: Keepsake[] = [];

  beforeAll(async () => {
    database = await createTestDatabase();
    redis = await startRedis();
  }, 240_000);

  afterAll(async () => {
    await Promise.all(running.map((server) => server.remove()));
    await redis?.remove();
    await database?.drop();
  });

  async function start(env: Readonly<Record<string, string>>): Promise<Keepsake> {
    const key = { KEEPSAKE_BOOTSTRAP_KEY: `ks_job_${'x'.repeat(32)}` };
    const services = { DATABASE_URL: database.url, REDIS_URL: redis.url, REDIS_SOCKET_TIMEOUT: '2000' };
    const server = await startKeepsake({ env: { ...services, ...key, LOG_LEVEL: 'error', ...env } });
    running.push(server);
    return server;
  }

  /** Every way to read what a context shows of its embedding. */
  const readsOf = (id: string): readonly string[] => [
    `/v1/contexts/${id}`,
    `/v1/contexts/${id}/versions`,
    '/v1/projects/default/contexts/light',
    '/v1/contexts?versions=all',
  ];
  const shown = (body: any, id: string): string =>
    (body.items ?? [body]).find((context: any) => context.id === id)?.embedding ?? 'not shown';

  /** Reads until the cache answers, so that what is kept is what is seen next. */
  async function keep(api: Api, path: string, id: string, expected: string): Promise<void> {
    await eventually(
      async () => {
        const { body, headers } = await api.get(path);
        return headers.get('cache-status') === HIT && ['not shown', expected].includes(shown(body, id));
      },
      { timeoutMs: 45_000, what: `${path} to be kept with ${expected}` },
    );
  }

  async function seen(api: Api, path: string, id: string, expected: string): Promise<void> {
    await eventually(
      async () => {
        const answer = await api.get(path);
        return ['not shown', expected].includes(shown(answer.body, id));
      },
      {
        timeoutMs: 45_000,
        what: `${path} to show ${expected}`,
      },
    );
  }

  it('vectors of an older version removed, and a provider switched from off to local and back', async () => {
    const off = await start({ EMBEDDING_PROVIDER: 'off', WORKER_ENABLED: 'false' });
    const { id } = (await off.api.post('/v1/contexts', { label: 'light', content: 'The light turns.' })).body;
    for (const path of readsOf(id)) await keep(off.api, path, id, 'off');

    const local = await start({ EMBEDDING_PROVIDER: 'local', WORKER_ENABLED: 'false' });
    for (const path of readsOf(id))
      expect([path, shown((await local.api.get(path)).body, id)]).toEqual([path, 'pending']);
    const worker = await start({ EMBEDDING_PROVIDER: 'local' });
    for (const path of readsOf(id)) await keep(local.api, path, id, 'ready');
    await worker.stop();

    const next = (await local.api.post('/v1/contexts', { label: 'light', content: 'The light stands still.' })).body;
    expect(shown((await local.api.get(`/v1/contexts/${id}`)).body, id)).toBe('ready');
    await keep(local.api, `/v1/contexts/${id}`, id, 'ready');
    await worker.start();
    for (const path of readsOf(id)) await seen(local.api, path, next.id, 'ready');
    for (const path of readsOf(id)) await seen(local.api, path, id, 'off');
    for (const path of readsOf(next.id))
      expect([path, shown((await off.api.get(path)).body, next.id)]).toEqual([path, 'off']);
  }, 240_000);
});
