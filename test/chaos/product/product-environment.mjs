// @ts-check
import pg from 'pg';
import { freePorts } from '#test/setup/services/free-port.mjs';
import { startPostgres } from '#test/setup/services/postgres.mjs';
import { until } from '#test/setup/services/until.mjs';
import { prepareDatabase } from '#test/chaos/database.mjs';
import { monotonicMs } from '#test/chaos/monotonic.mjs';
import { FaultProxy } from '#test/chaos/fault-proxy.mjs';
import { TOPOLOGIES } from '#test/chaos/topologies/topology.mjs';
import { buildWithout } from './controls/built-without.mjs';
import { HeldRows } from './held-rows.mjs';
import { Starvation } from './starvation.mjs';
import { ProductProcess } from './product-process.mjs';

const RECOVERY_MS = 20_000;
/** What a database that was unavailable still costs its clients when it is back: they have to connect again. */
const RECONNECT_MS = 10_000;
/** A machine with eight processes of a schedule on two cores reads its answers late; Redis is not unavailable for that. */
const COMMAND_TIMEOUT_MS = 300;
export const JWT_SECRET = 'chaos'.repeat(10);
const OPERATOR_KEY = `ks_test_${'chaos'.repeat(10)}`;

/** Two servers go ahead of the true time and behind it, the worker has it. */
const CLOCKS_MS = [20_000, -20_000, 0];
const NAMES = ['A', 'B', 'worker'];

/**
 * Everything that a schedule of the product runs on: a PostgreSQL, the servers of Redis, two servers of the product
 * and a worker, and a proxy between each of these processes and each server.
 */
export class ProductEnvironment {
  topologyName;
  topology;
  processes;
  operatorKey = OPERATOR_KEY;
  starvation = new Starvation(() => [
    process.pid,
    ...this.servers.flatMap(({ isRunning, pid }) => (isRunning ? [pid] : [])),
  ]);
  #postgres;
  #databaseUrl;
  /** @type {pg.Client | undefined} */
  #sql;

  /**
   * @param {object} parts
   * @param {string} parts.topologyName
   * @param {import('#test/chaos/topologies/topology.mjs').Topology} parts.topology
   * @param {import('#test/setup/services/postgres.mjs').PostgresServer} parts.postgres
   * @param {string} parts.databaseUrl
   * @param {readonly ProductProcess[]} parts.processes the servers first
   */
  constructor({ topologyName, topology, postgres, databaseUrl, processes }) {
    this.topologyName = topologyName;
    this.topology = topology;
    this.processes = processes;
    this.#postgres = postgres;
    this.#databaseUrl = databaseUrl;
  }

  /** @returns {Readonly<Record<string, import('#test/chaos/topologies/topology.mjs').ServerFault>>} what can happen to the servers */
  get serverFaults() {
    const { faults, returnOfPrimary } = this.topology;
    return returnOfPrimary === undefined ? faults : { ...faults, 'primary-returns': returnOfPrimary };
  }

  /** The processes that take requests. */
  get servers() {
    return this.processes.slice(0, 2);
  }

  /** Of commands: the database alone, as whoever has forgotten REDIS_URL runs them. */
  get commandEnv() {
    return {
      PATH: process.env['PATH'],
      DATABASE_URL: this.#databaseUrl,
      KEEPSAKE_BOOTSTRAP_KEY: OPERATOR_KEY,
      LOG_LEVEL: 'error',
    };
  }

  /** @param {number} index */
  process(index) {
    return /** @type {ProductProcess} */ (this.processes[index]);
  }

