import type { Writable } from 'node:stream';
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { type CacheEngine, Deadlines } from '#cache';
import { type CacheConfig, parseRedisUrl, type RedisTarget } from '#config';
import { CONSUME } from './gcra.js';

/** Longest wait between two tries to connect. */
const RECONNECT_MS = 500;

/** What the limiter sends. The counters of one subject lie in one slot of a Cluster. */
export interface LimiterClient {
  ksConsume(keyCount: number, ...keysAndArguments: (string | number)[]): Promise<number[]>;
  del(...keys: string[]): Promise<number>;
  /** Resolves once the first try to connect has ended, well or not, or has taken too long. */
  connected(): Promise<void>;
  disconnect(): void;
}

/**
 * A client of its own: it fails at once while the server is away, and comes back by itself. A delay of this process is
 * not taken for one of the server.
 */
export function createLimiterClient(url: string, config: Timeouts): LimiterClient {
  const target = parseRedisUrl(url);
  if (target.kind === 'cluster') return prepared(clusterOf(target, config), config);
  const server = serverOf(target, config);
  return target.kind === 'single' ? new OneAddressClient(target, config, server) : prepared(server, config);
}

function prepared(client: Redis | Cluster, config: Timeouts): LimiterClient {
  // Failures are reported by the calls that meet them.
  client.on('error', () => undefined);
  if (client instanceof Redis) reconnectAfterBrokenSignIn(client);
  client.defineCommand('ksConsume', CONSUME);
  const sender = client as unknown as Pick<LimiterClient, 'ksConsume' | 'del'>;
  if (client instanceof Redis) sendTurnsTogether(sender, () => client.stream);
  const deadlines = new Deadlines(config.redisCommandTimeoutMs);
  const connected = new Promise<void>((resolve) => {
    setTimeout(resolve, 2 * config.redisConnectTimeoutMs).unref();
    for (const event of ['ready', 'close', 'end']) client.once(event, () => resolve());
  });
  return {
    ksConsume: (...args) => deadlines.within(sender.ksConsume(...args)),
    del: (...keys) => deadlines.within(sender.del(...keys)),
    connected: () => connected,
    disconnect: () => client.disconnect(),
  };
}

/**
 * ioredis reports a connection that breaks while it signs in first as closed and then as ready; as ready it would never connect
 * again. Its retry is due already, and goes on where the status is what it is.
 */
function reconnectAfterBrokenSignIn(client: Redis): void {
  client.on('ready', () => {
    if (!client.stream.writable) client.status = 'reconnecting';
  });
}

/** One address may be a server or the endpoint of a Cluster: each connection asks, and a Cluster is used as one. */
class OneAddressClient implements LimiterClient {
  private client: LimiterClient;
  private isEnded = false;
  private looking: Promise<void> | undefined;

  constructor(
    private readonly target: RedisTarget,
    private readonly timeouts: Timeouts,
    server: Redis,
  ) {
    this.client = prepared(server, timeouts);
    server.on('ready', () => {
      this.looking = this.look(server);
    });
  }

  ksConsume(keyCount: number, ...keysAndArguments: (string | number)[]): Promise<number[]> {
    return this.client.ksConsume(keyCount, ...keysAndArguments);
  }

  del(...keys: string[]): Promise<number> {
    return this.client.del(...keys);
  }

  async connected(): Promise<void> {
    await this.client.connected();
    await this.looking;
    await this.client.connected();
  }

  disconnect(): void {
    this.isEnded = true;
    this.client.disconnect();
  }

  private async look(server: Redis): Promise<void> {
    // What can't be asked is taken for what the URL says; the next connection asks again.
    const info = await server.info('cluster').catch(() => '');
    if (this.isEnded || !/^cluster_enabled:1\r?$/m.test(info)) return;
    this.client = prepared(clusterOf(this.target, this.timeouts), this.timeouts);
    server.disconnect();
  }
}

/**
 * What the requests of one turn of the event loop ask goes out in one system call: each of its own cost a tenth of a
 * request. They stay single commands, so that a script the server has lost is sent again.
 */
function sendTurnsTogether(
  limiter: Pick<LimiterClient, 'ksConsume'>,
  streamOf: () => Pick<Writable, 'cork' | 'uncork'> | undefined,
): void {
  const consume = limiter.ksConsume.bind(limiter);
  let isHeld = false;
  limiter.ksConsume = (...args) => {
    const stream = isHeld ? undefined : streamOf();
    if (stream !== undefined) {
      isHeld = true;
      stream.cork();
      setImmediate(() => {
        isHeld = false;
        stream.uncork();
      });
    }
    return consume(...args);
  };
}

type Timeouts = Pick<CacheConfig, 'redisCommandTimeoutMs' | 'redisConnectTimeoutMs'>;

const retryIn = (times: number): number => Math.min(RECONNECT_MS, times * 50);

function optionsOf({ username, password, tls }: RedisTarget, timeouts: Timeouts): RedisOptions {
  return {
    username,
    password,
    ...(tls ? { tls: {} } : {}),
    connectTimeout: timeouts.redisConnectTimeoutMs,
    enableOfflineQueue: false,
    // Its answer has no time limit: a server that hangs would be waited for. One that loads refuses commands, which says as much.
    enableReadyCheck: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectionName: 'keepsake-limits',
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
    retryStrategy: retryIn,
  };
}

function serverOf(target: RedisTarget, timeouts: Timeouts): Redis {
  const options = { ...optionsOf(target, timeouts), db: target.database };
  if (target.kind === 'single') return new Redis({ ...options, ...target.hosts[0] });
  return new Redis({
    ...options,
    sentinels: [...target.hosts],
    name: target.masterName,
    sentinelPassword: target.sentinelPassword,
    sentinelRetryStrategy: retryIn,
  });
}

function clusterOf(target: RedisTarget, timeouts: Timeouts): Cluster {
  return new Cluster([...target.hosts], {
    enableOfflineQueue: false,
    clusterRetryStrategy: retryIn,
    slotsRefreshTimeout: timeouts.redisConnectTimeoutMs,
    redisOptions: optionsOf(target, timeouts),
  });
}

type Scripted = Redis & Partial<Pick<LimiterClient, 'ksConsume'>>;

/**
 * Counts over the connections of the cache, for processes that may have no other ones. It fails at once while the cache
 * does without its server. Starting and ending is the cache's.
 */
export function shareCacheConnection(engine: CacheEngine): LimiterClient {
  const command = <Reply>(key: string, send: (redis: Scripted) => Promise<Reply>): Promise<Reply> => {
    const store = engine.redisStore;
    return store === undefined ? Promise.reject(new Error('There is no Redis.')) : store.command(key, send);
  };
  return {
    ksConsume: (keyCount, ...keysAndArguments) =>
      command(String(keysAndArguments[0]), (redis) => consumeOf(redis)(keyCount, ...keysAndArguments)),
    del: async (...keys) => {
      const removed = await Promise.all(keys.map((key) => command(key, (redis) => redis.del(key))));
      return removed.reduce((sum, count) => sum + count, 0);
    },
    connected: () => Promise.resolve(),
    disconnect: () => undefined,
  };
}

/** Each connection learns the script when it is first asked. */
function consumeOf(redis: Scripted): LimiterClient['ksConsume'] {
  if (redis.ksConsume === undefined) redis.defineCommand('ksConsume', CONSUME);
  return (keyCount, ...keysAndArguments) => (redis as Required<Scripted>).ksConsume(keyCount, ...keysAndArguments);
}
