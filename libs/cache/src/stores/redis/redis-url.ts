/** Where a Redis or Valkey is and how to sign in. */
export interface RedisTarget {
  readonly kind: 'single' | 'sentinel' | 'cluster';
  /** The server, the Sentinels, or some nodes of the Cluster. */
  readonly hosts: readonly RedisAddress[];
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly database: number;
  readonly tls: boolean;
  /** Name of the Sentinel set. */
  readonly masterName: string | undefined;
  /** Absent: that of the servers. */
  readonly sentinelPassword: string | undefined;
}

export interface RedisAddress {
  readonly host: string;
  readonly port: number;
}

export class RedisUrlError extends Error {
  override readonly name = 'RedisUrlError';

  constructor(problem: string) {
    super(
      `REDIS_URL ${problem}. Write redis://[user:password@]host:6379[/database], rediss://… for TLS, ` +
        'redis://host1:6379,host2:6379 for a Cluster, or redis+sentinel://[user:password@]host1:26379,host2:26379/name[?sentinelPassword=…] for Sentinel. ' +
        "Percent-encode '@', ':', '/', '?' and '#' inside a password.",
    );
  }
}

const SHAPE = /^(redis|rediss|redis\+sentinel|rediss\+sentinel):\/\/(?:([^@/]*)@)?([^/?#]*)(\/[^?#]*)?(?:\?([^#]*))?$/;

/**
 * Reads a Redis URL. One host is a server, several are nodes of a Cluster.
 * @throws RedisUrlError that says what is wrong and what to write; it never repeats the password.
 */
export function parseRedisUrl(url: string): RedisTarget {
  const match = SHAPE.exec(url.trim());
  if (match === null) throw new RedisUrlError('is not a Redis URL');
  const [, scheme = '', credentials, hostList = '', path, query] = match;
  const sentinel = scheme.endsWith('+sentinel');
  const hosts = hostList.split(',').map((host) => parseAddress(host, sentinel ? 26379 : 6379));
  const kind = sentinel ? 'sentinel' : hosts.length > 1 ? 'cluster' : 'single';
  const { username, password } = parseCredentials(credentials);
  const parameters = new URLSearchParams(query ?? '');
  for (const name of parameters.keys())
    if (name !== 'sentinelPassword') throw new RedisUrlError(`has an unknown parameter ${JSON.stringify(name)}`);

  const segments = (path ?? '').split('/').filter((segment) => segment !== '');
  const masterName = sentinel ? segments.shift() : undefined;
  if (sentinel && masterName === undefined) throw new RedisUrlError('names no Sentinel set');
  const database = parseDatabase(segments.shift());
  if (segments.length > 0) throw new RedisUrlError('has a path that is too long');
  if (kind === 'cluster' && database !== 0) throw new RedisUrlError('names a database, which a Cluster does not have');
  return {
    kind,
    hosts,
    username,
    password,
    database,
    tls: scheme.startsWith('rediss'),
    masterName: masterName === undefined ? undefined : decode(masterName),
    sentinelPassword: parameters.get('sentinelPassword') ?? undefined,
  };
}

function parseAddress(text: string, defaultPort: number): RedisAddress {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]\s]+))(?::(\d{1,5}))?$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  if (host === undefined) throw new RedisUrlError(text === '' ? 'names no host' : 'has a malformed host or port');
  const port = match?.[3] === undefined ? defaultPort : Number(match[3]);
  if (port < 1 || port > 65_535) throw new RedisUrlError(`has a port that does not exist (${port})`);
  return { host, port };
}

function parseCredentials(text: string | undefined): { username: string | undefined; password: string | undefined } {
  if (text === undefined || text === '') return { username: undefined, password: undefined };
  const colon = text.indexOf(':');
  if (colon === -1)
    throw new RedisUrlError('has a user without a password (write user:password@, or :password@ for the default user)');
  const username = decode(text.slice(0, colon));
  return { username: username === '' ? undefined : username, password: decode(text.slice(colon + 1)) };
}

function parseDatabase(text: string | undefined): number {
  if (text === undefined) return 0;
  if (!/^\d{1,4}$/.test(text)) throw new RedisUrlError(`has a database that is not a number (${JSON.stringify(text)})`);
  return Number(text);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new RedisUrlError('has a malformed percent-encoding');
  }
}
