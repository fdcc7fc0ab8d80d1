import type { Redis } from 'ioredis';

/** What a server says of itself. */
export interface ServerFacts {
  readonly runId: string | undefined;
  readonly replicationId: string | undefined;
  /** `master` or `slave`; undefined where an ACL hides it. */
  readonly role: string | undefined;
  readonly product: 'redis' | 'valkey';
  readonly version: string;
  readonly isLoading: boolean;
  readonly isCluster: boolean;
  readonly evicts: boolean | undefined;
}

/** @param role as ROLE or INFO says, where one of them is allowed */
export function readFacts(info: string, role: string | undefined): ServerFacts {
  const fields = parseInfo(info);
  return {
    runId: fields.get('run_id'),
    replicationId: fields.get('master_replid'),
    role: role ?? fields.get('role'),
    product: fields.has('valkey_version') || fields.get('server_name') === 'valkey' ? 'valkey' : 'redis',
    version: fields.get('valkey_version') ?? fields.get('redis_version') ?? '',
    isLoading: fields.get('loading') === '1',
    isCluster: fields.get('redis_mode') === 'cluster',
    evicts: fields.has('maxmemory_policy') ? fields.get('maxmemory_policy') !== 'noeviction' : undefined,
  };
}

/**
 * Why this server can't be the shared tier; undefined where it can.
 * @param isKnownCluster whether it was reached as a node of a Cluster
 */
export function refusalOf(facts: ServerFacts, isKnownCluster: boolean): string | undefined {
  if (facts.role !== undefined && facts.role !== 'master') return `the server is a ${facts.role}, not a master`;
  if (facts.isLoading) return 'the server is still loading its data';
  if (facts.isCluster && !isKnownCluster) {
    return 'the server runs in Cluster mode, and was reached as a single one: name several nodes in REDIS_URL, separated by commas';
  }
  if (facts.version !== '' && Number.parseInt(facts.version, 10) < 7) {
    return `the server is ${facts.product} ${facts.version}; the cache needs Redis 7 or Valkey 8, or later, for SET with NX and GET`;
  }
  return undefined;
}

/** What the server does not offer, and what that costs. */
export function missingFeaturesOf(facts: ServerFacts): string[] {
  const missingFeatures: string[] = [];
  if (facts.runId === undefined)
    missingFeatures.push('INFO is not allowed: every reconnect invalidates the whole cache');
  if (facts.evicts === false) {
    missingFeatures.push(
      'maxmemory-policy is noeviction: a full server stops taking new entries (allkeys-lru is better)',
    );
  }
  return missingFeatures;
}

/** Whether SET has the option IFEQ: a fill in one command, without a script. */
export function supportsIfEqual(facts: ServerFacts): boolean {
  return isAtLeast(facts, 'valkey', 8, 1) || isAtLeast(facts, 'redis', 8, 4);
}

function isAtLeast(facts: ServerFacts, product: ServerFacts['product'], major: number, minor: number): boolean {
  if (facts.product !== product) return false;
  const [hasMajor = 0, hasMinor = 0] = facts.version.split('.').map(Number);
  return hasMajor > major || (hasMajor === major && hasMinor >= minor);
}

export function parseInfo(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const line of text.split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 1));
  }
  return fields;
}

/** What one server does, and what it uses of its memory. */
export interface ServerState {
  readonly uptimeSeconds: number;
  /** Connections to it, anybody's. */
  readonly clients: number;
  /** Commands that it has executed in the last second or so, anybody's. */
  readonly operationsPerSecond: number;
  readonly usedBytes: number;
  /** `maxmemory`; undefined where there is no limit. */
  readonly limitBytes: number | undefined;
  /** Keys that were pushed out, anybody's, since the server started. */
  readonly evictions: number;
}

/** A connection on which a question about the server itself may be asked. */
interface AskedServer {
  readonly redis: Pick<Redis, 'info'>;
  check<Reply>(reply: Promise<Reply>): Promise<Reply>;
}

/** Of every server that answers, asked now. Rejects where one does not, or INFO is not allowed. */
export function readServerStates(connections: readonly AskedServer[]): Promise<ServerState[]> {
  return Promise.all(
    connections.map(async (connection) => {
      const info = parseInfo(await connection.check(connection.redis.info()));
      const numberOf = (field: string) => Number(info.get(field) ?? 0);
      const limitBytes = numberOf('maxmemory');
      return {
        uptimeSeconds: numberOf('uptime_in_seconds'),
        clients: numberOf('connected_clients'),
        operationsPerSecond: numberOf('instantaneous_ops_per_sec'),
        usedBytes: numberOf('used_memory'),
        limitBytes: limitBytes === 0 ? undefined : limitBytes,
        evictions: numberOf('evicted_keys'),
      };
    }),
  );
}
