import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { routeClasses } from '#config';
import { FakeProviderServer } from '#embedding/testing';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import type { Api } from '#test/support/api.js';
import { type Keepsake, startKeepsake } from '#test/support/keepsake.js';
import { type RedisServer, startRedis } from '#test/support/services.js';
import { HostileCrowd } from '#test/e2e/hostile/hostile-crowd.js';
import { populateWorkspace } from '#test/e2e/routes/populated-workspace.js';

const LIMIT = 7;
const REQUESTS = 40;
const SCOPES = ['memory:read', 'memory:write', 'embeddings', 'admin'];
const busy = pathToFileURL(join(import.meta.dirname, '../support/busy-process.mjs')).href;

/** One call of each class of routes. */
const CLASSES: readonly [name: string, call: (api: Api, n: number) => Promise<{ status: number }>][] = [
  ['reads', (api) => api.get('/v1/projects')],
  ['writes', (api, n) => api.post('/v1/contexts', { label: `l${n}`, content: `text ${n}` })],
  ['search', (api) => api.get('/v1/search', { query: { q: 'text' } })],
  ['embeddings', (api, n) => api.post('/v1/embeddings', { input: `text ${n}` })],
  ['ingestion', (api, n) => api.post('/v1/contexts/ingest', { label: `d${n}`, content: `# Text ${n}` })],
  ['admin', (api) => api.get('/v1/keys')],
];
/** Those that have tests of their own below, as no route names them. */
const OTHER_CLASSES = ['sign-in', 'providers'];
/** Of what one credential may do, for all of a workspace. */
const WORKSPACE_FACTOR = 3;
/** In which the guesses of an address come back. */
const GUESSES_MS = 300_000;
/** A tier that meets the limit of provider calls alone, and one that meets none. */
const [TIER, HOSTILE_TIER] = ['embedder', 'hostile'];
const UNLIMITED = Object.fromEntries(CLASSES.map(([name]) => [name, 10_000_000]));

/** What keeps both processes busy while limits are counted. */
const WAYS: readonly [what: string, env: Readonly<Record<string, string>>, isHostile: boolean][] = [
  // Redis is waited for much less than the processes are busy without a pause.
  ['computing', { NODE_OPTIONS: `--import ${busy}`, REDIS_SOCKET_TIMEOUT: '50' }, false],
  // A machine that is short of processors for Redis as well is not what is tested.
  ['hostile requests', { REDIS_SOCKET_TIMEOUT: '5000' }, true],
];

