// @ts-check
import { randomBytes } from 'node:crypto';
import { choosePlace } from './choose-place.mjs';
import { freePorts } from './free-port.mjs';
import { isInStep } from './redis-cluster.mjs';
import { startRedis } from './redis.mjs';
import { until } from './until.mjs';

const SENTINELS = 3;
const QUORUM = 2;

/** @typedef {import('./redis.mjs').RedisServer} RedisServer */

/**
 * @typedef {object} SentinelSet
 * @property {string} name under which the Sentinels know the primary
 * @property {readonly RedisServer[]} servers the first is the primary at the start
 * @property {readonly RedisServer[]} sentinels
 * @property {string} password of the servers and the Sentinels
 * @property {string} url as REDIS_URL names a Sentinel set
 * @property {() => Promise<RedisServer>} primary the one that the Sentinels agree on now
 * @property {() => Promise<void>} failOver has a replica take over, and returns when the Sentinels agree on it
 * @property {() => Promise<void>} remove
 */

/**
 * One primary, its replicas, and three Sentinels that elect a new primary when it has been away for a second.
 *
 * @param {{ replicas?: number, config?: import('./redis.mjs').RedisConfig,
 *   place?: import('./places/place.mjs').Place }} [options] `config` is the servers', not the Sentinels'
 * @returns {Promise<SentinelSet>} in which all know each other and the replicas are in step
 */
export async function startSentinelSet({ replicas = 1, config = {}, place } = {}) {
  const chosen = place ?? (await choosePlace('redis'));
  const serverPorts = await freePorts(1 + replicas);
  const sentinelPorts = await freePorts(SENTINELS);
  const network = await chosen.openNetwork([...serverPorts, ...sentinelPorts]);
  const password = randomBytes(12).toString('hex');
  const name = 'keepsake';
  const [primaryPort] = serverPorts;
  const common = { place: chosen, network, password };
  const servers = await Promise.all(
    serverPorts.map((port) => {
      const follow = port === primaryPort ? {} : { replicaof: `127.0.0.1 ${primaryPort}` };
      const announce = { 'replica-announce-ip': '127.0.0.1', 'replica-announce-port': port };
      const quickly = { 'repl-diskless-sync-delay': 0 };
      return startRedis({ ...common, port, config: { ...announce, ...quickly, ...follow, ...config } });
    }),
  );
  // Sentinels ask only every ten seconds who follows whom: when they first ask, it is so already.
  await Promise.all(servers.slice(1).map((replica) => until(() => isInStep(replica), { what: 'the replicas' })));
  const sentinels = await Promise.all(
    sentinelPorts.map((port) =>
      startRedis({
        ...common,
        port,
        sentinel: true,
        config: {
          'sentinel announce-ip': '127.0.0.1',
          'sentinel announce-port': port,
          'sentinel monitor': `${name} 127.0.0.1 ${primaryPort} ${QUORUM}`,
          'sentinel auth-pass': `${name} ${password}`,
          'sentinel sentinel-pass': password,
          'sentinel down-after-milliseconds': `${name} 1000`,
          'sentinel failover-timeout': `${name} 5000`,
        },
      }),
    ),
  );
  const hosts = sentinels.map((sentinel) => `${sentinel.host}:${sentinel.port}`).join(',');
  const set = {
    name,
    servers,
    sentinels,
    password,
    url: `redis+sentinel://:${password}@${hosts}/${name}`,
    primary: () => agreedPrimary(name, servers, sentinels),
    async failOver() {
      const before = await agreedPrimary(name, servers, sentinels);
      const sentinel = /** @type {RedisServer} */ (sentinels[0]);
      // A Sentinel gives one up when the replica is slow to take over, and begins none while it is unsure of the time.
      const orderAgain = async () => {
        if ((await agreedPrimary(name, servers, sentinels)) !== before) return true;
        await sentinel.command('SENTINEL', 'FAILOVER', name).catch(tolerateNotNow);
        return false;
      };
      await until(orderAgain, { timeoutMs: 90_000, everyMs: 250, what: 'the failover' });
    },
    async remove() {
      await Promise.all([...sentinels, ...servers].map((server) => server.remove()));
      await network.close();
    },
  };
  try {
    await settle(set);
  } catch (error) {
    await set.remove();
    throw error;
  }
  return set;
}

/** @param {SentinelSet} set */
async function settle({ name, servers, sentinels }) {
  await Promise.all(
    sentinels.map((sentinel) =>
      until(
        async () => {
          const others = await sentinel.command('SENTINEL', 'SENTINELS', name);
          const replicas = await sentinel.command('SENTINEL', 'REPLICAS', name);
          const ready = replicas.filter((/** @type {string[]} */ one) => fieldOf(one, 'master-link-status') === 'ok');
          return others.length === sentinels.length - 1 && ready.length === servers.length - 1;
        },
        { timeoutMs: 30_000, what: 'the Sentinels to know each other' },
      ),
    ),
  );
}

/** @param {unknown} error of an ordered failover: one is under way already, or no replica is fit at this moment */
function tolerateNotNow(error) {
  if (!(error instanceof Error && /^(INPROG|NOGOODSLAVE)/.test(error.message))) throw error;
}

/**
 * @param {readonly string[]} flat names and values by turns, as a Sentinel answers
 * @param {string} name
 */
function fieldOf(flat, name) {
  return flat[flat.indexOf(name) + 1];
}

/**
 * @param {string} name
 * @param {readonly RedisServer[]} servers
 * @param {readonly RedisServer[]} sentinels
 * @returns {Promise<RedisServer>}
 */
async function agreedPrimary(name, servers, sentinels) {
  const port = await until(
    async () => {
      const running = sentinels.filter((sentinel) => sentinel.pid !== undefined);
      const answers = await Promise.all(
        running.map((sentinel) => sentinel.command('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name)),
      );
      const ports = new Set(answers.map((answer) => Number(answer[1])));
      return ports.size === 1 && [...ports][0];
    },
    { timeoutMs: 30_000, what: 'the Sentinels to agree on a primary' },
  );
  const primary = servers.find((server) => server.port === port);
  if (!primary) throw new Error(`the Sentinels name port ${port}, which is none of the set's servers`);
  return primary;
}
