import { api } from '#test/support/api.js';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { eventually } from '#test/support/eventually.js';
import { createKeepsake, type Keepsake, startKeepsake } from '#test/support/keepsake.js';
import { freePort } from '#test/support/services.js';
import { sumOf } from './observability/metrics-text.js';

describe('a process that only works', () => {
  let database: TestDatabase;
  let server: Keepsake;
  let worker: Keepsake;
  let metricsPort: number;

  beforeAll(async () => {
    [database, metricsPort] = await Promise.all([createTestDatabase(), freePort()]);
    const env = { DATABASE_URL: database.url, LOG_LEVEL: 'warn' };
    server = await startKeepsake({ env: { ...env, WORKER_ENABLED: 'false' } });
    worker = await createKeepsake({ args: ['worker'], env: { ...env, WORKER_METRICS_PORT: String(metricsPort) } });
    worker.spawn();
  }, 120_000);

  afterAll(async () => {
    await Promise.all([server.remove(), worker.remove()]);
    await database.drop();
  }, 120_000);

  it('reports its health and what it has done, and ends in order', async () => {
    const its = api(`http://127.0.0.1:${metricsPort}`);
    await eventually(async () => (await its.get('/health/ready')).status === 200, {
      timeoutMs: 60_000,
      what: 'the worker to be ready',
    });
    const stored = await server.api.post('/v1/contexts', { project: 'p', label: 'l', content: 'Some text to embed.' });
    expect(stored.status).toBe(201);
    const done = { name: 'context-embedding', outcome: 'completed' };
    await eventually(async () => sumOf((await its.get('/metrics')).body, 'job_duration_seconds_count', done) > 0, {
      timeoutMs: 60_000,
      what: 'the job in the metrics of the worker',
    });
    const { body: text, headers } = await its.get('/metrics');
    expect(headers.get('content-type')).toMatch(/^text\/plain; version=/);
    expect(sumOf(text, 'provider_calls_total', { provider: 'local', outcome: 'ok' })).toBe(1);
    expect(sumOf(text, 'keepsake_health', { part: 'database' })).toBe(1);
    expect((await its.get('/health/live')).status).toBe(200);
    expect((await its.get('/v1/projects')).status).toBe(404);
    expect(await worker.stop()).toEqual({ code: 0, signal: null });
  }, 120_000);
});
