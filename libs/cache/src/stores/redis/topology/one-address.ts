import { Redis } from 'ioredis';
import type { RedisAddress, RedisTarget } from '#config';
import { StoreUnavailableError } from '../../shared-store.js';
import { destroyConnection } from '../destroy-connection.js';
import { connectionOptions, type RedisTimeouts, signInDeadlines } from '../redis-connection.js';
import { parseInfo } from '../server-facts.js';
import { ClusterNodes } from './cluster-nodes.js';
import { type Topology, TopologyResolver } from './topology.js';

/** What was found out holds for so long: a server may be replaced by a Cluster at the same address. */
const ASK_AGAIN_MS = 5_000;

/**
 * One address: a server, or the endpoint of a Cluster, as managed ones have it. Which of them is found out by asking;
 * a Cluster is used as one from then on.
 */
export class OneAddress extends TopologyResolver {
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
