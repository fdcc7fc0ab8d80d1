import { FakeProviderServer } from '#embedding/testing';
import type { Api, ApiAnswer } from '#test/support/api.js';
import { runKeepsake } from '#test/support/child.js';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { type Keepsake, startKeepsake } from '#test/support/keepsake.js';

const MEMORY = ['memory:read', 'memory:write'];

async function newKey(server: Keepsake, options: object = {}): Promise<{ id: string; key: string; api: Api }> {
  const { status, body } = await server.api.post('/v1/keys', { name: 'limited', scopes: MEMORY, ...options });
  expect(status).toBe(201);
  return { id: body.id, key: body.key, api: server.api.as(body.key) };
}

/** A credential's own limit, and that which it shares with the others of its workspace. */
const policy = (name: string, limit: number) => `"${name}";q=${limit};w=60, "workspace-${name}";q=${10 * limit};w=60`;

describe('limits over four processes', () => {
  const LIMIT = 20;
  const PROVIDER_CALLS = 6;
  /** No multiple of the weight. */
  const WRITES = 103;
  const BATCH_WEIGHT = 5;
  let database: TestDatabase;
  let provider: FakeProviderServer;
  let servers: Keepsake[];

  beforeAll(async () => {
    [database, provider] = await Promise.all([createTestDatabase(), FakeProviderServer.start()]);
    const env = {
      DATABASE_URL: database.url,
      REDIS_URL: process.env['TEST_REDIS_URL'],
      REDIS_SOCKET_TIMEOUT: '5000',
      KEEPSAKE_BOOTSTRAP_KEY: `ks_limits_${'x'.repeat(32)}`,
      WORKER_ENABLED: 'false',
      RATE_LIMIT_ENABLED: 'true',
      RATE_LIMIT_READS_PER_MINUTE: String(LIMIT),
      RATE_LIMIT_PROVIDER_CALLS_PER_MINUTE: String(PROVIDER_CALLS),
      RATE_LIMIT_WRITES_PER_MINUTE: String(WRITES),
      RATE_LIMIT_TIERS: '{"pro":{"reads":1000,"providers":500}}',
      EMBEDDING_PROVIDER: 'voyage',
      VOYAGE_API_KEY: 'pa-secret-of-the-server',
      VOYAGE_BASE_URL: provider.baseUrl('voyage'),
      LOG_LEVEL: 'warn',
    };
    servers = await Promise.all(Array.from({ length: 4 }, () => startKeepsake({ env })));
  }, 120_000);

  afterAll(async () => {
    await Promise.all(servers.map((server) => server.remove()));
    await Promise.all([database.drop(), provider.close()]);
  });

  it('T10 exactly the limit of a thousand parallel requests passes', async () => {
    const { key } = await newKey(servers[0] as Keepsake);
    const apis = servers.map((server) => server.api.as(key));
    const started = performance.now();
    const answers = await Promise.all(
      Array.from({ length: 1000 }, (_, index) => (apis[index % apis.length] as Api).get('/v1/projects')),
    );
    const unitMs = 60_000 / LIMIT;
    const cameBack = Math.floor((performance.now() - started) / unitMs);
    const passed = answers.filter(({ status }) => status === 200).length;
    expect(passed).toBeGreaterThanOrEqual(LIMIT);
    expect(passed).toBeLessThanOrEqual(LIMIT + cameBack);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(1000 - passed);
  }, 120_000);

  it('T10 a route that weighs more takes so many units: as many pass as fit, over all processes', async () => {
    const { key, id } = await newKey(servers[0] as Keepsake);
    const apis = servers.map((server) => server.api.as(key));
    const batch = (by: Api, n: number) => by.post('/v1/contexts/batch', { items: [{ label: `w${n}`, content: id }] });
    const started = performance.now();
    const answers = await Promise.all(Array.from({ length: 40 }, (_, n) => batch(apis[n % apis.length] as Api, n)));
    // A unit of the writes comes back every 600 ms.
    const cameBack = Math.floor((performance.now() - started) / (60_000 / WRITES));
    const passed = answers.filter(({ status }) => status === 201);
    expect(passed.length).toBeGreaterThanOrEqual(Math.floor(WRITES / BATCH_WEIGHT));
    expect(passed.length).toBeLessThanOrEqual(Math.floor((WRITES + cameBack) / BATCH_WEIGHT));
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(40 - passed.length);
    const remaining = passed.map(({ headers }) => Number(/"writes";r=(\d+)/.exec(headers.get('ratelimit') ?? '')?.[1]));
    expect(Math.max(...remaining)).toBe(WRITES - BATCH_WEIGHT);
    for (const { headers } of answers) expect(headers.get('ratelimit-policy')).toBe(policy('writes', WRITES));
    const refused = answers.find(({ status }) => status === 429);
    expect(Number(/"writes";r=(\d+)/.exec(refused?.headers.get('ratelimit') ?? '')?.[1])).toBeLessThan(BATCH_WEIGHT);
    // Whole seconds, rounded up.
    expect(Number(refused?.headers.get('retry-after'))).toBeLessThanOrEqual(Math.ceil((BATCH_WEIGHT * 60) / WRITES));
  }, 120_000);

  it('T47 a refused request says when to come back, in seconds under the plain name', async () => {
    const { api } = await newKey(servers[1] as Keepsake);
    let answer: ApiAnswer<any>;
    do answer = await api.get('/v1/projects');
    while (answer.status === 200);
    expect(answer.status).toBe(429);
    expect(answer.body).toMatchObject({ code: 'rate-limited', status: 429 });
    const { headers } = answer;
    expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(Number(headers.get('retry-after'))).toBeLessThanOrEqual(60 / LIMIT);
    expect(headers.get('ratelimit-policy')).toBe(policy('reads', LIMIT));
    expect(headers.get('ratelimit')).toMatch(/^"reads";r=0;t=(58|59|60), "workspace-reads";r=\d+;t=\d+$/);
    expect(headers.get('x-ratelimit-limit')).toBe(String(LIMIT));
    expect(headers.get('x-ratelimit-remaining')).toBe('0');
  });

  it('T48 a search that the reads refuse takes no unit of the searches', async () => {
    const { api } = await newKey(servers[2] as Keepsake);
    let [passed, refused, remaining] = [0, 0, 0];
    while (refused < 40) {
      const { status, headers } = await api.get('/v1/search', { query: { q: 'anything' } });
      if (status === 200) passed++;
      else refused++;
      remaining = Number(/"search";r=(\d+)/.exec(headers.get('ratelimit') ?? '')?.[1]);
    }
    expect(passed).toBeGreaterThanOrEqual(LIMIT);
    // More may have come back meanwhile, which is no fault.
    expect(remaining).toBeGreaterThanOrEqual(Math.min(120, 120 - passed));
  });

  it('classes and credentials have counters of their own, and a tier its own limits', async () => {
    const { api } = await newKey(servers[3] as Keepsake);
    const { api: other } = await newKey(servers[3] as Keepsake);
    const { api: pro } = await newKey(servers[3] as Keepsake, { tier: 'pro' });
    for (let call = 0; call < LIMIT; call++) await api.get('/v1/projects');
    expect((await api.get('/v1/projects')).status).toBe(429);
    const written = await api.post('/v1/contexts', { label: 'a', content: 'still allowed' });
    expect(written.status).toBe(201);
    expect(written.headers.get('ratelimit')).toMatch(/^"writes";r=102;/);
    expect((await other.get('/v1/projects')).status).toBe(200);
    expect((await pro.get('/v1/projects')).headers.get('ratelimit')).toMatch(/^"reads";r=999;/);
  });

  it('calls of providers are counted for the credential over all processes, and only those that go out', async () => {
    const [server] = servers as [Keepsake];
    const { id, api, key } = await newKey(server, { scopes: ['embeddings'] });
    const apis = servers.map((each) => each.api.as(key));
    const embed = (text: string, by = api) => by.post('/v1/embeddings', { input: text });
    const first = await embed('a first text');
    expect([first.status, first.headers.get('ratelimit-policy')]).toEqual([200, policy('embeddings', 60)]);
    for (let again = 0; again < 5; again++) expect((await embed('a first text')).status).toBe(200);
    const started = performance.now();
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, n) => embed(`text ${n} of ${id}`, apis[n % apis.length])),
    );
    const cameBack = Math.floor((performance.now() - started) / (60_000 / PROVIDER_CALLS));
    const passed = answers.filter(({ status }) => status === 200).length;
    expect(passed).toBeGreaterThanOrEqual(PROVIDER_CALLS - 1);
    expect(passed).toBeLessThanOrEqual(PROVIDER_CALLS - 1 + cameBack);
    expect(provider.texts.filter((text) => text.endsWith(id))).toHaveLength(passed);
    const refused = answers.find(({ status }) => status === 429);
    expect(refused?.headers.get('retry-after')).toMatch(/^([1-9]|10)$/);
    expect((await embed('a first text')).status).toBe(200);

    const principal = `key:${id}`;
    const { body: look } = await server.api.get('/v1/admin/cache/rate-limits', { query: { principal } });
    expect(look.tier).toBeNull();
    const left = Object.fromEntries(look.limits.map((limit: any) => [limit.name, [limit.limit, limit.remaining]]));
    expect(left).toMatchObject({
      providers: [PROVIDER_CALLS, expect.any(Number)],
      embeddings: [60, expect.any(Number)],
    });
    expect(left['providers'][1]).toBeLessThan(PROVIDER_CALLS);
    expect(left['embeddings'][1]).toBeLessThan(20);
    const { body: reset } = await server.api.post('/v1/admin/cache/rate-limits/reset', {
      principal,
      reason: 'a test',
    });
    expect(reset.limits.every((limit: any) => limit.remaining === limit.limit && limit.resetSeconds === 0)).toBe(true);
    expect((await embed('a text after that', apis[3])).status).toBe(200);
    await server.api.patch(`/v1/keys/${id}`, { tier: 'pro' });
    const { body: pro } = await server.api.get('/v1/admin/cache/rate-limits', { query: { principal } });
    expect(pro.tier).toBe('pro');
    expect(pro.limits.find((limit: any) => limit.name === 'providers')).toMatchObject({ limit: 500 });
  }, 120_000);

  it('T71 62 keys of a workspace share its limit, and are informed; another workspace has its own', async () => {
    const [server] = servers as [Keepsake];
    await server.api.post('/v1/workspaces', { slug: 'crowd' });
    const options = { headers: { 'x-keepsake-workspace': 'crowd' } };
    const keys: string[] = [];
    for (let n = 0; n < 62; n++)
      keys.push((await server.api.post('/v1/keys', { name: `k${n}`, scopes: MEMORY }, options)).body.key);
    const shared = 10 * LIMIT;
    const started = performance.now();
    const answers = await Promise.all(
      keys.flatMap((key, n) =>
        Array.from({ length: 5 }, () => (servers[n % servers.length] as Keepsake).api.as(key).get('/v1/projects')),
      ),
    );
    const cameBack = Math.floor((performance.now() - started) / (60_000 / shared));
    const passed = answers.filter(({ status }) => status === 200).length;
    expect(passed).toBeGreaterThanOrEqual(shared);
    expect(passed).toBeLessThanOrEqual(shared + cameBack);
    const refused = answers.find(({ status }) => status === 429);
    expect(refused?.body.detail).toContain(`${shared} workspace-reads in 60 s`);
    expect(refused?.headers.get('ratelimit')).toMatch(/^"reads";r=\d+;t=\d+, "workspace-reads";r=0;t=\d+$/);
    const { api: elsewhere } = await newKey(server);
    expect((await elsewhere.get('/v1/projects')).status).toBe(200);
  }, 120_000);

  it('operators pass, and nobody raises their own limits', async () => {
    const [server] = servers as [Keepsake];
    const answers = await Promise.all(Array.from({ length: 3 * LIMIT }, () => server.api.get('/v1/projects')));
    expect(answers.every(({ status, headers }) => status === 200 && !headers.has('ratelimit'))).toBe(true);
    const { id, api: admin } = await newKey(server, { scopes: ['admin'] });
    expect((await admin.patch(`/v1/keys/${id}`, { tier: 'pro' })).body.code).toBe('missing-scope');
    expect((await server.api.patch(`/v1/keys/${id}`, { tier: 'pro' })).body.tier).toBe('pro');
    expect((await admin.patch(`/v1/keys/${id}`, { tier: null })).body.code).toBe('missing-scope');
    expect((await admin.post('/v1/keys', { name: 'second', scopes: ['admin'] })).body.tier).toBe('pro');
  });
});

