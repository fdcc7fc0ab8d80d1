import type { Writable } from 'node:stream';
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { type CacheConfig, parseRedisUrl, type RedisTarget } from '#config';
import { CONSUME } from './gcra-script.js';

/** Longest wait between two tries to connect. */
const RECONNECT_MS = 500;

/** What the limiter sends. The counters of one subject lie in one slot of a Cluster. */
export interface LimiterClient {
  ksConsume(keyCount: number, ...keysAndArguments: (string | number)[]): Promise<number[]>;
  del(...keys: string[]): Promise<number>;
  disconnect(): void;
}

/** A client of its own: it fails at once while the server is away, and comes back by itself. */
export function createLimiterClient(
  url: string,
  config: Pick<CacheConfig, 'redisCommandTimeoutMs' | 'redisConnectTimeoutMs'>,
): LimiterClient {
  const target = parseRedisUrl(url);
  const client = target.kind === 'cluster' ? clusterOf(target, config) : serverOf(target, config);
  // Failures are told by the calls that meet them.
  client.on('error', () => undefined);
  client.defineCommand('ksConsume', CONSUME);
  const limiter = client as unknown as LimiterClient;
  if (client instanceof Redis) sendTurnsTogether(limiter, () => client.stream);
  return limiter;
}

/**
 * What the requests of one turn of the event loop ask goes out in one system call: each of its own cost a tenth of a
 * request. They stay single commands, so that a script the server has lost is sent again.
 */
function sendTurnsTogether(
  limiter: LimiterClient,
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
    commandTimeout: timeouts.redisCommandTimeoutMs,
    connectTimeout: timeouts.redisConnectTimeoutMs,
    enableOfflineQueue: false,
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
