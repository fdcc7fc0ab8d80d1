// @ts-check
import { setTimeout as pauseFor } from 'node:timers/promises';
import { isInStep, startCluster } from '#test/setup/services/redis-cluster.mjs';
import { until } from '#test/setup/services/until.mjs';
import { evictSome, makeFull, whileUnavailable } from './server-faults.mjs';

const PRIMARIES = 3;
const SETTLE_MS = 60_000;
/** Until the nodes see one again that was unavailable. */
const REJOIN_MS = 1_000;

/** @typedef {import('./server-faults.mjs').RedisServer} RedisServer */

/** @type {import('./topology.mjs').StartTopology} */
export async function start() {
  const cluster = await startCluster({ primaries: PRIMARIES, replicas: true });
  const nodes = [...cluster.primaries, ...cluster.replicas];
  const primaries = () => until(() => primariesAmong(nodes), { timeoutMs: SETTLE_MS, what: 'three primaries' });
  const primaryAt = async (/** @type {number} */ index) =>
    /** @type {RedisServer} */ ((await primaries())[index % PRIMARIES]);
  const awaitAnotherPrimary = async (/** @type {RedisServer} */ before) => {
    const others = nodes.filter((node) => node !== before);
    await until(async () => (await primariesAmong(others)) !== undefined, { timeoutMs: SETTLE_MS, what: 'a takeover' });
  };
  /** On a starved machine the nodes lose sight of each other for a moment, and refuse every command on keys. */
  const evictFrom = async (/** @type {number} */ node, /** @type {number} */ pick) => {
    const evict = async () => (await evictSome(await primaryAt(node), pick), true);
    await until(evict, { timeoutMs: SETTLE_MS, what: 'the Cluster to let keys be evicted' });
  };
  return {
    url: cluster.url,
    ports: nodes.map((node) => node.port),
    servers: () => nodes,
    faults: {
      /** A primary dies, its replica takes over, the old one comes back empty and follows. */
      'primary-dies': async ({ node }) => {
        const primary = await primaryAt(node);
        await primary.kill();
        return whileUnavailable(awaitAnotherPrimary(primary), () => primary.start());
      },
      /** A primary stops for so long that its replica takes over, and goes on as if it still were the primary. */
      'old-primary-resumes': async ({ node }) => {
        const primary = await primaryAt(node);
        primary.pause();
        return whileUnavailable(awaitAnotherPrimary(primary), async () => primary.resume());
      },
      /** Too short for a takeover. */
      pause: async ({ node }) => {
        const primary = await primaryAt(node);
        primary.pause();
        return async () => primary.resume();
      },
      /** Comes back empty before anybody takes over. */
      restart: async ({ node }) => {
        const primary = await primaryAt(node);
        await primary.kill();
        await primary.start();
      },
      evict: ({ node, pick }) => evictFrom(node, pick),
      full: async ({ node }) => makeFull(await primaryAt(node)),
    },
    /**
     * A primary hangs, its replica takes over and hangs in its turn, and the first takes the slots back: its entries are
     * as they were before.
     */
    returnOfPrimary: async ({ node }) => {
      const before = await primaries();
      const first = await primaryAt(node);
      first.pause();
      await awaitAnotherPrimary(first);
      return async () => {
        const second = (await primariesAmong(nodes.filter((each) => each !== first)))?.find(
          (each) => !before.includes(each),
        );
        first.resume();
        await pauseFor(REJOIN_MS);
        if (second === undefined) return;
        second.pause();
        try {
          await awaitAnotherPrimary(second);
        } finally {
          second.resume();
        }
      };
    },
    async settle() {
      // A replica may still take over from a primary that is back: who follows whom is asked again.
      const areInStep = async () => {
        const current = await primaries();
        const inStep = nodes.map((node) => (current.includes(node) ? isWhole(node) : isInStep(node)));
        return (await Promise.all(inStep)).every(Boolean);
      };
      await until(areInStep, { timeoutMs: SETTLE_MS, what: 'the nodes of the Cluster to be in step' });
    },
    remove: () => cluster.remove(),
  };
}

/**
 * @param {readonly RedisServer[]} nodes that run
 * @returns {Promise<RedisServer[] | undefined>} undefined where there are not as many as there are to be
 */
async function primariesAmong(nodes) {
  const roles = await Promise.all(nodes.map((node) => node.command('ROLE')));
  const found = nodes.filter((_node, index) => roles[index][0] === 'master');
  return found.length === PRIMARIES ? found : undefined;
}

/** @param {RedisServer} node */
async function isWhole(node) {
  return /cluster_state:ok/.test(await node.command('CLUSTER', 'INFO'));
}
