import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { newId } from '#kernel';
import type { FakeProviderServer } from '#embedding/testing';
import { api, type Api } from '#test/support/api.js';
import { eventually } from '#test/support/eventually.js';
import { type Keepsake, startKeepsake } from '#test/support/keepsake.js';
import { PrometheusServer, type RedisServer } from '#test/support/services.js';
import type { TcpProxy } from '#test/support/tcp-proxy.js';
import { sumOf, samplesIn } from './observability/metrics-text.js';
import { startMonitoringSetup, type MonitoringSetup, watch } from './observability/monitoring-setup.js';

const DOCKER = join(import.meta.dirname, '../../docker');
const KEY = 'ks_monitoring_e2e_0123456789abcdef0123456789';
const SCRAPE_SECONDS = 3;
/** As long as a busy machine may take for what Prometheus does every second. */
const TIMEOUT = { timeoutMs: 40_000 };

interface Panel {
  readonly title: string;
  readonly targets: readonly { readonly expr: string; readonly datasource: { readonly uid: string } }[];
}

const dashboards = readdirSync(join(DOCKER, 'grafana/dashboards')).map((file) => {
  const text = readFileSync(join(DOCKER, 'grafana/dashboards', file), 'utf8');
  return { file, ...(JSON.parse(text) as { uid: string; panels: readonly Panel[] }) };
});

const queries = dashboards.flatMap(({ file, panels }) =>
  panels.flatMap(({ title, targets }) => targets.map(({ expr }) => [`${file}: ${title}`, expr] as const)),
);

/** As Grafana fills them in. */
const filledIn = (expr: string): string => expr.replaceAll('$instance', '.*').replaceAll('$__rate_interval', '1m');

const rules = readFileSync(join(DOCKER, 'prometheus/alerts.yml'), 'utf8');

