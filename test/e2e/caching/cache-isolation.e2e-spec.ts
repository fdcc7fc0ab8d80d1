import { api } from '#test/support/api.js';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { type Keepsake, startKeepsake } from '#test/support/keepsake.js';
import { type RedisServer, startRedis } from '#test/support/services.js';
import { Random, Walker } from './random-walk.js';

const KEY = 'ks_cache_isolation_e2e_0123456789abcdef01234567';
const STEPS = 250;

describe('two principals in two workspaces over two processes, at random', () => {
  let database: TestDatabase;
  let redis: RedisServer;
  let servers: Keepsake[];

  beforeAll(async () => {
    [database, redis] = await Promise.all([createTestDatabase(), startRedis()]);
    const env = {
      DATABASE_URL: database.url,
      REDIS_URL: redis.url,
      REDIS_SOCKET_TIMEOUT: '2000',
      KEEPSAKE_BOOTSTRAP_KEY: KEY,
      WORKER_ENABLED: 'false',
      LOG_LEVEL: 'error',
    };
    servers = [await startKeepsake({ env })];
    servers.push(await startKeepsake({ env }));
  }, 120_000);

  afterAll(async () => {
    await Promise.all(servers.map((server) => server.remove()));
    await redis.remove();
    await database.drop();
  }, 120_000);

  async function walkersIn(run: string, random: Random): Promise<Walker[]> {
    const markers = ['first', 'second'].map((name) => `marker-${run}-${name}`) as [string, string];
    const walkers: Walker[] = [];
    for (const [index, marker] of markers.entries()) {
      const { api: operator } = servers[0]!;
      await operator.post('/v1/workspaces', { slug: marker });
      const body = { name: 'walker', scopes: ['memory:read', 'memory:write', 'admin'] };
      const headers = { 'x-keepsake-workspace': marker };
      const { key } = (await operator.post('/v1/keys', body, { headers })).body;
      const apis = servers.map(({ url }) => api(url, key));
      walkers.push(new Walker(marker, markers[1 - index]!, apis, random));
    }
    return walkers;
  }

  async function walk(run: string, meanwhile: () => Promise<void> = async () => undefined): Promise<void> {
    const seed = Number(process.env['TEST_SEED'] ?? Date.now() % 2 ** 31);
    await walkWith(seed, run, meanwhile).catch((error: unknown) => {
      throw new Error(`TEST_SEED=${seed} repeats this walk`, { cause: error });
    });
  }

  async function walkWith(seed: number, run: string, meanwhile: () => Promise<void>): Promise<void> {
    const walkers = await walkersIn(run, new Random(seed));
    const walked = new AbortController();
    const paths = walkers.map(async (walker) => {
      await walker.begin();
      for (let step = 0; step < STEPS; step++) await walker.step();
    });
    // Others of the same principals read all the time, so that loads and writes cross.
    const stirring = walkers.map(async (walker) => {
      while (!walked.signal.aborted) await walker.stir();
    });
    await Promise.all([...paths, meanwhile()]).finally(() => walked.abort());
    await Promise.all(stirring);
    const compared = walkers.flatMap((walker) => [...walker.compared.values()]).reduce((sum, n) => sum + n, 0);
    expect(compared).toBeGreaterThan(STEPS / 2);
    expect(new Set(walkers.flatMap((walker) => [...walker.compared.keys()])).size).toBe(12);
  }

  it('T2 T3 T12 no answer crosses, and none is stale after an acknowledged write', async () => {
    await walk('calm');
  }, 180_000);

  it('T29 nor with Redis killed in between, and back', async () => {
    await walk('outage', async () => {
      await redis.kill();
      await redis.start();
    });
  }, 180_000);
});
