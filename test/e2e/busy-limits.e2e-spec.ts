import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { routeClasses } from '#config';
import { FakeProviderServer } from '#embedding/testing';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import type { Api } from '#test/support/api.js';
import { type Keepsake, startKeepsake } from '#test/support/keepsake.js';

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
/** A tier that meets the limit of provider calls alone. */
const TIER = 'embedder';

describe('limits over two processes that are busy', () => {
  let database: TestDatabase;
  let servers: Keepsake[];
  let provider: FakeProviderServer;
  let workspaces = 0;

  beforeAll(async () => {
    database = await createTestDatabase();
    provider = await FakeProviderServer.start();
    const env = {
      DATABASE_URL: database.url,
      REDIS_URL: process.env['TEST_REDIS_URL'],
      // Much less than the processes are busy without a pause.
      REDIS_SOCKET_TIMEOUT: '50',
      NODE_OPTIONS: `--import ${busy}`,
      KEEPSAKE_BOOTSTRAP_KEY: `ks_busy_${'x'.repeat(32)}`,
      WORKER_ENABLED: 'false',
      RATE_LIMIT_ENABLED: 'true',
      ...Object.fromEntries(CLASSES.map(([name]) => [`RATE_LIMIT_${name.toUpperCase()}_PER_MINUTE`, String(LIMIT)])),
      RATE_LIMIT_SIGN_IN_PER_5_MINUTES: String(LIMIT),
      RATE_LIMIT_PROVIDER_CALLS_PER_MINUTE: String(LIMIT),
      RATE_LIMIT_WORKSPACE_FACTOR: String(WORKSPACE_FACTOR),
      RATE_LIMIT_TIERS: JSON.stringify({ [TIER]: { embeddings: 10_000 } }),
      EMBEDDING_PROVIDER: 'voyage',
      EMBEDDING_DIMENSIONS: '256',
      VOYAGE_API_KEY: 'pa-secret-of-the-server',
      VOYAGE_BASE_URL: provider.baseUrl('voyage'),
    };
    servers = await Promise.all([startKeepsake({ env }), startKeepsake({ env })]);
  }, 120_000);

  afterAll(async () => {
    await Promise.all((servers ?? []).map((server) => server.remove()));
    await provider?.close();
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
    async (_, call) => {
      const of = await newKeys(1);
      await passes(LIMIT, (n) => call(of(n), n));
    },
    60_000,
  );

  it('T62 of many calls with many keys of one workspace exactly what the workspace may passes', async () => {
    const of = await newKeys(WORKSPACE_FACTOR * 2);
    await passes(LIMIT * WORKSPACE_FACTOR, (n) => of(n).get('/v1/projects'));
  }, 60_000);

  it('T62 of many texts exactly as many calls of the provider are made as one credential may', async () => {
    const of = await newKeys(1, TIER);
    await passes(LIMIT, (n) => of(n).post('/v1/embeddings', { input: `text of a provider ${n}` }));
  }, 60_000);

  it('T62 of many guesses exactly the limit is tried', async () => {
    const answers = await Promise.all(
      Array.from({ length: REQUESTS }, (_, n) =>
        (servers[n % servers.length] as Keepsake).api.as(`ks_guess${n}_${'y'.repeat(40)}`).get('/v1/projects'),
      ),
    );
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(LIMIT);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(REQUESTS - LIMIT);
  }, 60_000);
});
