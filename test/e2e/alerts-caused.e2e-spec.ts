import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { newId } from '#kernel';
import type { FakeProviderServer } from '#embedding/testing';
import { api, type Api } from '#test/support/api.js';
import type { TestDatabase } from '#test/support/database.js';
import { eventually } from '#test/support/eventually.js';
import { type Keepsake, startKeepsake } from '#test/support/keepsake.js';
import { PrometheusServer, type RedisServer } from '#test/support/services.js';
import type { TcpProxy } from '#test/support/tcp-proxy.js';
import { earliestAlerts } from './observability/earliest-alerts.js';
import { startMonitoringSetup, type MonitoringSetup, watch } from './observability/monitoring-setup.js';

const PROMETHEUS = join(import.meta.dirname, '../../docker/prometheus');
/** More than a part that hangs may hold a scrape up. */
const SCRAPE_SECONDS = 4;
const KEY = 'ks_caused_alerts_e2e_0123456789abcdef01234567';
/** As long as a busy machine may take for what Prometheus does every second. */
const TIMEOUT = { timeoutMs: 90_000, everyMs: 500 };

/** The shipped rules, with their times in seconds: `alerts.e2e-spec.ts` holds the times themselves. */
const rules = earliestAlerts(readFileSync(join(PROMETHEUS, 'alerts.yml'), 'utf8'));
const names = [...rules.matchAll(/- alert: (\S+)$/gm)].map(([, name = '']) => name);

