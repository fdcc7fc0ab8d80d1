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

/** What to write, shown wherever a URL is refused. */
export const REDIS_URL_FORMS =
  'write redis://[user:password@]host:6379[/database], rediss:// for TLS, redis://host1:6379,host2:6379 for a Cluster, ' +
  'or redis+sentinel://[user:password@]host1:26379,host2:26379/name[?sentinelPassword=…] for Sentinel; ' +
  'percent-encode @ : / ? # and % inside a password; leave it out to run without Redis';

/** The problem is reported without the password, and completes the sentence "This one …". */
export class RedisUrlError extends Error {
  override readonly name = 'RedisUrlError';

  constructor(readonly problem: string) {
    super(`REDIS_URL ${problem}: ${REDIS_URL_FORMS}`);
  }
}

const SHAPE = /^(rediss?(?:\+sentinel)?):\/\/(?:([^@/?#\s]*)@)?([^@/?#\s]*)(?:\/([^?#\s]*))?(?:\?([^#\s]*))?$/;

/**
 * Reads a Redis URL. One host is a server, several are nodes of a Cluster. What it takes, it takes as a whole: an
 * unknown part is refused, never left out.
 * @throws RedisUrlError that says what is wrong and what to write; it never repeats the password.
 */
export function parseRedisUrl(url: string): RedisTarget {
  const match = SHAPE.exec(url.trim());
  if (match === null) throw new RedisUrlError('is not a Redis URL');
  const [, scheme = '', credentials, hostList = '', path = '', query] = match;
  const sentinel = scheme.endsWith('+sentinel');
  const hosts = hostList.split(',').map((host) => parseAddress(host, sentinel ? 26_379 : 6_379));
  const kind = sentinel ? 'sentinel' : hosts.length > 1 ? 'cluster' : 'single';
  // What looks like a host may be the beginning of a password.
  if (path.includes('@')) throw new RedisUrlError('has an @ behind a slash');
  const sentinelPassword = parseSentinelPassword(query);
  if (sentinelPassword !== undefined && !sentinel) throw new RedisUrlError('has a sentinelPassword, but no Sentinels');
  const { masterName, database } = sentinel
    ? parseSentinelPath(path)
    : { masterName: undefined, database: parseDatabase(path) };
  if (kind === 'cluster' && !['', '0'].includes(path))
    throw new RedisUrlError('names a database, which a Cluster does not have');
  return {
    kind,
    hosts,
    ...parseCredentials(credentials),
    database,
    tls: scheme.startsWith('rediss'),
    masterName,
    sentinelPassword,
  };
}

function parseAddress(text: string, defaultPort: number): RedisAddress {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  if (host === undefined) throw new RedisUrlError(text === '' ? 'names no host' : 'has a malformed host or port');
  const port = match?.[3] === undefined ? defaultPort : Number(match[3]);
  if (port < 1 || port > 65_535) throw new RedisUrlError('has a port that does not exist');
  return { host, port };
}

function parseCredentials(text: string | undefined): Pick<RedisTarget, 'username' | 'password'> {
  if (text === undefined || text === '') return { username: undefined, password: undefined };
  const colon = text.indexOf(':');
  if (colon === -1)
    throw new RedisUrlError('has a user without a password (write user:password@, or :password@ for the default user)');
  const username = decode(text.slice(0, colon));
  return { username: username === '' ? undefined : username, password: decode(text.slice(colon + 1)) };
}

/** `name` or `name/database`. */
function parseSentinelPath(path: string): { masterName: string; database: number } {
  const slash = path.indexOf('/');
  const name = slash === -1 ? path : path.slice(0, slash);
  if (name === '') throw new RedisUrlError('names no Sentinel set');
  // An empty database is one that was forgotten: `name/`.
  if (slash === path.length - 1) throw new RedisUrlError('ends with a slash where a database was expected');
  return { masterName: decode(name), database: slash === -1 ? 0 : parseDatabase(path.slice(slash + 1)) };
}

function parseDatabase(text: string): number {
  if (text === '') return 0;
  if (!/^\d{1,4}$/.test(text)) throw new RedisUrlError('has a database that is not a number of at most four digits');
  return Number(text);
}

/** Percent-decoded as all else is: a plus sign is one, not a space. */
function parseSentinelPassword(query: string | undefined): string | undefined {
  if (query === undefined) return undefined;
  const value = /^sentinelPassword=([^&]+)$/.exec(query)?.[1];
  if (value === undefined)
    throw new RedisUrlError('has parameters; sentinelPassword is the only one, once and not empty');
  return decode(value);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new RedisUrlError('has a malformed percent-encoding');
  }
}
