import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FakeProviderServer } from '#embedding/testing';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import type { Keepsake } from '#test/support/keepsake.js';
import { type PrometheusServer, type RedisServer, startPrometheus, startRedis } from '#test/support/services.js';
import { TcpProxy } from '#test/support/tcp-proxy.js';

/** What Prometheus shows: it opens the metrics and nothing else. */
const TOKEN = 'a-token-for-a-scraper-0123456789';
const SHIPPED = join(import.meta.dirname, '../../../docker/prometheus/prometheus.yml');

/** The services under processes that are watched, each of which a test can disturb. */
export interface MonitoringSetup {
  readonly redis: RedisServer;
  readonly provider: FakeProviderServer;
  readonly database: TestDatabase;
  /** The way of the processes to the database. */
  readonly toDatabase: TcpProxy;
  /** Of the processes: where the services are, and that a scraper is let in. */
  readonly env: Readonly<Record<string, string>>;
  remove(): Promise<void>;
}

export async function startMonitoringSetup(): Promise<MonitoringSetup> {
  const [database, redis, provider] = await Promise.all([
    createTestDatabase(),
    startRedis({ config: { maxmemory: '64mb', 'maxmemory-policy': 'allkeys-lru' } }),
    FakeProviderServer.start(),
  ]);
  const { hostname, port } = new URL(database.url);
  const toDatabase = await TcpProxy.to({ host: hostname, port: Number(port) });
  return {
    redis,
    provider,
    database,
    toDatabase,
    env: {
      DATABASE_URL: toDatabase.urlFor(database.url),
      REDIS_URL: redis.url,
      REDIS_SOCKET_TIMEOUT: '2000',
      METRICS_TOKEN: TOKEN,
      EMBEDDING_PROVIDER: 'voyage',
      EMBEDDING_DIMENSIONS: '256',
      EMBEDDING_MAX_ATTEMPTS: '1',
      VOYAGE_API_KEY: 'pa-of-a-test',
      VOYAGE_BASE_URL: provider.baseUrl('voyage'),
    },
    async remove() {
      await Promise.all([toDatabase.close(), provider.close()]);
      await redis.remove();
      await database.drop();
    },
  };
}

/** A Prometheus with the very configuration that is shipped, but for the addresses and the pace of a test. */
export function watch(
  servers: readonly Keepsake[],
  { rules, everySeconds }: { readonly rules: string; readonly everySeconds: number },
): Promise<PrometheusServer> {
  const targets = servers.map(({ port }) => `'127.0.0.1:${port}'`).join(', ');
  const configuration = readFileSync(SHIPPED, 'utf8')
    .replace("'keepsake:3000'", targets)
    .replaceAll(/(scrape|evaluation)_interval: \d+s/g, `$1_interval: ${everySeconds}s`);
  if (!configuration.includes(targets)) throw new Error('prometheus.yml has no target to replace');
  return startPrometheus({ 'prometheus.yml': configuration, 'alerts.yml': rules, 'keepsake.token': TOKEN });
}
