/**
 * Servers of a test's own, to be stopped, killed, paused, restarted and filled up without disturbing other tests. The
 * ones that all tests share are at `TEST_DATABASE_URL` and `TEST_REDIS_URL`. Whoever starts one calls its `remove()`;
 * what a crashed test leaves behind is ended with jest.
 */
export { PostgresServer, startPostgres } from '#test/setup/services/postgres.mjs';
export { RedisServer, startRedis } from '#test/setup/services/redis.mjs';
export { startCluster } from '#test/setup/services/redis-cluster.mjs';
export { startSentinelSet } from '#test/setup/services/redis-sentinel.mjs';
export { freePort } from '#test/setup/services/free-port.mjs';
export { PrometheusServer, startPrometheus } from '#test/setup/services/prometheus.mjs';
