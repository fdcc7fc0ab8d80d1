import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import type { Api } from '../support/api.js';
import { type Keepsake, startKeepsake } from '../support/keepsake.js';

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

describe('limits over two processes that are busy', () => {
  let database: TestDatabase;
  let servers: Keepsake[];

  beforeAll(async () => {
    database = await createTestDatabase();
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
    };
    servers = await Promise.all([startKeepsake({ env }), startKeepsake({ env })]);
  }, 120_000);

  afterAll(async () => {
    await Promise.all((servers ?? []).map((server) => server.remove()));
    await database?.drop();
  });

  it.each(CLASSES)(
    'T62 of many %s exactly the limit passes: the delay of a process is not taken for an absence of Redis',
    async (_, call) => {
      const [server] = servers as [Keepsake];
      const { body } = await server.api.post('/v1/keys', { name: 'k', scopes: SCOPES });
      const apis = servers.map((each) => each.api.as(body.key));
      const started = performance.now();
      const answers = await Promise.all(
        Array.from({ length: REQUESTS }, (__, n) => call(apis[n % apis.length] as Api, n)),
      );
      const cameBack = Math.floor((performance.now() - started) / (60_000 / LIMIT));
      const passed = answers.filter(({ status }) => status < 300).length;
      expect(answers.filter(({ status }) => status === 429)).toHaveLength(REQUESTS - passed);
      expect(passed).toBeGreaterThanOrEqual(LIMIT);
      expect(passed).toBeLessThanOrEqual(LIMIT + cameBack);
    },
    60_000,
  );

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
