// @ts-check
import { randomBytes } from 'node:crypto';
import { choosePlace } from './choose-place.mjs';
import { freePorts } from './free-port.mjs';
import { startRedis } from './redis.mjs';
import { until } from './until.mjs';

const SLOTS = 16_384;

/** @typedef {import('./redis.mjs').RedisServer} RedisServer */

/**
 * @typedef {object} RedisCluster
 * @property {readonly RedisServer[]} primaries in the order of their slots
 * @property {readonly RedisServer[]} replicas one for each primary, in the same order, or none
 * @property {string} password of every node
 * @property {string} url all primaries, as REDIS_URL takes several hosts
 * @property {() => Promise<void>} remove ends all nodes and removes their data
 */

/**
 * A Cluster whose primaries share the slots evenly. A node that is lost is noticed within a second; its replica takes
 * over, and without one its slots are down while the others serve on.
 *
 * @param {{ primaries?: number, replicas?: boolean, config?: import('./redis.mjs').RedisConfig,
 *   place?: import('./places/place.mjs').Place }} [options]
 * @returns {Promise<RedisCluster>} every node of which sees the cluster as ok
 */
export async function startCluster({ primaries: count = 3, replicas = false, config = {}, place } = {}) {
  const chosen = place ?? (await choosePlace('redis'));
  const size = replicas ? count * 2 : count;
  const ports = await freePorts(size);
  const busPorts = await freePorts(size);
  const network = await chosen.openNetwork(ports);
  const password = randomBytes(12).toString('hex');
  const nodes = await Promise.all(
    ports.map((port, index) =>
      startRedis({
        place: chosen,
        network,
        port,
        password,
        config: {
          'cluster-enabled': 'yes',
          'cluster-port': /** @type {number} */ (busPorts[index]),
          'cluster-announce-ip': '127.0.0.1',
          'cluster-node-timeout': 1_000,
          'cluster-require-full-coverage': 'no',
          'repl-diskless-sync-delay': 0,
          ...config,
        },
      }),
    ),
  );
  const cluster = {
    primaries: nodes.slice(0, count),
    replicas: nodes.slice(count),
    password,
    url: `redis://:${password}@${nodes
      .slice(0, count)
      .map((node) => `${node.host}:${node.port}`)
      .join(',')}`,
    async remove() {
      await Promise.all(nodes.map((node) => node.remove()));
      await network.close();
    },
  };
  try {
    await join(cluster, busPorts);
  } catch (error) {
    await cluster.remove();
    throw error;
  }
  return cluster;
}

/**
 * @param {RedisCluster} cluster
 * @param {readonly number[]} busPorts of the primaries and then the replicas
 */
async function join({ primaries, replicas }, busPorts) {
  const nodes = [...primaries, ...replicas];
  const [first, ...others] = nodes;
  if (!first) throw new Error('a cluster has at least one node');
  await Promise.all(
    primaries.map(async (node, index) => {
      await node.command('CLUSTER', 'SET-CONFIG-EPOCH', index + 1);
      const from = Math.floor((index * SLOTS) / primaries.length);
      const to = Math.floor(((index + 1) * SLOTS) / primaries.length) - 1;
      await node.command('CLUSTER', 'ADDSLOTSRANGE', from, to);
    }),
  );
  for (const node of others) {
    const bus = /** @type {number} */ (busPorts[0]);
    await node.command('CLUSTER', 'MEET', first.host, first.port, bus);
  }
  await everyNode(nodes, async (node) => (await knownNodes(node)) === nodes.length, 'the cluster nodes to meet');
  await Promise.all(
    replicas.map(async (replica, index) => {
      const primary = /** @type {RedisServer} */ (primaries[index]);
      await replica.command('CLUSTER', 'REPLICATE', await primary.command('CLUSTER', 'MYID'));
    }),
  );
  await everyNode(nodes, async (node) => /cluster_state:ok/.test(await node.command('CLUSTER', 'INFO')), 'the cluster');
  await everyNode(replicas, isInStep, 'the replicas of the cluster');
}

/**
 * @param {readonly RedisServer[]} nodes
 * @param {(node: RedisServer) => Promise<boolean>} condition
 * @param {string} what
 */
async function everyNode(nodes, condition, what) {
  await Promise.all(nodes.map((node) => until(() => condition(node), { timeoutMs: 30_000, what })));
}

/** @param {RedisServer} node */
async function knownNodes(node) {
  return Number(/cluster_known_nodes:(\d+)/.exec(await node.command('CLUSTER', 'INFO'))?.[1]);
}

/**
 * @param {RedisServer} replica
 * @returns {Promise<boolean>} whether it follows its primary and has its data
 */
export async function isInStep(replica) {
  const info = await replica.command('INFO', 'replication');
  return /role:slave/.test(info) && /master_link_status:up/.test(info);
}
