// @ts-check
import { setTimeout as pauseFor } from 'node:timers/promises';
import { isInStep } from '#test/setup/services/redis-cluster.mjs';
import { startSentinelSet } from '#test/setup/services/redis-sentinel.mjs';
import { until } from '#test/setup/services/until.mjs';
import { evictSome, makeFull, whileUnavailable } from './server-faults.mjs';

const SETTLE_MS = 60_000;
/** Until the Sentinels see a server again that was unavailable. */
const REJOIN_MS = 1_000;

/** @type {import('./topology.mjs').StartTopology} */
export async function start() {
  const set = await startSentinelSet({ replicas: 2 });
  const { servers } = set;
  const awaitAnotherPrimary = async (/** @type {import('./server-faults.mjs').RedisServer} */ before) => {
    await until(async () => (await set.primary()) !== before, { timeoutMs: SETTLE_MS, what: 'a replica to take over' });
  };
  return {
    url: `${set.url}?sentinelPassword=${set.password}`,
    ports: servers.map((server) => server.port),
    servers: () => servers,
    faults: {
      /** A replica takes over in good order. */
      failover: () => set.failOver(),
      /** The primary dies, another takes over, the old one comes back empty and follows. */
      'primary-dies': async () => {
        const primary = await set.primary();
        await primary.kill();
        return whileUnavailable(awaitAnotherPrimary(primary), () => primary.start());
      },
      /** The primary stops for so long that another takes over, and goes on as if it still were the primary. */
      'old-primary-resumes': async () => {
        const primary = await set.primary();
        primary.pause();
        return whileUnavailable(awaitAnotherPrimary(primary), async () => primary.resume());
      },
      /** Too short for a failover. */
      pause: async () => {
        const primary = await set.primary();
        primary.pause();
        return async () => primary.resume();
      },
      evict: async ({ pick }) => evictSome(await set.primary(), pick),
      full: async () => makeFull(await set.primary()),
    },
    /**
     * The primary hangs, another takes over and hangs in its turn, and the first, back but not demoted yet, is elected
     * again: run id, replication id, epoch and entries are as they were before.
     */
    returnOfPrimary: async () => {
      const first = await set.primary();
      first.pause();
      await awaitAnotherPrimary(first);
      return async () => {
        const second = await set.primary();
        const others = servers.filter((server) => server !== first && server !== second);
        first.resume();
        // For a moment it is the only one that can be elected.
        for (const other of others) other.pause();
        await pauseFor(REJOIN_MS);
        second.pause();
        try {
          await awaitAnotherPrimary(second);
        } finally {
          for (const server of [...others, second]) server.resume();
        }
      };
    },
    async settle() {
      // Sentinels that missed the primary may elect another one after it is back: who follows whom is asked again.
      const areInStep = async () => {
        const primary = await set.primary();
        const replicas = servers.filter((server) => server !== primary);
        return (await Promise.all(replicas.map(isInStep))).every(Boolean);
      };
      await until(areInStep, { timeoutMs: SETTLE_MS, what: 'the replicas to be in step' });
    },
    remove: () => set.remove(),
  };
}
