import { randomBytes } from 'node:crypto';
import { newId } from '#kernel';
import { FakeProviderServer } from '#embedding/testing';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { eventually } from '#test/support/eventually.js';
import { type Keepsake, startKeepsake } from '#test/support/keepsake.js';
import { type CollectedSpan, OtlpCollector } from '#test/support/otlp-collector.js';
import { type RedisServer, startRedis } from '#test/support/services.js';

const COLLECTOR_TIMEOUT_MS = 20_000;

describe('traces', () => {
  let database: TestDatabase;
  let redis: RedisServer;
  let provider: FakeProviderServer;
  let collector: OtlpCollector;
  let server: Keepsake;
  const secret = `secret-${randomBytes(8).toString('hex')}`;

  beforeAll(async () => {
    [database, redis, provider, collector] = await Promise.all([
      createTestDatabase(),
      startRedis(),
      FakeProviderServer.start(),
      OtlpCollector.start(),
    ]);
    server = await startKeepsake({
      env: {
        DATABASE_URL: database.url,
        REDIS_URL: redis.url,
        REDIS_SOCKET_TIMEOUT: '2000',
        EMBEDDING_PROVIDER: 'voyage',
        EMBEDDING_DIMENSIONS: '256',
        VOYAGE_API_KEY: secret,
        VOYAGE_BASE_URL: provider.baseUrl('voyage'),
        OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.url}/`,
        OTEL_EXPORTER_OTLP_HEADERS: 'x-api-key=a%20key,x-tenant=t',
        OTEL_BSP_SCHEDULE_DELAY: '200',
        OTEL_SERVICE_NAME: 'memory',
        OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
      },
    });
  }, 120_000);

  afterAll(async () => {
    await server.remove();
    await Promise.all([provider.close(), collector.close()]);
    await redis.remove();
    await database.drop();
  }, 120_000);

  /** All spans of the trace of a request, once its own has come. */
  async function traceOf(requestId: string): Promise<{ root: CollectedSpan; spans: readonly CollectedSpan[] }> {
    const root = await eventually(
      () => collector.spans.find(({ attributes }) => attributes['keepsake.request_id'] === requestId),
      { timeoutMs: COLLECTOR_TIMEOUT_MS, what: 'the span of the request' },
    );
    return { root, spans: collector.spans.filter(({ traceId }) => traceId === root.traceId) };
  }

  it('joins the trace of whoever asks, with spans of the cache and the database, in the documented form', async () => {
    const traceId = randomBytes(16).toString('hex');
    const headers = {
      'x-request-id': 'joined-1',
      traceparent: `00-${traceId}-00f067aa0ba902b7-01`,
      tracestate: 'vendor=opaque',
    };
    const body = { project: 'p', label: 'l', content: `Always ${secret}.` };
    expect((await server.api.post('/v1/contexts', body, { headers })).status).toBe(201);
    const { root, spans } = await traceOf('joined-1');
    expect(root).toMatchObject({
      traceId,
      parentSpanId: '00f067aa0ba902b7',
      traceState: 'vendor=opaque',
      name: 'POST /v1/contexts',
      kind: 'server',
      hasFailed: false,
      resource: { 'service.name': 'memory', 'deployment.environment.name': 'test' },
    });
    expect(root.attributes).toMatchObject({
      'http.request.method': 'POST',
      'http.route': '/v1/contexts',
      'http.response.status_code': '201',
    });
    const statements = spans.filter(({ name }) => name === 'database.statement');
    expect(statements.map(({ attributes }) => attributes['db.operation.name'])).toContain('INSERT');
    expect(statements.every(({ kind }) => kind === 'client')).toBe(true);
    const reads = spans.filter(({ name }) => name === 'cache.read');
    expect(reads.map(({ attributes }) => attributes['keepsake.cache.family'])).toContain('principal');
    expect(spans.map(({ name }) => name)).toContain('cache.invalidate');
    // A statement behind a cache is a child of the read that missed.
    const miss = spans.find(({ name, parentSpanId }) => name === 'database.statement' && parentSpanId !== root.spanId);
    expect(reads.map(({ spanId }) => spanId)).toContain(miss?.parentSpanId);
    const jobs = new Set(spans.filter(({ kind }) => kind === 'consumer').map(({ spanId }) => spanId));
    for (const { spanId, parentSpanId, durationMs } of spans) {
      // A job goes on after the answer.
      if (jobs.has(spanId) || jobs.has(parentSpanId ?? '')) continue;
      expect(durationMs).toBeGreaterThanOrEqual(0);
      expect(durationMs).toBeLessThanOrEqual(root.durationMs + 1);
    }
    expect(collector.headers[0]).toMatchObject({ 'x-api-key': 'a key', 'x-tenant': 't' });
    expect(collector.refused).toEqual([]);
  });

  it('reports how a read was answered, and that a hit asked nothing', async () => {
    const { body: handover } = await server.api.post('/v1/handovers', { project: newId() });
    await server.api.get(`/v1/handovers/${handover.id}`);
    await server.api.get(`/v1/handovers/${handover.id}`, { headers: { 'x-request-id': 'hit-1' } });
    const { spans } = await traceOf('hit-1');
    const read = spans.find(({ attributes }) => attributes['keepsake.cache.family'] === 'http');
    expect(read?.attributes['keepsake.cache.status']).toBe('hit');
    expect(spans.filter(({ name }) => name === 'database.statement')).toEqual([]);
  });

  it('informs providers of the trace', async () => {
    provider.reset();
    const answer = await server.api.post(
      '/v1/embeddings',
      { input: newId() },
      { headers: { 'x-request-id': 'paid-1' } },
    );
    expect(answer.status).toBe(200);
    const { root, spans } = await traceOf('paid-1');
    const call = spans.find(({ name }) => name === 'POST voyage')!;
    const operation = spans.find(({ name }) => name === 'embeddings')!;
    expect(call.parentSpanId).toBe(operation.spanId);
    expect(operation.attributes).toMatchObject({
      'gen_ai.provider.name': 'voyage',
      'gen_ai.request.model': 'voyage-4',
    });
    expect(provider.headersOf(0)['traceparent']).toBe(`00-${root.traceId}-${call.spanId}-01`);
  });

  const spanOfJob = (name: string, which: (span: CollectedSpan) => boolean) =>
    eventually(() => collector.named(`job ${name}`).find(which), {
      timeoutMs: COLLECTOR_TIMEOUT_MS,
      what: `the span of a job ${name}`,
    });

  it('goes on in the jobs that a request added, with its id in their lines of the log and in the list', async () => {
    const traceId = randomBytes(16).toString('hex');
    const headers = {
      'x-request-id': 'asked-1',
      traceparent: `00-${traceId}-00f067aa0ba902b7-01`,
      tracestate: 'vendor=opaque',
    };
    const body = { project: 'p', label: 'of-a-job', content: `Never ${secret}.` };
    await server.api.post('/v1/contexts', body, { headers });
    const job = await spanOfJob('context-embedding', (span) => span.traceId === traceId);
    const { root, spans } = await traceOf('asked-1');
    expect(job).toMatchObject({ kind: 'consumer', traceState: 'vendor=opaque' });
    // The span that added it is the request's own or one within it.
    expect(spans.map(({ spanId }) => spanId)).toContain(job.parentSpanId);
    expect(root.traceId).toBe(traceId);
    expect(job.attributes['keepsake.job.outcome']).toBe('completed');
    const children = spans.filter(({ parentSpanId }) => parentSpanId === job.spanId);
    expect(children.map(({ name }) => name)).toContain('database.statement');
    const jobId = job.attributes['keepsake.job.id'];
    expect((await server.api.get(`/v1/jobs/${jobId}`)).body).toMatchObject({
      requestId: 'asked-1',
      state: 'completed',
    });
    const line = await eventually(() => server.stdout.split('\n').find((text) => text.includes(`"jobId":"${jobId}"`)), {
      what: 'the line of the job',
    });
    expect(JSON.parse(line)).toMatchObject({ channel: 'jobs', requestId: 'asked-1', job: 'context-embedding' });
  });

  it('has a trace of its own for a job of a schedule', async () => {
    const job = await spanOfJob('embedding-backfill', () => true);
    expect(job.parentSpanId).toBeUndefined();
    const children = collector.spans.filter(({ traceId }) => traceId === job.traceId);
    expect(children.map(({ name }) => name)).toContain('database.statement');
  });

  it('leaves alone what whoever asks does not record, and says so to providers', async () => {
    provider.reset();
    const traceId = randomBytes(16).toString('hex');
    const headers = { traceparent: `00-${traceId}-00f067aa0ba902b7-00` };
    await server.api.post('/v1/embeddings', { input: newId() }, { headers });
    expect(provider.headersOf(0)['traceparent']).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-00$`));
    await server.api.get('/v1/projects', { headers: { 'x-request-id': 'after-1' } });
    await traceOf('after-1');
    expect(collector.spans.filter((span) => span.traceId === traceId)).toEqual([]);
  });

  it('begins a trace of its own where what was sent is no traceparent', async () => {
    const headers = {
      'x-request-id': 'wrong-1',
      traceparent: '00-00000000000000000000000000000000-0000000000000000-01',
    };
    await server.api.get('/v1/projects', { headers });
    const { root } = await traceOf('wrong-1');
    expect(root.parentSpanId).toBeUndefined();
    expect(root.traceId).not.toMatch(/^0+$/);
  });

  it('delivers again what a busy collector refused, and what is left when the server stops', async () => {
    collector.nextStatuses.push(503);
    await server.api.get('/v1/projects', { headers: { 'x-request-id': 'again-1' } });
    await traceOf('again-1');
    await server.api.get('/v1/projects', { headers: { 'x-request-id': 'last-1' } });
    await server.stop();
    expect(collector.spans.some(({ attributes }) => attributes['keepsake.request_id'] === 'last-1')).toBe(true);
    await server.start();
  });

  it('holds no content and no secrets', () => {
    expect(collector.spans.length).toBeGreaterThan(50);
    expect(collector.received).not.toContain(secret);
    expect(collector.received).not.toContain(server.key);
    expect(collector.received).not.toContain(new URL(redis.url).password);
  });
});

