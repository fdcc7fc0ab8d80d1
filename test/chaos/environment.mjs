// @ts-check
import { createDatabase } from '#test/setup/test-database.mjs';
import { startPostgres } from '#test/setup/services/postgres.mjs';
import { until } from '#test/setup/services/until.mjs';
import { Actor } from './actor.mjs';
import { ACTORS } from './schedule.mjs';
import { prepareDatabase } from './database.mjs';
import { FaultProxy } from './fault-proxy.mjs';
import { TOPOLOGIES } from './topologies/topology.mjs';
import { Truth } from './truth.mjs';

const RECOVERY_MS = 15_000;

/**
 * Everything a schedule plays on: the source of truth, the servers of the shared tier, the actors, and a proxy between
 * each actor and each server.
 */
export class Environment {
  subject;
  topologyName;
  topology;
  truth;
  /** @type {readonly Actor[]} */
  actors;
  /** By actor. @type {readonly (readonly FaultProxy[])[]} */
  links;
  #clear;

  /**
   * @param {object} parts
   * @param {string} parts.subject
   * @param {string} parts.topologyName
   * @param {import('./topologies/topology.mjs').Topology} parts.topology
   * @param {Truth} parts.truth
   * @param {readonly Actor[]} parts.actors
   * @param {readonly (readonly FaultProxy[])[]} parts.links
   * @param {() => Promise<void>} parts.clear
   */
  constructor({ subject, topologyName, topology, truth, actors, links, clear }) {
    this.subject = subject;
    this.topologyName = topologyName;
    this.topology = topology;
    this.truth = truth;
    this.actors = actors;
    this.links = links;
    this.#clear = clear;
  }

  /**
   * Returns when every actor uses the shared tier again, without having been restarted.
   *
   * @throws {Error} when that takes too long
   */
  async recover() {
    await this.topology.settle();
    await Promise.all(this.actors.map((actor) => this.#recovered(actor)));
  }

  /** Returns when nothing is left to be invalidated. */
  async settle() {
    await Promise.all(
      this.actors.map((actor) =>
        until(() => actor.isSettled(), {
          timeoutMs: RECOVERY_MS,
          everyMs: 10,
          what: `${actor.name} to have nothing left to invalidate`,
        }),
      ),
    );
  }

  /** @param {Actor} actor */
  async #recovered(actor) {
    const attempt = async () => {
      const problem = await actor.problem();
      if (problem !== undefined) throw new Error(problem);
      return true;
    };
    await until(attempt, {
      timeoutMs: RECOVERY_MS,
      everyMs: 10,
      what: `${actor.name} to use the shared tier again`,
    });
  }

  async remove() {
    await Promise.all(this.actors.map((actor) => actor.kill()));
    await Promise.all(this.links.flat().map((proxy) => proxy.close()));
    await this.truth.close();
    await this.#clear();
  }
}

/**
 * @param {{ subject: string, topology: string }} options
 * @returns {Promise<Environment>} on which every actor is ready
 */
export async function buildEnvironment({ subject, topology: topologyName }) {
  const startTopology = TOPOLOGIES[topologyName];
  if (!startTopology) throw new Error(`there is no topology ${topologyName}`);
  const given = process.env['TEST_DATABASE_URL'];
  const postgres = given ? undefined : await startPostgres();
  const database = await createDatabase(given ?? String(postgres?.url), { role: 'chaos' });
  await prepareDatabase(database.url, subject);
  const topology = await (await startTopology()).start();
  const links = await Promise.all(Array.from({ length: ACTORS }, () => openLinks(topology.ports)));
  const actors = links.map((proxies, index) => {
    const ports = Object.fromEntries(topology.ports.map((port, at) => [port, Number(proxies[at]?.port)]));
    const name = String.fromCharCode(65 + index);
    return new Actor(name, {
      subject,
      redisUrl: topology.url,
      databaseUrl: database.url,
      topology: topologyName,
      ports,
    });
  });
  const environment = new Environment({
    subject,
    topologyName,
    topology,
    truth: new Truth(database.url),
    actors,
    links,
    async clear() {
      await topology.remove();
      await database.drop();
      await postgres?.remove();
    },
  });
  try {
    await Promise.all(actors.map((actor) => actor.start()));
    await environment.recover();
  } catch (error) {
    await environment.remove();
    throw error;
  }
  return environment;
}

/** @param {readonly number[]} ports */
async function openLinks(ports) {
  return Promise.all(
    ports.map(async (port) => {
      const proxy = new FaultProxy(port);
      await proxy.listen();
      return proxy;
    }),
  );
}