describe('a real Prometheus and two processes of the product', () => {
  let setup: MonitoringSetup;
  let redis: RedisServer;
  let provider: FakeProviderServer;
  let toDatabase: TcpProxy;
  let servers: Keepsake[];
  let prometheus: PrometheusServer;
  let reader: Api;

  beforeAll(async () => {
    setup = await startMonitoringSetup();
    ({ redis, provider, toDatabase } = setup);
    const env = {
      ...setup.env,
      KEEPSAKE_BOOTSTRAP_KEY: KEY,
      LOG_LEVEL: 'warn',
      RATE_LIMIT_ENABLED: 'true',
      RATE_LIMIT_WRITES_PER_MINUTE: '2',
    };
    servers = [await startKeepsake({ env })];
    servers.push(await startKeepsake({ env }));
    const { body } = await servers[0]!.api.post('/v1/keys', {
      name: 'reader',
      scopes: ['memory:read', 'memory:write'],
    });
    reader = api(servers[0]!.url, body.key);
    prometheus = await watch(servers, { rules, everySeconds: SCRAPE_SECONDS });
  }, 240_000);

  afterAll(async () => {
    await prometheus?.remove();
    await Promise.all((servers ?? []).map((server) => server.remove()));
    await setup?.remove();
  }, 120_000);

  const on = (n: 0 | 1): Api => servers[n]!.api;

  /** Something of everything that is counted. */
  async function live(): Promise<void> {
    const project = newId();
    for (const n of [0, 1] as const) {
      const { body: context } = await on(n).post('/v1/contexts', {
        project,
        label: newId(),
        content: `Always ${newId()}`,
      });
      for (let i = 0; i < 3; i++) await on(n).get(`/v1/contexts/${context.id}`);
      await on(n).get('/v1/search', { query: { project, q: 'always' } });
      await on(n).post('/v1/embeddings', { input: newId() });
      await on(n).get('/v1/projects');
    }
    // The third is one too many.
    for (let i = 0; i < 3; i++) await reader.post('/v1/contexts', { project, label: newId(), content: newId() });
  }

  const metricsOf = async (server: Keepsake): Promise<string> => (await server.api.get<string>('/metrics')).body;
  const firing = async (alert: string, state: 'pending' | 'firing') =>
    (await prometheus.alerts()).some(
      ({ labels, state: is }) => labels['alertname'] === alert && (is === state || is === 'firing'),
    );

  it('T31 the numbers of the statistics, of Prometheus and of what was sent are the same, over both processes', async () => {
    const path = async () => `/v1/handovers/${(await on(0).post('/v1/handovers', { project: newId() })).body.id}`;
    const paths = [await path(), await path(), await path()];
    const statistics = async () => (await on(0).get('/v1/admin/cache/stats?scope=all')).body;
    const inMetrics = async (name: string, labels: Readonly<Record<string, string>> = {}) => {
      const texts = await Promise.all(servers.map(metricsOf));
      return texts.reduce((sum, text) => sum + sumOf(text, name, { family: 'http', ...labels }), 0);
    };
    const read = async () => ({
      hits: await inMetrics('cache_hits_total'),
      misses: await inMetrics('cache_misses_total', { tier: 'shared' }),
      requests: (await Promise.all(servers.map(metricsOf))).reduce(
        (sum, text) =>
          sum + sumOf(text, 'http_request_duration_seconds_count', { route: '/v1/handovers/:id', status: '200' }),
        0,
      ),
    });
    const before = await read();
    const seen = { hits: 0, misses: 0 };
    for (let i = 0; i < 30; i++) {
      const { status, headers } = await on((i % 2) as 0 | 1).get(paths[i % 3]!);
      expect(status).toBe(200);
      seen[headers.get('cache-status') === 'keepsake; hit' ? 'hits' : 'misses']++;
    }
    expect(seen).toEqual({ hits: 27, misses: 3 });
    const after = await read();
    expect(after.hits - before.hits).toBe(seen.hits);
    expect(after.misses - before.misses).toBe(seen.misses);
    expect(after.requests - before.requests).toBe(30);
    // The other process writes its numbers down every five seconds.
    await eventually(
      async () => {
        const { families, processes } = await statistics();
        const { hits, misses } = families.http;
        return processes === 2 && hits === after.hits && misses === after.misses;
      },
      { ...TIMEOUT, what: 'the statistics of both processes' },
    );
    const { families, totals } = await statistics();
    const sum = Object.values<any>(families).reduce((total, { hits }) => total + hits, 0);
    expect(totals.hits).toBe(sum);
    // And Prometheus has scraped them.
    await eventually(
      async () => {
        const [scraped] = await prometheus.query('sum(cache_hits_total{family="http"})');
        return Number(scraped?.value[1]) === after.hits;
      },
      { ...TIMEOUT, what: 'a scrape of these numbers' },
    );
  }, 120_000);

  it('every query of the dashboards is answered, with data', async () => {
    expect(new Set(dashboards.map(({ uid }) => uid)).size).toBe(dashboards.length);
    await eventually(async () => (await prometheus.targets()).map(({ health }) => health).join() === 'up,up', {
      ...TIMEOUT,
      what: 'both processes to be scraped',
    });
    const empty = async (): Promise<string[]> => {
      const without: string[] = [];
      for (const [panel, expr] of queries)
        if ((await prometheus.query(filledIn(expr))).length === 0) without.push(`${panel}: ${expr}`);
      return without;
    };
    let without: string[] = [];
    await eventually(
      async () => {
        await live();
        without = await empty();
        return without.length === 0;
      },
      { timeoutMs: 90_000, everyMs: 2_000, what: 'data for every panel' },
    ).catch(() => undefined);
    expect(without).toEqual([]);
    expect(queries.length).toBeGreaterThan(40);
  }, 180_000);

  it('the datasource of every panel is the one that is provisioned', () => {
    const provisioned = readFileSync(join(DOCKER, 'grafana/provisioning/datasources/prometheus.yml'), 'utf8');
    const uids = dashboards.flatMap(({ panels }) =>
      panels.flatMap(({ targets }) => targets.map((one) => one.datasource.uid)),
    );
    expect(new Set(uids)).toEqual(new Set([/uid: (\S+)/.exec(provisioned)?.[1]]));
  });

  it('no metric is named by what nobody exports', async () => {
    const texts = await Promise.all(servers.map(metricsOf));
    const exported = new Set(texts.flatMap((text) => samplesIn(text).map(({ name }) => name)));
    const named = [...rules.matchAll(/\b((?:cache|http|job|provider|database|keepsake|nodejs|rate)_[a-z0-9_]+)/g)].map(
      ([, name = '']) => name,
    );
    const known = (name: string) => exported.has(name) || exported.has(`${name}_count`);
    const notOurs = ['http_request_duration_seconds'];
    const unknown = named.filter(
      (name) => !known(name) && !notOurs.includes(name) && !/^cache_(reads|hit_ratio)$/.test(name),
    );
    // Nobody has drifted or failed yet, but what counts it is there.
    expect([...new Set(unknown)]).toEqual([]);
  });

  it('all is at rest while all is well', async () => {
    // How busy the machine of a test is says nothing of the product.
    let reported: (string | undefined)[] = [];
    await eventually(async () => {
      reported = (await prometheus.alerts()).map(({ labels }) => labels['alertname']);
      return reported.every((alert) => alert === 'KeepsakeEventLoopBlocked');
    }, TIMEOUT).catch(() => undefined);
    expect(reported.filter((alert) => alert !== 'KeepsakeEventLoopBlocked')).toEqual([]);
  }, 120_000);

  it('a provider that fails is reported: its breaker, and the requests that failed', async () => {
    provider.misbehave(...Array.from({ length: 12 }, () => ({ kind: 'status', status: 500 }) as const));
    await eventually(
      async () => {
        for (let i = 0; i < 6; i++) await on(0).post('/v1/embeddings', { input: newId() });
        return (
          (await firing('KeepsakeProviderUnavailable', 'pending')) && (await firing('KeepsakeServerErrors', 'firing'))
        );
      },
      { ...TIMEOUT, everyMs: 1_000, what: 'the alerts of a failing provider' },
    );
    provider.reset();
  }, 120_000);

  it('Redis that stops is reported, and its return', async () => {
    const count = async () => sumOf(await metricsOf(servers[0]!), 'cache_disconnects_total', {});
    const before = await count();
    await redis.stop();
    await eventually(
      async () => {
        await on(0).get('/v1/projects');
        return firing('KeepsakeCacheUnreachable', 'pending');
      },
      { ...TIMEOUT, what: 'the alert of connection failures' },
    );
    expect(await count()).toBe(before + 1);
    expect(sumOf(await metricsOf(servers[0]!), 'cache_up', {})).toBe(0);
    const [health] = await prometheus.query('min(keepsake_health{part="cache"})');
    expect(Number(health?.value[1])).toBe(0.5);
    await redis.start();
    await eventually(async () => !(await firing('KeepsakeCacheUnreachable', 'pending')), {
      ...TIMEOUT,
      what: 'the alert to rest again',
    });
  }, 120_000);

  it('a database that is cut off is reported', async () => {
    toDatabase.cut();
    // By the health in the metrics, or because nobody can verify the key that Prometheus shows.
    const isReported = async () =>
      (await firing('KeepsakePartDown', 'pending')) || (await firing('KeepsakeDown', 'pending'));
    await eventually(isReported, { ...TIMEOUT, what: 'the alert of the database' });
    toDatabase.heal();
    await eventually(async () => !(await isReported()), { ...TIMEOUT, what: 'the alert to rest again' });
  }, 120_000);

  it('a process that is gone is reported', async () => {
    await servers[1]!.kill();
    await eventually(() => firing('KeepsakeDown', 'pending'), { ...TIMEOUT, what: 'the alert of the process' });
  }, 120_000);
});
