import { once } from 'node:events';
import { createConnection } from 'node:net';
import { type CacheConfig, parseRedisUrl, type RedisAddress } from '#config';
import { type Finding, ok, unavailable } from './finding.js';

const PART = 'redis';
const TIMEOUT_MS = 3_000;

/** Whether the hosts of `REDIS_URL` take connections. Without Redis the cache lives in the process. */
export async function lookAtRedis({ redisUrl }: CacheConfig): Promise<Finding> {
  if (redisUrl === undefined) return ok(PART, 'REDIS_URL is not set: the cache lives in the process.');
  const { hosts } = parseRedisUrl(redisUrl);
  const silent = (await Promise.all(hosts.map(async (host) => ((await answers(host)) ? [] : [host])))).flat();
  const names = silent.map(({ host, port }) => `${host}:${port}`).join(', ');
  if (silent.length > 0)
    return unavailable(
      PART,
      `${names} can't be reached. Check REDIS_URL, and that the server runs. (Keepsake works without, only slower.)`,
    );
  return ok(PART, `${hosts.length === 1 ? 'The server takes' : 'All servers take'} connections.`);
}

async function answers({ host, port }: RedisAddress): Promise<boolean> {
  const socket = createConnection({ host, port });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(TIMEOUT_MS) });
    return true;
  } catch {
    return false;
  } finally {
    // What comes after the answer is of no interest.
    socket.on('error', () => undefined).destroy();
  }
}
