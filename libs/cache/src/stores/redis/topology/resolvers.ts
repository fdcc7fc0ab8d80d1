import { Redis } from 'ioredis';
import type { RedisAddress, RedisTarget } from '#config';
import { StoreUnavailableError } from '../../shared-store.js';
import { destroyConnection, connectionOptions, type RedisTimeouts, signInDeadlines } from '../redis-connection.js';
import { parseInfo } from '../server-facts.js';
import { hashTagWithin } from '../cluster-slot.js';
import { type Topology, type TopologyNode, TopologyResolver } from './topology.js';
import { NewestView, type View } from './newest-view.js';

/** What was found out holds for so long: a server may be replaced by a Cluster at the same address. */
const ASK_AGAIN_MS = 5_000;

/**
 * One address: a server, or the endpoint of a Cluster, as managed ones have it. Which of them is found out by asking;
 * a Cluster is used as one from then on.
 */
class OneAddress extends TopologyResolver {
  private readonly address: RedisAddress;
  private readonly server: Topology['nodes'];
  private cluster: ClusterNodes | undefined;
  private askedMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly target: RedisTarget,
    private readonly timeouts: RedisTimeouts,
  ) {
    super();
    this.address = target.hosts[0] as RedisAddress;
    this.server = [{ id: 'single', address: this.address, slots: undefined, hashTag: undefined }];
  }

  get canMove(): boolean {
    return this.cluster !== undefined;
  }

  /** @throws StoreUnavailableError where the address can't be asked, or is a Cluster and the URL names a database */
  async resolve(): Promise<Topology> {
    if (this.cluster === undefined && performance.now() - this.askedMs > ASK_AGAIN_MS) {
      const isCluster = await this.isCluster();
      this.askedMs = performance.now();
      if (isCluster && this.target.database !== 0)
        throw new StoreUnavailableError(
          `${this.address.host}:${this.address.port} is a Cluster, which has no database ${this.target.database}: leave it out of REDIS_URL`,
        );
      if (isCluster) this.cluster = new ClusterNodes(this.target, this.timeouts);
    }
    return this.cluster?.resolve() ?? { nodes: this.server, askedMs: performance.now() };
  }

  close(): void {
    this.cluster?.close();
  }

  private async isCluster(): Promise<boolean> {
    const client = new Redis({
      ...connectionOptions({ ...this.target, database: 0 }, this.address, this.timeouts),
      commandTimeout: 4 * this.timeouts.commandTimeoutMs,
    });
    let reason: Error | undefined;
    client.on('error', (error: Error) => {
      reason = error;
    });
    try {
      await signInDeadlines(this.timeouts).within(client.connect());
      return parseInfo(await client.info('cluster')).get('cluster_enabled') === '1';
    } catch (error) {
      // Where an ACL hides it, it is taken for what the URL says.
      if ((error as Error).message.startsWith('NOPERM')) return false;
      throw new StoreUnavailableError(
        `Can't connect to ${this.address.host}:${this.address.port}: ${(reason ?? (error as Error)).message}`,
        { cause: error },
      );
    } finally {
      destroyConnection(client);
    }
  }
}

/** The master of a Sentinel set (https://redis.io/docs/latest/develop/reference/sentinel-clients). */
class SentinelSet extends NewestView {
  protected seeds(): readonly RedisAddress[] {
    return this.target.hosts;
  }

  protected async ask(client: Redis): Promise<View> {
    const name = this.target.masterName as string;
    const [address, fields] = await Promise.all([
      client.call('SENTINEL', 'get-master-addr-by-name', name) as Promise<[string, string] | null>,
      client.call('SENTINEL', 'MASTER', name) as Promise<string[]>,
    ]);
    if (address === null) throw new StoreUnavailableError(`the Sentinel knows no set named ${JSON.stringify(name)}`);
    const [host, port] = address;
    const node = { id: `${host}:${port}`, address: { host, port: Number(port) }, slots: undefined, hashTag: undefined };
    return { nodes: [node], configEpoch: Number(fields[fields.indexOf('config-epoch') + 1]) || 0 };
  }

  protected signIn(): Pick<RedisTarget, 'username' | 'password'> {
    return { username: undefined, password: this.target.sentinelPassword ?? this.target.password };
  }
}

type SlotsReply = [number, number, [string | null, number, string], ...unknown[]][];

/** The masters of a Cluster. */
class ClusterNodes extends NewestView {
  private masters: readonly RedisAddress[] = [];

  protected seeds(): readonly RedisAddress[] {
    const known = new Set(this.masters.map(({ host, port }) => `${host}:${port}`));
    return [...this.masters, ...this.target.hosts.filter(({ host, port }) => !known.has(`${host}:${port}`))];
  }

  protected async ask(client: Redis, seed: RedisAddress): Promise<View> {
    const [info, slots] = await Promise.all([
      client.cluster('INFO'),
      client.cluster('SLOTS') as Promise<unknown> as Promise<SlotsReply>,
    ]);
    const nodes = mastersIn(slots, seed);
    if (nodes.length === 0) throw new StoreUnavailableError('the Cluster serves no slots');
    this.masters = nodes.map(({ address }) => address);
    return { nodes, configEpoch: Number(/cluster_current_epoch:(\d+)/.exec(info)?.[1] ?? 0) };
  }

  protected signIn(): Pick<RedisTarget, 'username' | 'password'> {
    return this.target;
  }
}

/** @param seed who was asked: a node that does not know its own name leaves it out */
function mastersIn(reply: SlotsReply, seed: RedisAddress): TopologyNode[] {
  const ranges = new Map<string, { address: RedisAddress; slots: [number, number][] }>();
  for (const [first, last, [host, port, id]] of reply) {
    const isNameless = host === null || host === '' || host === '?';
    const node = ranges.get(id) ?? { address: { host: isNameless ? seed.host : host, port }, slots: [] };
    node.slots.push([first, last]);
    ranges.set(id, node);
  }
  return [...ranges]
    .map(([id, { address, slots }]) => ({ id, address, slots, hashTag: hashTagWithin(slots) }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

export function resolverFor(target: RedisTarget, timeouts: RedisTimeouts): TopologyResolver {
  switch (target.kind) {
    case 'single':
      return new OneAddress(target, timeouts);
    case 'sentinel':
      return new SentinelSet(target, timeouts);
    case 'cluster':
      return new ClusterNodes(target, timeouts);
  }
}
