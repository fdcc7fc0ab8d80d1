import { randomBytes } from 'node:crypto';
import { FakeProviderServer } from '#embedding/testing';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { eventually } from '#test/support/eventually.js';
import { type Keepsake, startKeepsake } from '#test/support/keepsake.js';
import { type RedisServer, startRedis } from '#test/support/services.js';
import { withoutTables } from '#test/support/without-tables.js';

const SLOW_MS = 400;

/** Text that is nowhere else: where it turns up, content got out. */
const planted = (what: string) => `planted-${what}-${randomBytes(6).toString('hex')}`;

describe('the log', () => {
  let database: TestDatabase;
  let redis: RedisServer;
  let provider: FakeProviderServer;
  let server: Keepsake;
  const providerKey = planted('provider-key');

  beforeAll(async () => {
    [database, redis, provider] = await Promise.all([createTestDatabase(), startRedis(), FakeProviderServer.start()]);
    server = await startKeepsake({
      env: {
        DATABASE_URL: database.url,
        REDIS_URL: redis.url,
        REDIS_SOCKET_TIMEOUT: '2000',
        LOG_LEVEL: 'trace',
        LOG_SLOW_REQUEST_MS: String(SLOW_MS),
        LOG_SLOW_STATEMENT_MS: '1',
        EMBEDDING_PROVIDER: 'openai',
        EMBEDDING_MAX_ATTEMPTS: '1',
        OPENAI_API_KEY: providerKey,
        OPENAI_BASE_URL: provider.baseUrl('openai'),
      },
    });
  }, 120_000);

  afterAll(async () => {
    await server.remove();
    await provider.close();
    await redis.remove();
    await database.drop();
  }, 120_000);

  afterEach(() => provider.reset());

  /** Whole lines alone: they go out together, and the last one may be half way. */
  const linesOf = (channel: string): Record<string, any>[] =>
    server.stdout
      .slice(0, server.stdout.lastIndexOf('\n') + 1)
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, any>)
      .filter((line) => line['channel'] === channel);

  it('reports at debug how every read of the cache was answered', async () => {
    const read = () => server.api.get('/v1/projects', { headers: { 'x-request-id': 'read' } });
    const isReported = (text: RegExp) =>
      linesOf('cache').some(({ requestId, level, msg }) => requestId === 'read' && level === 'debug' && text.test(msg));
    // The first one makes the default project.
    await eventually(async () => (await read()).headers.get('cache-status')?.startsWith('keepsake; hit'), {
      what: 'a hit',
    });
    await eventually(() => isReported(/^miss http$/) && isReported(/^hit http in (local|shared), \d+ ms old$/), {
      what: 'its line',
    });
  });

  it('warns of slow statements, without what is in them', async () => {
    const text = planted('statement');
    await server.api.post('/v1/contexts', { project: 'atlas', label: 'slow', content: text.repeat(2_000) });
    await eventually(async () => /"context":"Database","msg":"slow statement, \d+ ms: /.test(server.stdout), {
      what: 'a slow statement',
    });
    expect(server.stdout).not.toContain(text);
  });

  it('reports every paid call of a provider in api-costs, with its model, tokens, cost and request', async () => {
    const headers = { 'x-request-id': 'paid-1' };
    const { status } = await server.api.post('/v1/embeddings', { input: ['one text', 'and another'] }, { headers });
    expect(status).toBe(200);
    const linesOfCall = () => linesOf('api-costs').filter(({ requestId }) => requestId === 'paid-1');
    await eventually(() => linesOfCall().length > 0);
    const lines = linesOfCall();
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({
      level: 'info',
      operation: 'embeddings',
      provider: 'openai',
      model: 'text-embedding-3-small',
      items: 2,
      tokens: 5,
      outcome: 'ok',
    });
    expect(lines[0]!['costUsd']).toBeCloseTo((5 * 0.02) / 1e6, 12);
    // What is known is not asked for again.
    await server.api.post('/v1/embeddings', { input: ['one text', 'and another'] }, { headers });
    expect(linesOf('api-costs').filter(({ requestId }) => requestId === 'paid-1')).toHaveLength(1);
  });

  it('reports a call that failed, without what the provider said of the texts', async () => {
    const text = planted('refused');
    provider.misbehave({ kind: 'body', body: '[]' });
    const headers = { 'x-request-id': 'failed-1' };
    const { status } = await server.api.post('/v1/embeddings', { input: text }, { headers });
    expect(status).toBe(502);
    const find = () => linesOf('api-costs').find(({ requestId }) => requestId === 'failed-1');
    await eventually(() => find() !== undefined);
    expect(find()).toMatchObject({ level: 'warn', outcome: 'embedding-provider-failed', tokens: 0, costUsd: 0 });
    expect(server.stdout + server.stderr).not.toContain(text);
  });

  it('reports slow requests alone in performance, with where their time went', async () => {
    provider.slow(SLOW_MS);
    await server.api.post('/v1/embeddings', { input: planted('slow') }, { headers: { 'x-request-id': 'slow-1' } });
    await server.api.get('/v1/projects', { headers: { 'x-request-id': 'quick-1' } });
    const line = await eventually(() => linesOf('performance').find(({ requestId }) => requestId === 'slow-1'), {
      what: 'the line of the slow request',
    });
    expect(line).toMatchObject({ level: 'warn', method: 'POST', route: '/v1/embeddings', status: 200 });
    expect(line['providerMs']).toBeGreaterThanOrEqual(SLOW_MS - 5);
    const { totalMs, cacheMs, databaseMs, providerMs, processingMs } = line;
    expect(cacheMs + databaseMs + providerMs + processingMs).toBeCloseTo(totalMs, 1);
    expect(linesOf('performance').filter(({ requestId }) => requestId === 'quick-1')).toEqual([]);
  });

  it('reports in cache when the cache is degraded, and when it is whole again', async () => {
    await redis.stop();
    const reported = (text: string) => linesOf('cache').some(({ msg }) => String(msg).includes(text));
    await eventually(
      async () => (await server.api.get('/v1/projects')).status === 200 && reported('Redis unavailable'),
      {
        what: 'the line that the cache is unavailable',
      },
    );
    const before = linesOf('cache').length;
    await redis.start();
    await eventually(
      () =>
        linesOf('cache')
          .slice(before)
          .some(({ msg }) => String(msg).includes('The shared tier answers')),
      { what: 'the line that the cache is back' },
    );
  });

  it('holds no content and no secrets, whatever goes wrong', async () => {
    const project = planted('project').slice(0, 40);
    const secrets = [
      server.key,
      providerKey,
      new URL(redis.url).password,
      ...(new URL(database.url).password === '' ? [] : [`:${new URL(database.url).password}@`]),
    ];
    const say = (what: string): string => {
      const text = planted(what);
      secrets.push(text);
      return text;
    };
    const { body: key } = await server.api.post('/v1/keys', { name: say('key-name'), scopes: ['memory:write'] });
    secrets.push(key.key);
    const wrong = `ks_${say('wrong-key').replaceAll('-', '_')}_0123456789abcdef`;
    secrets.push(wrong);
    const store = () =>
      server.api.post(
        '/v1/contexts',
        { project, label: say('label'), content: `# ${say('title')}\n\nAlways ${say('content')}.`, tags: [say('tag')] },
        { headers: { 'idempotency-key': say('idempotency') } },
      );
    const everything = async () => {
      await store();
      const { body: session } = await server.api.post('/v1/sessions', { project, client: say('client') });
      await server.api.post(`/v1/sessions/${session?.id}/entries`, { kind: 'todo', text: say('entry') });
      await server.api.post(`/v1/sessions/${session?.id}/end`, { summary: say('summary') });
      await server.api.get('/v1/search', { query: { project, q: say('query') } });
      await server.api.post('/v1/contexts/recall', { project, labels: [say('recalled')] });
      await server.api.post('/v1/embeddings', { input: say('embedded') });
      await server.api.post('/v1/contexts', `{"content": "${say('broken')}`, {
        headers: { 'content-type': 'application/json' },
      });
      await server.api.post('/v1/contexts', { project, content: say('unlabelled'), [say('field')]: 1 });
      await server.api.get(`/v1/contexts/${say('path')}`);
      await server.api.as(wrong).get('/v1/projects');
    };
    await everything();
    // Providers that repeat what they were sent, and a database that fails in the middle.
    const echo = { error: { message: say('echo'), type: 'invalid_request_error', code: 'too_long' } };
    const refusal = { kind: 'alter', alter: () => echo } as const;
    provider.misbehave(refusal, refusal, { kind: 'status', status: 400 }, { kind: 'status', status: 500 });
    for (let n = 0; n < 4; n++) await server.api.post('/v1/embeddings', { input: say('echoed') });
    await withoutTables(database.url, everything);
    await eventually(() => linesOf('jobs').some(({ job }) => job === 'context-embedding'), { what: 'jobs' });
    const written = server.stdout + server.stderr;
    expect(linesOf('http').length).toBeGreaterThan(20);
    expect(written).toMatch(/"level":"error"/);
    expect(secrets.length).toBeGreaterThan(30);
    expect(secrets.filter((secret) => written.includes(secret))).toEqual([]);
  });
});
