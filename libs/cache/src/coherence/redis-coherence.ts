import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import { messageOf } from '#kernel';
import type { KeySpace } from '../cache-key.js';
import { randomId } from '../random-id.js';
import { hangUp } from '../stores/redis/hang-up.js';
import { connectionOptions, type RedisConnection } from '../stores/redis/redis-connection.js';
import type { RedisStore } from '../stores/redis/redis-store.js';
import { BusReader, busMessage } from './bus.js';
import { Coherence, type CoherenceListener } from './coherence.js';
import { armTracking, INVALIDATE_CHANNEL, trackedKeys } from './tracking.js';

/** One subscriber, and the data connection whose server tells it what changes. */
interface Link {
  readonly data: RedisConnection;
  readonly subscriber: Redis;
  readonly kind: 'tracking' | 'bus';
  /** When the last pings that were answered had been sent: all news from before them has arrived. */
  confirmedMs: number;
}

const PING_MS = 100;
const RETRY_MS = 250;
/** After this a link is made anew. */
const SILENCE_MS = 5_000;

/**
 * News for the local tier from Redis: client tracking in broadcast mode, redirected to a RESP2 subscriber, one link per
 * master. Where the server refuses tracking, a bus that every writer publishes to (not in a Cluster, where a ping says
 * nothing about messages of other nodes).
 *
 * A ping on the link is answered after all news before it, and one on the data connection by a server that still tells
 * what changes: tracking ends with the connection that asked for it. `lagMs` is the age of the last pings that were both
 * answered, so a link that is cut, swallows everything, or has lost its other half stops counting by itself.
 */
export class RedisCoherence extends Coherence {
  private readonly logger = new Logger('Cache');
  private readonly prefixes = new Set<string>();
  private readonly busChannel: string;
  private readonly origin = randomId();
  private sequence = 0;
  private links: Link[] = [];
  private generation = 0;
  private wanted = 0;
  private timer: NodeJS.Timeout | undefined;
  private retry: NodeJS.Timeout | undefined;
  private closed = false;
  private complainedOf = '';

  constructor(
    private readonly store: () => RedisStore,
    private readonly space: KeySpace,
    private readonly listener: CoherenceListener,
  ) {
    super();
    this.busChannel = `${space.namespace}:bus`;
  }

  get kind(): 'tracking' | 'bus' | 'none' {
    return this.links.length === 0 || this.links.length < this.wanted ? 'none' : (this.links[0] as Link).kind;
  }

  lagMs(): number {
    if (this.links.length === 0 || this.links.length < this.wanted) return Number.POSITIVE_INFINITY;
    let oldest = Number.POSITIVE_INFINITY;
    for (const link of this.links) oldest = Math.min(oldest, link.confirmedMs);
    return performance.now() - oldest;
  }

  watch(entryPrefix: string): void {
    if (this.prefixes.has(entryPrefix)) return;
    this.prefixes.add(entryPrefix);
    if (this.store().isOpen) void this.rearm();
  }

  async rearm(): Promise<void> {
    this.drop();
    if (this.prefixes.size === 0 || this.closed || this.store().options.maxConnections < 2) return;
    const generation = ++this.generation;
    const connections = this.store().checkedConnections;
    this.wanted = connections.length;
    // The gate opens without it: until the links stand, every read is validated.
    void Promise.all(connections.map((data) => this.arm(data, generation))).catch((error: unknown) =>
      this.failed(generation, error),
    );
    clearInterval(this.timer);
    this.timer = setInterval(() => this.ping(), PING_MS);
    this.timer.unref();
  }

  async announce(stampKeys: readonly string[] | 'everything'): Promise<void> {
    if (this.prefixes.size === 0) return;
    const message = busMessage(this.origin, ++this.sequence, stampKeys);
    const connection = this.store().checkedConnections[0];
    if (connection === undefined) throw new Error('No connection to publish on.');
    try {
      await connection.check(connection.redis.publish(this.busChannel, message));
    } catch (error) {
      // Who may not publish has peers that may not subscribe: they listen by tracking or not at all.
      if (!(error instanceof Error) || !error.message.startsWith('NOPERM')) throw error;
    }
  }