describe.each(WAYS)('limits over two processes that are busy with %s', (_busyWith, ofThisWay, isHostile) => {
  let database: TestDatabase;
  let redis: RedisServer;
  let servers: Keepsake[];
  let provider: FakeProviderServer;
  let crowd: HostileCrowd | undefined;
  let workspaces = 0;

  beforeAll(async () => {
    // Of their own: the guesses of an address count for minutes.
    [database, redis] = await Promise.all([createTestDatabase(), startRedis()]);
    provider = await FakeProviderServer.start();
    const env = {
      DATABASE_URL: database.url,
      REDIS_URL: redis.url,
      KEEPSAKE_BOOTSTRAP_KEY: `ks_busy_${'x'.repeat(32)}`,
      WORKER_ENABLED: 'false',
      RATE_LIMIT_ENABLED: 'true',
      ...Object.fromEntries(CLASSES.map(([name]) => [`RATE_LIMIT_${name.toUpperCase()}_PER_MINUTE`, String(LIMIT)])),
      RATE_LIMIT_SIGN_IN_PER_5_MINUTES: String(LIMIT),
      RATE_LIMIT_PROVIDER_CALLS_PER_MINUTE: String(LIMIT),
      RATE_LIMIT_WORKSPACE_FACTOR: String(WORKSPACE_FACTOR),
      RATE_LIMIT_TIERS: JSON.stringify({ [TIER]: { embeddings: 10_000 }, [HOSTILE_TIER]: UNLIMITED }),
      EMBEDDING_PROVIDER: 'voyage',
      EMBEDDING_DIMENSIONS: '256',
      VOYAGE_API_KEY: 'pa-secret-of-the-server',
      VOYAGE_BASE_URL: provider.baseUrl('voyage'),
      ...ofThisWay,
    };
    servers = await Promise.all([startKeepsake({ env }), startKeepsake({ env })]);
    if (!isHostile) return;
    const workspace = await populateWorkspace(servers[0] as Keepsake, 'hostile', HOSTILE_TIER);
    crowd = await HostileCrowd.gather(servers, workspace);
  }, 240_000);

  afterAll(async () => {
    await crowd?.leave();
    await Promise.all((servers ?? []).map((server) => server.remove()));
    await provider?.close();
    await redis?.remove();
    await database?.drop();
  });

  /** Keys of a workspace of their own, on both processes in turn. */
  async function newKeys(count: number, tier?: string): Promise<(n: number) => Api> {
    const { api } = servers[0] as Keepsake;
    const slug = `w${++workspaces}`;
    expect((await api.post('/v1/workspaces', { slug })).status).toBe(201);
    const keys: string[] = [];
    for (let n = 0; n < count; n++) {
      const body = { name: `k${n}`, scopes: SCOPES, ...(tier === undefined ? {} : { tier }) };
      const made = await api.post('/v1/keys', body, { headers: { 'x-keepsake-workspace': slug } });
      expect(made.status).toBe(201);
      keys.push(made.body.key);
    }
    return (n) => (servers[n % servers.length] as Keepsake).api.as(keys[n % keys.length]);
  }

  /** Many calls at the same time: as many pass as the limit says, and what came back while they were on their way. */
  async function passes(limit: number, call: (n: number) => Promise<{ status: number }>): Promise<void> {
    const started = performance.now();
    const answers = await Promise.all(Array.from({ length: REQUESTS }, (_, n) => call(n)));
    const cameBack = Math.floor((performance.now() - started) / (60_000 / limit));
    const passed = answers.filter(({ status }) => status < 300).length;
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(REQUESTS - passed);
    expect(passed).toBeGreaterThanOrEqual(limit);
    expect(passed).toBeLessThanOrEqual(limit + cameBack);
  }

  it('every class of limits that there is has its test here', () => {
    const declared = [...routeClasses, 'sign-in', 'providers'];
    expect(declared.toSorted()).toEqual([...CLASSES.map(([name]) => name), ...OTHER_CLASSES].toSorted());
  });

  it.each(CLASSES)(
    'T62 of many %s exactly the limit passes: the delay of a process is not taken for an absence of Redis',
    async (_name, call) => {
      const of = await newKeys(1);
      await passes(LIMIT, (n) => call(of(n), n));
    },
    240_000,
  );

  it('T62 of many calls with many keys of one workspace exactly what the workspace may passes', async () => {
    const of = await newKeys(WORKSPACE_FACTOR * 2);
    await passes(LIMIT * WORKSPACE_FACTOR, (n) => of(n).get('/v1/projects'));
  }, 240_000);

  it('T62 of many texts exactly as many calls of the provider are made as one credential may', async () => {
    const of = await newKeys(1, TIER);
    await passes(LIMIT, (n) => of(n).post('/v1/embeddings', { input: `text of a provider ${n}` }));
  }, 240_000);

  it('T62 of many guesses exactly the limit is tried', async () => {
    const started = performance.now();
    const answers = await Promise.all(
      Array.from({ length: REQUESTS }, (_, n) =>
        (servers[n % servers.length] as Keepsake).api.as(`ks_guess${n}_${'y'.repeat(40)}`).get('/v1/projects'),
      ),
    );
    const cameBack = Math.floor((performance.now() - started) / (GUESSES_MS / LIMIT));
    const tried = answers.filter(({ status }) => status === 401).length;
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(REQUESTS - tried);
    expect(tried).toBeGreaterThanOrEqual(LIMIT);
    expect(tried).toBeLessThanOrEqual(LIMIT + cameBack);
  }, 240_000);

  if (isHostile)
    it('the hostile requests were answered all the while', async () => {
      await crowd?.leave();
      expect(crowd?.faults).toEqual([]);
      expect(crowd?.answered).toBeGreaterThan(REQUESTS);
    }, 240_000);
});
