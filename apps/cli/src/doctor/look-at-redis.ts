import { once } from 'node:events';
import { createConnection } from 'node:net';
import type { CacheConfig } from '#config';
import { type Finding, ok, unavailable } from './finding.js';

const PART = 'redis';
const TIMEOUT_MS = 3_000;

/** Whether the hosts of `REDIS_URL` take connections. Without Redis the cache lives in the process. */
export async function lookAtRedis({ redisUrl }: CacheConfig): Promise<Finding> {
  if (redisUrl === undefined) return ok(PART, 'REDIS_URL is not set: the cache lives in the process.');
  const hosts = hostsOf(redisUrl);
  const silent = (await Promise.all(hosts.map(async (host) => ((await answers(host)) ? [] : [host])))).flat();
  const names = silent.map(({ host, port }) => `${host}:${port}`).join(', ');
  if (silent.length > 0)
    return unavailable(
      PART,
      `${names} can't be reached. Check REDIS_URL, and that the server runs. (Keepsake works without, only slower.)`,
    );
  return ok(PART, `${hosts.length === 1 ? 'The server takes' : 'All servers take'} connections.`);
}

interface Host {
  readonly host: string;
  readonly port: number;
}

/** One host, or several separated by commas; each with a port of its own, where it has one. */
export function hostsOf(redisUrl: string): Host[] {
  const [, protocol = '', authority = ''] = /^(rediss?(?:\+sentinel)?):\/\/(?:[^@/]*@)?([^/?]*)/.exec(redisUrl) ?? [];
  const defaultPort = protocol.endsWith('+sentinel') ? 26_379 : 6_379;
  return authority.split(',').map((address) => {
    // An IPv6 address stands in brackets.
    const [, host = '', port] = /^(\[.*\]|[^:]*)(?::(\d+))?$/.exec(address) ?? [];
    return { host: host.replace(/^\[|\]$/g, ''), port: port === undefined ? defaultPort : Number(port) };
  });
}

async function answers({ host, port }: Host): Promise<boolean> {
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