describe('every alert fires in a real Prometheus when its condition is caused', () => {
  let setup: MonitoringSetup;
  let database: TestDatabase;
  let redis: RedisServer;
  let provider: FakeProviderServer;
  let toDatabase: TcpProxy;
  let server: Keepsake;
  let second: Keepsake;
  /** Another principal, at the second process: nothing of what it reads is kept there. */
  let other: Api;
  let sql: pg.Client;
  let prometheus: PrometheusServer;
  const caused = new Set<string>();

  beforeAll(async () => {
    setup = await startMonitoringSetup();
    ({ database, redis, provider, toDatabase } = setup);
    const env = {
      ...setup.env,
      DATABASE_POOL_SIZE: '4',
      CACHE_DRIFT_SAMPLES_PER_MILLION: '1000000',
      LOG_LEVEL: 'error',
    };
    server = await startKeepsake({ env: { ...env, KEEPSAKE_BOOTSTRAP_KEY: KEY } });
    second = await startKeepsake({ env: { ...env, KEEPSAKE_BOOTSTRAP_KEY: KEY, WORKER_ENABLED: 'false' } });
    const { body } = await server.api.post('/v1/keys', { name: 'other', scopes: ['memory:read'] });
    other = api(second.url, body.key);
    sql = new pg.Client({ connectionString: database.url });
    await sql.connect();
    prometheus = await watch([server, second], { rules, everySeconds: SCRAPE_SECONDS });
  }, 240_000);

  afterAll(async () => {
    await prometheus?.remove();
    await Promise.all([server?.remove(), second?.remove()]);
    await sql?.end();
    await setup?.remove();
  }, 120_000);

  /** Does something again and again until these alerts have fired. */
  async function fires(
    alerts: readonly string[],
    cause: () => Promise<unknown> = async () => undefined,
  ): Promise<void> {
    const missing = new Set(alerts);
    await eventually(
      async () => {
        await cause();
        for (const { labels, state } of await prometheus.alerts())
          if (state === 'firing') missing.delete(labels['alertname'] as string);
        return missing.size === 0;
      },
      { ...TIMEOUT, what: `${[...missing].join(', ')} to fire` },
    );
    for (const alert of alerts) caused.add(alert);
  }

  const context = async (): Promise<string> => {
    const { body } = await server.api.post('/v1/contexts', { label: newId(), content: newId() });
    return `/v1/contexts/${body.id}`;
  };

  it('the cache is hardly hit', async () => {
    await fires(['KeepsakeCacheHitRateLow'], () =>
      Promise.all(Array.from({ length: 50 }, () => other.get(`/v1/contexts/${newId()}`))),
    );
  }, 120_000);

  it('a row is changed behind the cache', async () => {
    await fires(['KeepsakeCacheDrift'], async () => {
      const { body } = await server.api.post('/v1/handovers', {});
      const path = `/v1/handovers/${body.id}`;
      await server.api.get(path);
      await sql.query('UPDATE handovers SET revision = gen_random_uuid() WHERE id = $1', [body.id]);
      await other.get(path);
    });
  }, 120_000);

  it('Redis has no room', async () => {
    const used = Number(/^used_memory:(\d+)/m.exec(await redis.command('INFO', 'memory'))?.[1]);
    await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
    await redis.command('CONFIG', 'SET', 'maxmemory', Math.round(used * 0.99));
    await fires(['KeepsakeCacheMemoryHigh', 'KeepsakeCacheErrors'], async () => server.api.get(await context()));
    await redis.command('CONFIG', 'SET', 'maxmemory', '64mb');
  }, 120_000);

  it('the provider fails', async () => {
    await fires(['KeepsakeProviderUnavailable', 'KeepsakeServerErrors'], () => {
      provider.misbehave({ kind: 'status', status: 500 });
      return server.api.post('/v1/embeddings', { input: newId() });
    });
    provider.reset();
  }, 120_000);

  it('a job fails for good, and another one is due that nobody takes', async () => {
    const add = (key: string, startAfter: string) =>
      sql.query(
        `INSERT INTO pgboss.job (name, data, policy, singleton_key, start_after)
         VALUES ('cache-warming', '{"payload":{"nobody":"understands"}}', 'short', $1, now() + $2::interval) RETURNING id`,
        [key, startAfter],
      );
    await eventually(async () => (await prometheus.query('job_queue_depth{state="failed"}')).length > 0, TIMEOUT);
    await add('dead', '-1 second');
    const late = (await add('late', '5 seconds')).rows[0].id;
    // Workers leave alone what somebody holds.
    await sql.query('BEGIN');
    await sql.query('SELECT FROM pgboss.job WHERE id = $1 FOR UPDATE', [late]);
    await fires(['KeepsakeJobsDead', 'KeepsakeJobsLate']);
    await sql.query('ROLLBACK');
  }, 120_000);

  it('statements wait for a connection', async () => {
    const waiting = new Set<Promise<unknown>>();
    await sql.query('BEGIN');
    await sql.query('LOCK TABLE contexts IN ACCESS EXCLUSIVE MODE');
    try {
      await fires(['KeepsakeDatabasePoolExhausted'], async () => {
        while (waiting.size < 12) {
          const one: Promise<unknown> = server.api.get(`/v1/contexts/${newId()}`).finally(() => waiting.delete(one));
          waiting.add(one);
        }
      });
    } finally {
      await sql.query('ROLLBACK');
      await Promise.allSettled(waiting);
    }
  }, 120_000);

  it('requests take longer than before', async () => {
    toDatabase.slow(250);
    await fires(['KeepsakeLatencyWorse'], () => server.api.get(`/v1/contexts/${newId()}`));
    toDatabase.heal();
  }, 120_000);

  it('Redis is gone, and an invalidation with it', async () => {
    await redis.stop();
    await context();
    await fires(['KeepsakeCacheUnreachable', 'KeepsakeInvalidationsLate']);
    await redis.start();
  }, 120_000);

  it('the database is cut off', async () => {
    toDatabase.cut();
    await fires(['KeepsakePartDown']);
    toDatabase.heal();
  }, 120_000);

  it('the process is held up again and again', async () => {
    const pause = (ms: number) => new Promise((go) => setTimeout(go, ms));
    await fires(['KeepsakeEventLoopBlocked'], async () => {
      for (let times = 0; times < 3; times++) {
        server.send('SIGSTOP');
        await pause(400);
        server.send('SIGCONT');
        await pause(50);
      }
    });
  }, 120_000);

  it('the process is gone', async () => {
    await server.kill();
    await fires(['KeepsakeDown']);
  }, 120_000);

  it('and that was every one of them', () => {
    expect([...caused].toSorted()).toEqual(names.toSorted());
  });
});
