import { isIP } from 'node:net';
import { Redis, type RedisOptions } from 'ioredis';
import type { RedisAddress, RedisTarget } from '#config';
import { HIDDEN_IDENTITY, judgeEpoch, newEpoch } from '../../protocol/epoch.js';
import { StoreUnavailableError } from '../shared-store.js';
import { Deadlines } from './deadlines.js';
import { scripts } from './redis-scripts.js';
import { readFacts, type ServerFacts } from './server-facts.js';

export interface RedisTimeouts {
  /** How long one command is waited for. A late one may still take effect. */
  readonly commandTimeoutMs: number;
  readonly connectTimeoutMs: number;
}

type ScriptName = keyof typeof scripts;
type ScriptRunner = Redis & Record<ScriptName, (...args: (string | number | Buffer)[]) => Promise<unknown>>;

/** No epoch starts with it. */
const NO_EPOCH = '*';

/** Errors that say the server can't do its work at all, as opposed to this one command. */
const UNFIT = /^(READONLY|MISCONF|NOREPLICAS|LOADING|MASTERDOWN|CLUSTERDOWN|NOAUTH|WRONGPASS|MOVED|UNKILLABLE)\b/;

/**
 * One connection to one server. It never reconnects: what was sent on it was answered by the server that was checked on
 * it, or not at all. Recovery makes a new one.
 */
export class RedisConnection {
  readonly redis: ScriptRunner;
  /** When the last command was sent that the server has answered, on the monotonic clock. */
  lastReplyMs = performance.now();
  epochKey = '';
  /** The epoch accepted on this connection; null until the gate, and while it is missing. */
  epoch: string | null = null;
  identity = '';
  hasReplacedEpoch = false;
  private closed = false;
  private lastError: Error | undefined;
  /** For questions about the server itself: patient, but never for ever. */
  private readonly checks: Deadlines;
  private readonly timeout: Deadlines;

  constructor(
    readonly address: RedisAddress,
    target: RedisTarget,
    timeouts: RedisTimeouts,
    private readonly onClose: (connection: RedisConnection) => void,
  ) {
    this.checks = new Deadlines(4 * timeouts.commandTimeoutMs);
    this.timeout = signInDeadlines(timeouts);
    this.redis = new Redis({ ...connectionOptions(target, address, timeouts), scripts }) as ScriptRunner;
    this.redis.on('error', (error: Error) => {
      this.lastError = error;
    });
    this.redis.on('close', () => this.ended());
    this.redis.on('end', () => this.ended());
  }

  get isClosed(): boolean {
    return this.closed;
  }

  async connect(): Promise<void> {
    try {
      await this.timeout.within(this.redis.connect());
    } catch (error) {
      this.close();
      throw new StoreUnavailableError(
        `Can't connect to ${this.address.host}:${this.address.port}: ${(this.lastError ?? (error as Error)).message}`,
        { cause: this.lastError ?? error },
      );
    }
    this.lastReplyMs = performance.now();
  }

  /** Why nothing can be asked, where the connection itself reported it: a command only says that there is none. */
  explain(error: unknown): unknown {
    if (this.lastError === undefined || isReply(error)) return error;
    return new StoreUnavailableError(this.lastError.message, { cause: error });
  }

  /** Drops the connection at once; commands under way are rejected. */
  close(): void {
    destroyConnection(this.redis);
    this.ended();
  }

  /** The reply to a question about the server itself, which is waited for four times as long as a command of a read. */
  check<Reply>(reply: Promise<Reply>): Promise<Reply> {
    return this.checks.within(reply);
  }

  /** A reply to what was sent at `sentMs`: the server was there then or later. */
  noteReply(sentMs: number): void {
    if (sentMs > this.lastReplyMs) this.lastReplyMs = sentMs;
  }

  /** Asks who answers: INFO and ROLE, where they are allowed. */
  async inspect(): Promise<ServerFacts> {
    const [role, info] = await Promise.all([this.allowed(this.redis.role()), this.allowed(this.redis.info())]);
    return readFacts(info ?? '', Array.isArray(role) ? String(role[0]) : undefined);
  }