describe('limits of one process on the embedded database', () => {
  let server: Keepsake;

  beforeAll(async () => {
    server = await startKeepsake({
      env: { RATE_LIMIT_ENABLED: 'true', RATE_LIMIT_WRITES_PER_MINUTE: '3', RATE_LIMIT_SIGN_IN_PER_5_MINUTES: '4' },
    });
  }, 120_000);

  afterAll(() => server.remove());

  it('hold without Redis', async () => {
    const { api } = await newKey(server);
    const statuses = [];
    for (let call = 0; call < 5; call++)
      statuses.push((await api.post('/v1/contexts', { label: 'a', content: `text ${call}` })).status);
    expect(statuses).toEqual([201, 201, 201, 429, 429]);
    expect((await api.get('/v1/projects/default/contexts/a')).body.version).toBe(3);
  });

  it('are shown and given back by the command line, which the audit keeps', async () => {
    const { id, api } = await newKey(server);
    const run = (...args: string[]) =>
      runKeepsake(['limits', ...args], { env: { KEEPSAKE_URL: server.url, KEEPSAKE_KEY: server.key } });
    for (let call = 0; call < 4; call++) await api.post('/v1/contexts', { label: 'b', content: `text ${call}` });
    const look = await run('look', `key:${id}`, '--json');
    expect(look.code).toBe(0);
    const writes = ({ stdout }: { stdout: string }) =>
      JSON.parse(stdout).limits.find(({ name }: { name: string }) => name === 'writes');
    expect(writes(look)).toMatchObject({ limit: 3, remaining: 0, periodSeconds: 60 });
    expect((await run('look', `key:${id}`)).stdout).toMatch(/^writes +0 +3 +60 s +\d+ s$/m);
    expect((await run('reset', `key:${id}`, '--yes')).code).toBe(64);
    const admin = await newKey(server, { scopes: ['admin'] });
    const why = ['--reason', 'a test of the limits', '--yes', '--json'];
    const refused = await runKeepsake(['limits', 'reset', `key:${id}`, ...why], {
      env: { KEEPSAKE_URL: server.url, KEEPSAKE_KEY: admin.key },
    });
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('operator') });
    expect(writes(await run('reset', `key:${id}`, ...why))).toMatchObject({ remaining: 3, resetSeconds: 0 });
    expect((await api.post('/v1/contexts', { label: 'b', content: 'again' })).status).toBe(201);
    expect((await server.api.get('/v1/admin/audit', { query: { limit: 1 } })).body.items).toEqual([
      expect.objectContaining({
        action: 'limits.reset',
        reason: 'a test of the limits',
        details: { principal: `key:${id}` },
      }),
    ]);
  }, 120_000);

  it('slow down whoever guesses credentials, and nobody else', async () => {
    const guess = () => server.api.as(`ks_guess_${'y'.repeat(40)}`).get('/v1/projects');
    const statuses = [];
    for (let call = 0; call < 6; call++) statuses.push((await guess()).status);
    expect(statuses).toEqual([401, 401, 401, 401, 429, 429]);
    expect(Number((await guess()).headers.get('retry-after'))).toBeLessThanOrEqual(75);
    expect((await server.api.get('/v1/projects')).status).toBe(200);
    expect((await server.api.as().get('/v1/projects')).status).toBe(401);
  });
});