/** Says on standard error which files of the product are loaded. */
const WATCH_LOADS = `--import=data:text/javascript,${encodeURIComponent(`
  import { register } from 'node:module';
  register('data:text/javascript,' + encodeURIComponent(\`
    import { writeSync } from 'node:fs';
    export async function load(url, context, next) {
      if (url.includes('/dist/')) writeSync(2, 'LOADED ' + url.split('/').at(-1) + '\\\\n');
      return next(url, context);
    }\`));`)}`;

describe.each([
  ['with an endpoint what records is loaded', 'http://127.0.0.1:9', ['otlp-exporter', 'otlp-format', 'otlp-tracer']],
  ['without an endpoint nothing of it is', undefined, []],
])('%s', (_name, endpoint, loaded) => {
  it('and the server works, whether or not there is a collector', async () => {
    const server = await startKeepsake({
      onPostgres: true,
      env: {
        EMBEDDING_PROVIDER: 'off',
        LOG_LEVEL: 'error',
        NODE_OPTIONS: WATCH_LOADS,
        OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
      },
    });
    try {
      expect((await server.api.get('/v1/projects')).status).toBe(200);
      const files = [...server.stderr.matchAll(/^LOADED (\S+)$/gm)].map(([, name = '']) => name);
      expect(files).toContain('main.js');
      const ofTracing = files.filter((name) => name.startsWith('otlp')).map((name) => name.replace(/-[^-]+\.js$/, ''));
      expect(new Set(ofTracing)).toEqual(new Set(loaded));
    } finally {
      await server.remove();
    }
  }, 120_000);
});
