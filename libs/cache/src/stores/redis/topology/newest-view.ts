import { endedWithin } from '../../../ended-within.js';
import { Redis } from 'ioredis';
import type { RedisAddress, RedisTarget } from '#config';
import { StoreUnavailableError } from '../../shared-store.js';
import type { Deadlines } from '../deadlines.js';
import { destroyConnection, connectionOptions, type RedisTimeouts, signInDeadlines } from '../redis-connection.js';
import { type Topology, TopologyResolver } from './topology.js';

/** What one of those asked knows. */
export interface View {
  readonly nodes: Topology['nodes'];
  /** Of the configuration that it reports: a change of the masters raises it. */
  readonly configEpoch: number;
}

/**
 * Asks all who know the topology at once and believes the newest configuration: one that was paused or cut off reports an
 * old one for a while. Who has not answered after two command timeouts is not waited for once another has.
 */
export abstract class NewestView extends TopologyResolver {
  readonly canMove = true;
  private readonly clients = new Map<string, Redis>();
  private readonly timeout: Deadlines;
  private resolving: Promise<Topology> | undefined;
  private isEnded = false;

  constructor(
    protected readonly target: RedisTarget,
    private readonly timeouts: RedisTimeouts,
  ) {
    super();
    this.timeout = signInDeadlines(timeouts);
  }

  /** One round of questions at a time, shared by those who ask meanwhile. */
  resolve(): Promise<Topology> {
    this.resolving ??= this.askAll().finally(() => {
      this.resolving = undefined;
    });
    return this.resolving;
  }

  private async askAll(): Promise<Topology> {
    const askedMs = performance.now();
    const views: View[] = [];
    const problems: string[] = [];
    const asked = this.seeds().map(async (seed) => {
      try {
        views.push(await this.ask(await this.clientFor(seed), seed));
      } catch (error) {
        problems.push(`${seed.host}:${seed.port}: ${(error as Error).message}`);
      }
    });
    const all = Promise.all(asked);
    await endedWithin(all, 2 * this.timeouts.commandTimeoutMs);
    if (views.length === 0) await all;
    const newest = views.reduce<View | undefined>(
      (best, view) => (best === undefined || view.configEpoch > best.configEpoch ? view : best),
      undefined,
    );
    if (newest !== undefined) return { nodes: newest.nodes, askedMs };
    throw new StoreUnavailableError(`No node could be asked for the servers that take writes: ${problems.join('; ')}`);
  }

  close(): void {
    this.isEnded = true;
    for (const client of this.clients.values()) destroyConnection(client);
    this.clients.clear();
  }

  /** Whom to ask. */
  protected abstract seeds(): readonly RedisAddress[];
  protected abstract ask(client: Redis, seed: RedisAddress): Promise<View>;
  protected abstract signIn(): Pick<RedisTarget, 'username' | 'password'>;

  private async clientFor(seed: RedisAddress): Promise<Redis> {
    const key = `${seed.host}:${seed.port}`;
    const present = this.clients.get(key);
    if (present !== undefined) return present;
    const client = new Redis({
      ...connectionOptions({ ...this.target, ...this.signIn(), database: 0 }, seed, this.timeouts),
      commandTimeout: this.timeouts.commandTimeoutMs,
    });
    let reason: Error | undefined;
    let isClosed = false;
    client.on('error', (error: Error) => {
      reason = error;
    });
    // The client's own status can't be asked: one that is closed while it signs in calls itself ready afterwards.
    client.on('close', () => {
      isClosed = true;
      if (this.clients.get(key) === client) this.clients.delete(key);
    });
    try {
      await this.timeout.within(client.connect());
      if (isClosed || this.isEnded) throw new StoreUnavailableError('The connection was closed at once.');
      this.clients.set(key, client);
    } catch (error) {
      destroyConnection(client);
      throw reason ?? error;
    }
    return client;
  }
}