  /**
   * Asks the database itself, past every proxy.
   *
   * @param {string} statement
   * @param {unknown[]} [parameters]
   * @returns {Promise<any[]>}
   */
  async query(statement, parameters) {
    if (this.#sql === undefined) {
      const client = new pg.Client({ connectionString: this.#databaseUrl });
      client.on('error', () => (this.#sql = undefined));
      await client.connect();
      this.#sql = client;
    }
    const { rows } = await this.#sql.query(statement, parameters);
    return rows;
  }

  /**
   * @param {string} workspaceId
   * @returns {Promise<HeldRows>}
   */
  holdRows(workspaceId) {
    return HeldRows.begin(this.#databaseUrl, workspaceId);
  }

  /** @param {string} workspaceId */
  async hasDefaultProject(workspaceId) {
    const found = `SELECT 1 FROM projects WHERE workspace_id = $1 AND slug = 'default'`;
    return (await this.query(found, [workspaceId])).length > 0;
  }

  async restartDatabase() {
    const span = { fromMs: monotonicMs(), toMs: Number.POSITIVE_INFINITY };
    for (const each of this.processes) each.databaseFaults.push(span);
    await this.#sql?.end().catch(() => undefined);
    this.#sql = undefined;
    await this.#postgres.kill();
    await this.#postgres.start();
    span.toMs = monotonicMs() + RECONNECT_MS;
  }

  /**
   * Disturbs the way of a process to the database.
   *
   * @param {ProductProcess} victim
   * @param {import('#test/chaos/fault-proxy.mjs').LinkFault} fault
   * @returns {() => void} ends it
   */
  disturbDatabase(victim, fault) {
    const span = { fromMs: monotonicMs(), toMs: Number.POSITIVE_INFINITY };
    victim.databaseFaults.push(span);
    victim.databaseLink.impose(fault);
    return () => {
      victim.databaseLink.heal();
      span.toMs = monotonicMs() + RECONNECT_MS;
    };
  }

  /** Returns when every process runs, answers, uses the shared tier, and nothing is left to be invalidated. */
  async recover() {
    await this.topology.settle();
    await Promise.all(this.processes.filter((each) => !each.isRunning).map((each) => each.start()));
    await Promise.all(this.servers.map((server) => this.#recovered(server)));
    const isSettled = async () => (await this.query('SELECT 1 FROM cache_invalidations LIMIT 1')).length === 0;
    await until(isSettled, { timeoutMs: RECOVERY_MS, everyMs: 10, what: 'nothing to be left to invalidate' });
  }

  /** @param {ProductProcess} server */
  async #recovered(server) {
    const isUp = async () => {
      const { status, body } = await server.http.send({
        method: 'GET',
        path: '/health',
        headers: { authorization: `Bearer ${this.operatorKey}` },
      });
      if (status === 200 && body.parts.cache.status === 'up' && body.parts.database.status === 'up') return true;
      throw new Error(JSON.stringify(body));
    };
    const what = `${server.name} to use the shared tier again`;
    await until(isUp, { timeoutMs: RECOVERY_MS, everyMs: 20, what });
  }

  async remove() {
    this.starvation.stop();
    await Promise.all(this.processes.map((each) => each.kill()));
    await this.#sql?.end().catch(() => undefined);
    const links = this.processes.flatMap(({ cacheLinks, databaseLink }) => [...cacheLinks, databaseLink]);
    await Promise.all(links.map((link) => link.close()));
    await this.topology.remove();
    await this.#postgres.remove();
  }
}

/**
 * @param {{ topology: string, control?: string }} options `control`: the address of a module that takes a mend out
 * @returns {Promise<ProductEnvironment>} on which every process is ready
 */
export async function buildEnvironment({ topology: topologyName, control }) {
  const startTopology = TOPOLOGIES[topologyName];
  if (!startTopology) throw new Error(`there is no topology ${topologyName}`);
  // Of its own: it is killed and restarted, and keeps what it has committed as long as the machine runs.
  const postgres = await startPostgres({ settings: { synchronous_commit: 'on' } });
  await prepareDatabase(postgres.url, 'keepsake');
  const program = control === undefined ? undefined : await buildWithout(control);
  const topology = await (await startTopology()).start();
  const ports = await freePorts(NAMES.length);
  const processes = await Promise.all(
    NAMES.map(async (name, index) => {
      const [databaseLink, ...cacheLinks] = await Promise.all([postgres.port, ...topology.ports].map(openLink));
      const links = [/** @type {FaultProxy} */ (databaseLink), ...cacheLinks];
      return new ProductProcess(name, {
        command: name === 'worker' ? 'worker' : 'serve',
        port: Number(ports[index]),
        env: {
          DATABASE_URL: postgres.url,
          REDIS_URL: topology.url,
          REDIS_SOCKET_TIMEOUT: String(COMMAND_TIMEOUT_MS),
          DATABASE_MIGRATE: 'false',
          KEEPSAKE_BOOTSTRAP_KEY: OPERATOR_KEY,
          JWT_SECRET,
          DATABASE_CONNECT_TIMEOUT_MS: '20000',
          EMBEDDING_PROVIDER: 'local',
          RATE_LIMIT_ENABLED: 'false',
          LOG_LEVEL: 'error',
          WORKER_ENABLED: name === 'worker' ? 'true' : 'false',
          ...(name === 'worker' ? { WORKER_METRICS_PORT: String(ports[index]) } : {}),
        },
        ports: Object.fromEntries(
          [postgres.port, ...topology.ports].map((port, at) => [port, Number(links[at]?.port)]),
        ),
        cacheLinks,
        databaseLink: /** @type {FaultProxy} */ (databaseLink),
        clockOffsetMs: CLOCKS_MS[index] ?? 0,
        program,
      });
    }),
  );
  const environment = new ProductEnvironment({
    topologyName,
    topology,
    postgres,
    databaseUrl: postgres.url,
    processes,
  });
  try {
    await Promise.all(processes.map((each) => each.start()));
    await environment.recover();
  } catch (error) {
    await environment.remove();
    throw error;
  }
  return environment;
}

/** @param {number} port */
async function openLink(port) {
  const proxy = new FaultProxy(port);
  await proxy.listen();
  return proxy;
}
