import { Redis } from 'ioredis';
import { StoreUnavailableError } from '../shared-store.js';
import { connectionOptions, type RedisTimeouts } from './redis-connection.js';
import { hashTagWithin } from './cluster-slot.js';
import type { RedisAddress, RedisTarget } from './redis-url.js';

/** One server that takes writes. */
export interface TopologyNode {
  readonly id: string;
  readonly address: RedisAddress;
  /** Slots it serves; undefined where there are none. */
  readonly slots: readonly (readonly [number, number])[] | undefined;
  /** Hash tag of the epoch kept on it; undefined outside a Cluster. */
  readonly hashTag: string | undefined;
}

export interface Topology {
  readonly nodes: readonly TopologyNode[];
}

/** Finds the servers that take writes now. Asked before every connection, and again while connected. */
export abstract class TopologyResolver {
  /** @throws StoreUnavailableError where nobody could be asked. */
  abstract resolve(): Promise<Topology>;
  /** Whether the answer can change while a connection stays up. */
  abstract readonly canMove: boolean;
  abstract close(): void;

  static of(target: RedisTarget, timeouts: RedisTimeouts): TopologyResolver {
    switch (target.kind) {
      case 'single':
        return new SingleServer(target.hosts[0] as RedisAddress);
      case 'sentinel':
        return new SentinelSet(target, timeouts);
      case 'cluster':
        return new ClusterNodes(target, timeouts);
    }
  }
}

export function topologyText(topology: Topology): string {
  return topology.nodes.map(({ id, address, slots }) => `${id}@${address.host}:${address.port}=${JSON.stringify(slots)}`).join(';');
}

class SingleServer extends TopologyResolver {
  readonly canMove = false;
  private readonly topology: Topology;

  constructor(address: RedisAddress) {
    super();
    this.topology = { nodes: [{ id: 'single', address, slots: undefined, hashTag: undefined }] };
  }

  async resolve(): Promise<Topology> {
    return this.topology;
  }

  close(): void {}
}

/** Asks one of several seeds, staying with the one that answered last. */
abstract class SeededResolver extends TopologyResolver {
  readonly canMove = true;
  protected seeds: RedisAddress[];
  private current: Redis | undefined;
  private currentSeed: RedisAddress | undefined;

  constructor(
    protected readonly target: RedisTarget,
    private readonly timeouts: RedisTimeouts,
  ) {
    super();
    this.seeds = [...target.hosts];
  }

  async resolve(): Promise<Topology> {
    const problems: string[] = [];
    const order = this.currentSeed === undefined ? this.seeds : [this.currentSeed, ...this.seeds.filter((seed) => seed !== this.currentSeed)];
    for (const seed of order) {
      try {
        return await this.ask(await this.client(seed), seed);
      } catch (error) {
        problems.push(`${seed.host}:${seed.port}: ${(error as Error).message}`);
        this.close();
      }
    }
    throw new StoreUnavailableError(`No node could be asked for the servers that take writes: ${problems.join('; ')}`);
  }

  close(): void {
    this.current?.disconnect();
    (this.current as unknown as { stream?: { destroy?(): void } } | undefined)?.stream?.destroy?.();
    this.current = undefined;
    this.currentSeed = undefined;
  }

  protected abstract ask(client: Redis, seed: RedisAddress): Promise<Topology>;
  protected abstract signIn(): Pick<RedisTarget, 'username' | 'password'>;

  private async client(seed: RedisAddress): Promise<Redis> {
    if (this.current !== undefined && this.currentSeed === seed && this.current.status === 'ready') return this.current;
    this.close();
    const client = new Redis({
      ...connectionOptions({ ...this.target, ...this.signIn(), database: 0 }, seed, this.timeouts),
      commandTimeout: this.timeouts.commandTimeoutMs,
    });
    let reason: Error | undefined;
    client.on('error', (error: Error) => {
      reason = error;
    });
    this.current = client;
    this.currentSeed = seed;
    await client.connect().catch((error: unknown) => {
      throw reason ?? error;
    });
    return client;
  }
}

/** The master of a Sentinel set (https://redis.io/docs/latest/develop/reference/sentinel-clients). */
class SentinelSet extends SeededResolver {
  protected async ask(client: Redis): Promise<Topology> {
    const name = this.target.masterName as string;
    const answer = (await client.call('SENTINEL', 'get-master-addr-by-name', name)) as [string, string] | null;
    if (answer === null) throw new StoreUnavailableError(`the Sentinel knows no set named ${JSON.stringify(name)}`);
    const [host, port] = answer;
    return { nodes: [{ id: `${host}:${port}`, address: { host, port: Number(port) }, slots: undefined, hashTag: undefined }] };
  }

  protected signIn(): Pick<RedisTarget, 'username' | 'password'> {
    return { username: undefined, password: this.target.sentinelPassword };
  }
}

type SlotsReply = [number, number, [string | null, number, string], ...unknown[]][];

/** The masters of a Cluster. */
class ClusterNodes extends SeededResolver {
  protected async ask(client: Redis, seed: RedisAddress): Promise<Topology> {
    const reply = (await client.cluster('SLOTS')) as unknown as SlotsReply;
    const ranges = new Map<string, { address: RedisAddress; slots: [number, number][] }>();
    for (const [first, last, [host, port, id]] of reply) {
      const address = { host: host === null || host === '' || host === '?' ? seed.host : host, port };
      const node = ranges.get(id) ?? { address, slots: [] };
      node.slots.push([first, last]);
      ranges.set(id, node);
    }
    if (ranges.size === 0) throw new StoreUnavailableError('the Cluster serves no slots');
    const nodes = [...ranges].map(([id, { address, slots }]) => ({ id, address, slots, hashTag: hashTagWithin(slots) })).sort((a, b) => (a.id < b.id ? -1 : 1));
    this.seeds = [...nodes.map((node) => node.address), ...this.target.hosts.filter((host) => !nodes.some(({ address }) => address.host === host.host && address.port === host.port))];
    return { nodes };
  }

  protected signIn(): Pick<RedisTarget, 'username' | 'password'> {
    return this.target;
  }
}