  /** Whether an epoch of this very server is there already. */
  async hasOwnEpoch(): Promise<boolean> {
    const found = await this.check(this.redis.get(this.epochKey));
    return judgeEpoch(found, this.identity, this.hasReplacedEpoch) === 'accept';
  }

  /**
   * Accepts the epoch of this very server, or replaces it. Leaves none where the server is too full to store one.
   * @param renew replaces it in any case: another server was asked in between
   */
  async settleEpoch(renew: boolean): Promise<void> {
    const found = await this.check(this.redis.get(this.epochKey));
    if (!renew && judgeEpoch(found, this.identity, this.hasReplacedEpoch) === 'accept') {
      this.epoch = found;
      return;
    }
    this.epoch = null;
    const keep = renew || this.identity === HIDDEN_IDENTITY ? NO_EPOCH : `${this.identity}.`;
    await this.check(this.redis.ksDropForeignEpoch(this.epochKey, keep));
    try {
      this.epoch = await this.makeEpoch();
    } catch (error) {
      if (!isFull(error)) throw error;
    }
  }

  /** The current epoch, made where it is missing. */
  async makeEpoch(): Promise<string> {
    const made = newEpoch(this.identity);
    const found = await this.check(this.redis.set(this.epochKey, made, 'NX', 'GET'));
    this.hasReplacedEpoch = true;
    const epoch = found ?? made;
    if (judgeEpoch(epoch, this.identity, true) !== 'accept')
      throw new StoreUnavailableError('The epoch belongs to another server.');
    this.epoch = epoch;
    return epoch;
  }

  /** Judges an epoch that was read along with a key. `foreign` asks for a new look at who answers. */
  judge(found: string | null): 'current' | 'missing' | 'foreign' {
    if (found !== null && found === this.epoch) return 'current';
    if (found === null) {
      this.epoch = null;
      return 'missing';
    }
    if (judgeEpoch(found, this.identity, this.hasReplacedEpoch) === 'replace') return 'foreign';
    this.epoch = found;
    return 'current';
  }

  private ended(): void {
    if (this.closed) return;
    this.closed = true;
    this.onClose(this);
  }

  /** The answer, or undefined where an ACL forbids the question. */
  private async allowed<Reply>(reply: Promise<Reply>): Promise<Reply | undefined> {
    try {
      return await this.check(reply);
    } catch (error) {
      if (error instanceof Error && error.message.startsWith('NOPERM')) return undefined;
      throw error;
    }
  }
}

export function connectionOptions(target: RedisTarget, address: RedisAddress, timeouts: RedisTimeouts): RedisOptions {
  return {
    host: address.host,
    port: address.port,
    username: target.username,
    password: target.password,
    db: target.database,
    ...(target.tls ? { tls: isIP(address.host) === 0 ? { servername: address.host } : {} } : {}),
    lazyConnect: true,
    connectTimeout: timeouts.connectTimeoutMs,
    enableOfflineQueue: false,
    enableReadyCheck: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    disconnectTimeout: 100,
    disableClientInfo: true,
    connectionName: 'keepsake',
  };
}

/** How long connecting and signing in are waited for together: a paused server takes the connection and says nothing. */
export function signInDeadlines({ connectTimeoutMs, commandTimeoutMs }: RedisTimeouts): Deadlines {
  return new Deadlines(connectTimeoutMs + 4 * commandTimeoutMs);
}

/** Whether the failure is about the server or the way to it, not about the one command. */
export function isOutage(error: unknown): boolean {
  return !(error instanceof Error) || !isReply(error) || UNFIT.test(error.message);
}

/** Whether the server refuses to take in more, while it still answers and deletes. */
function isFull(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('OOM');
}

export function isUnfit(error: unknown): boolean {
  return error instanceof Error && isReply(error) && UNFIT.test(error.message);
}

/** Whether the server itself said no. */
function isReply(error: unknown): boolean {
  return error instanceof Error && error.name === 'ReplyError';
}

/** Ends a connection at once; commands under way are rejected. A server that is paused never answers the polite end. */
export function destroyConnection(client: Redis): void {
  client.disconnect();
  (client as unknown as { stream?: { destroy?(): void } }).stream?.destroy?.();
}