  close(): void {
    this.closed = true;
    clearInterval(this.timer);
    clearTimeout(this.retry);
    this.drop();
  }

  private drop(): void {
    this.generation++;
    const { links } = this;
    this.links = [];
    for (const { subscriber } of links) dropLink(subscriber);
    this.listener.lost();
  }

  private async arm(data: RedisConnection, generation: number): Promise<void> {
    const { target, options } = this.store();
    const subscriber = new Redis({
      ...connectionOptions(target, data.address, options),
      commandTimeout: 2_000,
      connectionName: 'keepsake-news',
    });
    try {
      subscriber.on('error', () => undefined);
      await subscriber.connect();
      const kind = await this.subscribe(data, subscriber);
      const sentMs = performance.now();
      await subscriber.ping();
      if (generation !== this.generation || data.isClosed) throw new Error('superseded');
      // What was read before the server began to tell may have changed unheard.
      this.listener.lost();
      const link: Link = { data, subscriber, kind, confirmedMs: sentMs };
      subscriber.on('close', () => this.failed(generation, new Error('the link was closed')));
      this.links = [...this.links, link];
    } catch (error) {
      dropLink(subscriber);
      throw error;
    }
  }

  /** Tracking is armed before the subscription: in between, nothing may be missed. */
  private async subscribe(data: RedisConnection, subscriber: Redis): Promise<'tracking' | 'bus'> {
    try {
      const id = await subscriber.client('ID');
      await data.check(armTracking(data.redis, id, [...this.prefixes, this.space.tagPrefix, this.space.epochKey]));
      subscriber.on('messageBuffer', (_channel: Buffer, content: unknown) => {
        const keys = trackedKeys(content);
        if (keys === 'everything' || keys.some((key) => key.startsWith(this.space.epochKey))) this.listener.lost();
        else this.listener.changed(keys);
      });
      await subscriber.subscribe(INVALIDATE_CHANNEL);
      return 'tracking';
    } catch (error) {
      if (!isRefusal(error) || this.wanted > 1) throw error;
      subscriber.removeAllListeners('messageBuffer');
      const reader = new BusReader(this.origin);
      subscriber.on('messageBuffer', (_channel: Buffer, content: Buffer) => {
        const news = reader.read(content.toString('utf8'));
        if (news === 'lost' || news === 'everything') this.listener.lost();
        else this.listener.changed(news);
      });
      await subscriber.subscribe(this.busChannel);
      return 'bus';
    }
  }

  private ping(): void {
    for (const link of this.links) void this.confirm(link);
    if (this.links.length > 0 && this.lagMs() > SILENCE_MS) {
      this.failed(this.generation, new Error('the link does not answer'));
    }
  }

  private async confirm(link: Link): Promise<void> {
    const sentMs = performance.now();
    try {
      await Promise.all([link.subscriber.ping(), link.kind === 'tracking' && link.data.check(link.data.redis.ping())]);
      link.confirmedMs = Math.max(link.confirmedMs, sentMs);
    } catch {
      // The lag grows until the link answers again, or is made anew.
    }
  }

  private failed(generation: number, error: unknown): void {
    if (generation !== this.generation || this.closed) return;
    const reason = messageOf(error);
    if (reason !== this.complainedOf) {
      this.complainedOf = reason;
      this.logger.warn(
        `The news link of the local tier is down (${reason}); every read is validated until it is back.`,
      );
    }
    this.drop();
    clearTimeout(this.retry);
    this.retry = setTimeout(() => {
      if (!this.closed && this.store().isOpen) void this.rearm();
    }, RETRY_MS);
    this.retry.unref();
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof Error && /^(NOPERM|ERR unknown|ERR Unknown)/.test(error.message);
}

function dropLink(subscriber: Redis): void {
  subscriber.removeAllListeners('close');
  hangUp(subscriber);
}
