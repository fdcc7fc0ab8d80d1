import { encodeLease, versionTextOf } from '../../cache-entry.js';
import type { KeySpace } from '../../cache-key.js';
import { CircuitBreaker } from '../../circuit-breaker.js';
import { HIDDEN_IDENTITY, serverIdentity } from '../../epoch.js';
import type { LeaseOutcome, LeaseRequest } from '../../lease.js';
import { randomId } from '../../random-id.js';
import { type SharedKeyPage, type SharedRead, SharedStore, StoreUnavailableError } from '../shared-store.js';
import { slotOf } from './cluster-slot.js';
import { ReadBatch } from './read-batch.js';
import { isOutage, isUnfit, RedisConnection, type RedisTimeouts, type ServerFacts } from './redis-connection.js';
import { type Topology, type TopologyNode, TopologyResolver, topologyText } from './redis-topology.js';
import type { RedisTarget } from './redis-url.js';

export interface RedisStoreOptions extends RedisTimeouts {
  /** Failures in a row that open the breaker. */
  readonly failuresToOpen: number;
  /** Longest pause between two attempts to recover. */
  readonly retryDelayMs: number;
  /**
   * How long a silent server stays trusted. A server that was paused for longer may have been replaced meanwhile, so it
   * must be checked before it answers again. Must be below what the Sentinels or the Cluster need for a failover.
   */
  readonly trustMs: number;
  /** How often a silent connection is asked, and how often the topology is. */
  readonly heartbeatMs: number;
  /** Most keys in one MGET. */
  readonly batchKeys: number;
}

export const DEFAULT_REDIS_OPTIONS: RedisStoreOptions = {
  commandTimeoutMs: 50,
  connectTimeoutMs: 1_000,
  failuresToOpen: 3,
  retryDelayMs: 500,
  trustMs: 1_000,
  heartbeatMs: 250,
  batchKeys: 512,
};

/** Who is told of what becomes of the connection. */
export interface RedisStoreListener {
  /**
   * The last steps before the gate opens: everything that must not be read before it is done. `unlink` works already,
   * reads do not. Rejecting keeps the gate closed.
   */
  beforeOpen(): Promise<void>;
  opened(facts: ServerFacts | undefined, lacks: readonly string[]): void;
  closed(reason: string): void;
  /** The epoch is another: whatever was read before is invalid. */
  epochChanged(): void;
}

interface Member {
  readonly node: TopologyNode;
  readonly connection: RedisConnection;
  readonly breaker: CircuitBreaker;
  /** Who answers was checked on this very connection. */
  checked: boolean;
  supportsIfEqual: boolean;
}

/**
 * The shared tier on Redis 7 or Valkey 8 and later: one server, a Sentinel set, or a Cluster.
 *
 * The gate: a connection answers nothing to readers until it was checked for being a master, for being who it was
 * (run id and replication id), for taking writes, for an epoch of its own, and until `beforeOpen` is done. It closes on
 * failures in a row, on a broken connection, on a topology that changed, and on silence longer than `trustMs`.
 */
export class RedisStore extends SharedStore {
  private readonly resolver: TopologyResolver;
  private members = new Map<string, Member>();
  private slots: (Member | undefined)[] | undefined;
  /** The one member outside a Cluster, while it is open. */
  private only: Member | undefined;
  private openCount = 0;
  private readonly epochs = new Map<string, string | null>();
  private topologySeen = '';
  private recovering: Promise<void> | undefined;
  private recoveryWanted = false;
  private ended = false;
  private wake: (() => void) | undefined;
  private heartbeat: NodeJS.Timeout | undefined;
  private batch: ReadBatch | undefined;
  private readonly flush = (): void => this.sendBatch();
  /** Why the gate is closed; undefined while it is open. */
  problem: string | undefined = 'not connected yet';
  lacks: readonly string[] = [];
  facts: ServerFacts | undefined;

  constructor(
    readonly target: RedisTarget,
    private readonly space: KeySpace,
    private readonly listener: RedisStoreListener,
    readonly options: RedisStoreOptions = DEFAULT_REDIS_OPTIONS,
  ) {
    super();
    this.resolver = TopologyResolver.of(target, options);
  }

  /** Starts connecting. Resolves after the first attempt, whatever came of it: nobody waits for a server that is away. */
  async start(): Promise<void> {
    this.heartbeat = setInterval(() => void this.beat(), this.options.heartbeatMs);
    this.heartbeat.unref();
    const first = new Promise<void>((resolve) => {
      this.firstAttempt = resolve;
    });
    this.recover();
    await first;
  }

  private firstAttempt: (() => void) | undefined;

  get isOpen(): boolean {
    return this.openCount > 0;
  }

  /** Whether every server is open. */
  get isWhole(): boolean {
    return this.openCount > 0 && this.openCount === this.members.size;
  }

  /** The connections that are open, for those who listen on them. */
  get openConnections(): readonly RedisConnection[] {
    return [...this.members.values()].filter((member) => !member.breaker.isOpen).map((member) => member.connection);
  }

  /** The connections that were checked, open or about to be. */
  get checkedConnections(): readonly RedisConnection[] {
    return [...this.members.values()].filter((member) => member.checked && !member.connection.isClosed).map((member) => member.connection);
  }

  read(entryKey: string | undefined, stampKeys: readonly string[]): Promise<SharedRead> {
    const { only } = this;
    if (only === undefined) return this.slots === undefined ? Promise.reject(this.unavailable()) : this.readSplit(entryKey, stampKeys);
    let { batch } = this;
    if (batch === undefined) {
      batch = this.batch = new ReadBatch(only.connection.epochKey);
      process.nextTick(this.flush);
    }
    const read = batch.add(entryKey, stampKeys);
    if (batch.keys.length >= this.options.batchKeys) this.sendBatch();
    return read;
  }

  async makeStamps(stampKeys: readonly string[], lifeMs: number): Promise<string[]> {
    return Promise.all(
      stampKeys.map(async (key) => {
        const made = randomId();
        const member = this.memberFor(key);
        return (await this.run(member, member.connection.redis.set(key, made, 'PX', lifeMs, 'NX', 'GET'))) ?? made;
      }),
    );
  }

  async makeEpoch(entryKey: string, stampKeys: readonly string[]): Promise<string> {
    const members = this.membersFor(entryKey, stampKeys);
    const epochs = await Promise.all([...new Set(members)].map(async (member) => [member, await this.run(member, member.connection.makeEpoch())] as const));
    const byMember = new Map(epochs);
    return joinEpochs(members.map((member) => byMember.get(member) as string)) as string;
  }

  renewStamps(stampKeys: readonly string[], lifeMs: number): void {
    for (const key of stampKeys) {
      const member = this.findMember(key);
      if (member === undefined || member.breaker.isOpen) continue;
      this.run(member, member.connection.redis.pexpire(key, lifeMs)).catch(() => undefined);
    }
  }

  async acquire(entryKey: string, request: LeaseRequest): Promise<LeaseOutcome> {
    const member = this.memberFor(entryKey);
    return (await this.run(member, member.connection.redis.ksAcquire(entryKey, request.token, request.leaseMs, request.mode, request.nonce))) as LeaseOutcome;
  }

  async fill(entryKey: string, token: string, entry: Buffer, lifeMs: number, overEntry: boolean): Promise<boolean> {
    const member = this.memberFor(entryKey);
    const { redis } = member.connection;
    if (member.supportsIfEqual && !overEntry) {
      return (await this.run(member, redis.call('SET', entryKey, entry, 'IFEQ', encodeLease(token), 'PX', lifeMs))) !== null;
    }
    return (await this.run(member, redis.ksFill(entryKey, token, lifeMs, entry))) === 1;
  }

  async renew(entryKey: string, token: string, leaseMs: number): Promise<boolean> {
    const member = this.memberFor(entryKey);
    return (await this.run(member, member.connection.redis.ksRenew(entryKey, token, leaseMs))) === 1;
  }

  async release(entryKey: string, token: string): Promise<void> {
    const member = this.memberFor(entryKey);
    await this.run(member, member.connection.redis.ksRelease(entryKey, token));
  }

  async remove(entryKey: string, nonce: string): Promise<void> {
    const member = this.memberFor(entryKey);
    await this.run(member, member.connection.redis.ksRemove(entryKey, Buffer.from(nonce, 'latin1')));
  }

  async put(entryKey: string, entry: Buffer, lifeMs: number, onlyIfNewer: boolean): Promise<boolean> {
    const member = this.memberFor(entryKey);
    const { redis } = member.connection;
    if (!onlyIfNewer) return (await this.run(member, redis.set(entryKey, entry, 'PX', lifeMs))) === 'OK';
    return (await this.run(member, redis.ksPutIfNewer(entryKey, lifeMs, entry, versionTextOf(entry)))) === 1;
  }

  async unlink(stampKeys: readonly string[]): Promise<void> {
    await this.unlinkKeys(stampKeys);
  }

  async unlinkEpoch(): Promise<void> {
    if (this.members.size === 0) throw this.unavailable();
    await Promise.all(
      [...this.members.values()].map(async (member) => {
        if (!member.checked) throw this.unavailable();
        await this.run(member, member.connection.redis.unlink(member.connection.epochKey));
        member.connection.epoch = null;
        this.noteEpoch(member);
      }),
    );
  }

  async deleteKeys(keys: readonly string[]): Promise<number> {
    return keys.length === 0 ? 0 : this.unlinkKeys(keys);
  }

  async ttlMs(key: string): Promise<number | undefined> {
    const member = this.memberFor(key);
    const ttlMs = await this.run(member, member.connection.redis.pttl(key));
    return ttlMs < 0 ? undefined : ttlMs;
  }

  async sizeOf(key: string): Promise<number | undefined> {
    const member = this.memberFor(key);
    const bytes = await this.run(member, member.connection.redis.strlen(key));
    return bytes === 0 ? undefined : bytes;
  }

  async increment(key: string, by: number, lifeMs: number): Promise<number> {
    const member = this.memberFor(key);
    return Number(await this.run(member, member.connection.redis.ksIncrement(key, by, lifeMs)));
  }

  async scan(prefix: string, cursor: string, count: number): Promise<SharedKeyPage> {
    const members = [...this.members.values()];
    const [index, nodeCursor] = cursor.includes('.') ? (cursor.split('.') as [string, string]) : ['0', '0'];
    const member = members[Number(index)];
    if (member === undefined || member.breaker.isOpen) throw this.unavailable();
    const [next, keys] = await this.run(member, member.connection.redis.scan(nodeCursor, 'MATCH', `${escapePattern(prefix)}*`, 'COUNT', count));
    if (next !== '0') return { keys, cursor: `${index}.${next}` };
    return { keys, cursor: Number(index) + 1 < members.length ? `${Number(index) + 1}.0` : '0' };
  }

  async ping(): Promise<void> {
    const members = [...this.members.values()];
    if (members.length === 0) throw this.unavailable();
    await Promise.all(members.map((member) => (member.breaker.isOpen ? Promise.reject(this.unavailable()) : this.run(member, member.connection.redis.ping()))));
  }

  async close(): Promise<void> {
    this.ended = true;
    clearInterval(this.heartbeat);
    this.wake?.();
    for (const member of this.members.values()) member.connection.close();
    this.resolver.close();
    await this.recovering;
  }

  /** Runs a command for a facade that speaks Redis itself, behind the same gate and breaker. */
  async command<Reply>(key: string, send: (connection: RedisConnection['redis']) => Promise<Reply>): Promise<Reply> {
    const member = this.memberFor(key);
    return this.run(member, send(member.connection.redis));
  }

  private sendBatch(): void {
    const { batch, only } = this;
    this.batch = undefined;
    if (batch === undefined) return;
    if (only === undefined) return batch.reject(this.unavailable());
    const { connection } = only;
    if (performance.now() - connection.lastReplyMs > this.options.trustMs) {
      this.distrust(only, 'the server was silent for too long');
      return batch.reject(this.unavailable());
    }
    connection.redis.mgetBuffer(batch.keys).then(
      (values) => {
        connection.lastReplyMs = performance.now();
        only.breaker.succeeded();
        // What came in after the gate closed was sent before it closed, but by a server that is no longer trusted.
        if (only.breaker.isOpen) return batch.reject(this.unavailable());
        const found = values[0] as Buffer | null;
        batch.resolve(values, this.judgeEpoch(only, found === null ? null : found.toString('latin1')));
      },
      (error: unknown) => batch.reject(this.failure(only, error)),
    );
  }

  /** In a Cluster: GETs to the nodes in the same tick, each with the epoch of its node. */
  private async readSplit(entryKey: string | undefined, stampKeys: readonly string[]): Promise<SharedRead> {
    const now = performance.now();
    const members = this.membersFor(entryKey, stampKeys);
    const touched = [...new Set(members)];
    for (const member of touched) {
      if (now - member.connection.lastReplyMs > this.options.trustMs) {
        this.distrust(member, 'the server was silent for too long');
        throw this.unavailable();
      }
    }
    const get = (member: Member, key: string) => this.run(member, member.connection.redis.getBuffer(key));
    const keys = entryKey === undefined ? stampKeys : [entryKey, ...stampKeys];
    const [epochs, values] = await Promise.all([
      Promise.all(touched.map((member) => get(member, member.connection.epochKey))),
      Promise.all(keys.map((key, i) => get(members[i] as Member, key))),
    ]);
    if (touched.some((member) => member.breaker.isOpen)) throw this.unavailable();
    const current = new Map(touched.map((member, i) => [member, this.judgeEpoch(member, epochs[i]?.toString('latin1') ?? null)]));
    const stamps = (entryKey === undefined ? values : values.slice(1)).map((value) => value?.toString('latin1') ?? null);
    return { entry: entryKey === undefined ? null : (values[0] ?? null), epoch: joinEpochs(members.map((member) => current.get(member) ?? null)), stamps };
  }

  private judgeEpoch(member: Member, found: string | null): string | null {
    const { connection } = member;
    const judgement = connection.judge(found);
    if (judgement === 'foreign') this.distrust(member, 'the epoch is of another server');
    this.noteEpoch(member);
    return judgement === 'current' ? connection.epoch : null;
  }

  /** Tells the listener when a node's epoch is another than the last one known, also over reconnects. */
  private noteEpoch({ node, connection }: Member): void {
    const { epoch } = connection;
    if (this.epochs.get(node.id) === epoch) return;
    this.epochs.set(node.id, epoch);
    this.listener.epochChanged();
  }

  private async unlinkKeys(keys: readonly string[]): Promise<number> {
    if (this.slots === undefined) {
      const member = this.checkedMember(keys[0] as string);
      return this.run(member, member.connection.redis.unlink(...keys));
    }
    const removed = await Promise.all(
      keys.map((key) => {
        const member = this.checkedMember(key);
        return this.run(member, member.connection.redis.unlink(key));
      }),
    );
    return removed.reduce((sum, count) => sum + count, 0);
  }

  private findMember(key: string): Member | undefined {
    return this.slots === undefined ? this.members.values().next().value : this.slots[slotOf(key)];
  }

  private memberFor(key: string): Member {
    const member = this.findMember(key);
    if (member === undefined || member.breaker.isOpen) throw this.unavailable();
    return member;
  }

  /** Also one whose gate is about to open: deletions are welcome before reads are. */
  private checkedMember(key: string): Member {
    const member = this.findMember(key);
    if (member === undefined || !member.checked || member.connection.isClosed) throw this.unavailable();
    return member;
  }

  private membersFor(entryKey: string | undefined, stampKeys: readonly string[]): Member[] {
    const members = entryKey === undefined ? [] : [this.memberFor(entryKey)];
    for (const key of stampKeys) members.push(this.memberFor(key));
    return members;
  }

  private async run<Reply>(member: Member, reply: Promise<Reply>): Promise<Reply> {
    try {
      const value = await reply;
      member.connection.lastReplyMs = performance.now();
      member.breaker.succeeded();
      return value;
    } catch (error) {
      throw this.failure(member, error);
    }
  }

  private failure(member: Member, error: unknown): StoreUnavailableError {
    if (isUnfit(error)) this.distrust(member, (error as Error).message);
    else if (isOutage(error)) member.breaker.failed();
    else member.connection.lastReplyMs = performance.now();
    return new StoreUnavailableError(error instanceof Error ? error.message : String(error), { cause: error });
  }

  private unavailable(): StoreUnavailableError {
    return new StoreUnavailableError(this.problem ?? 'the server of this key is away');
  }

  /** Closes the gate of one server and looks again who it is. */
  private distrust(member: Member, reason: string): void {
    this.problem = reason;
    member.breaker.open();
    this.recover();
  }

  private shut(member: Member, reason: string): void {
    this.problem ??= reason;
    this.recount();
    this.listener.closed(this.problem);
    this.recover();
  }

  private recount(): void {
    let open = 0;
    for (const { breaker } of this.members.values()) if (!breaker.isOpen) open++;
    this.openCount = open;
    this.only = this.slots === undefined && open === 1 ? this.members.values().next().value : undefined;
    if (open > 0 && open === this.members.size) this.problem = undefined;
  }

  /** Starts recovery, or asks a running one for another round. */
  private recover(): void {
    if (this.ended) return;
    this.recoveryWanted = true;
    this.wake?.();
    this.recovering ??= this.recoverUntilWhole().finally(() => {
      this.recovering = undefined;
    });
  }

  private async recoverUntilWhole(): Promise<void> {
    for (let attempt = 0; !this.ended; attempt++) {
      this.recoveryWanted = false;
      try {
        await this.passGate();
        if (this.isWhole && !this.recoveryWanted) return;
      } catch (error) {
        this.problem = error instanceof Error ? error.message : String(error);
      } finally {
        this.firstAttempt?.();
      }
      await this.pause(Math.min(this.options.retryDelayMs, 25 * 2 ** Math.min(attempt, 10)));
    }
  }

  private async pause(ms: number): Promise<void> {
    if (this.ended) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        if (!this.ended) return;
        clearTimeout(timer);
        resolve();
      };
    });
    this.wake = undefined;
  }

  private async passGate(): Promise<void> {
    const topology = await this.resolver.resolve();
    if (this.ended) return;
    this.adopt(topology);
    const masterIds = topology.nodes.map((node) => node.id);
    const closed = [...this.members.values()].filter((member) => member.breaker.isOpen);
    const outcomes = await Promise.allSettled(closed.map((member) => this.check(member, masterIds)));
    const problem = outcomes.find((outcome) => outcome.status === 'rejected');
    const passed = closed.filter((member) => member.checked && !member.connection.isClosed);
    if (passed.length > 0) {
      await this.listener.beforeOpen();
      for (const member of passed) {
        if (!member.checked || member.connection.isClosed) continue;
        member.connection.lastReplyMs = performance.now();
        member.breaker.close();
      }
      this.recount();
      if (this.isOpen) this.listener.opened(this.facts, this.lacks);
    }
    if (problem !== undefined) throw problem.reason;
  }

  /** Makes the members those of the topology. A change of the masters closes the gate of all: the epoch names them. */
  private adopt(topology: Topology): void {
    const seen = topologyText(topology);
    const changed = seen !== this.topologySeen;
    const members = new Map<string, Member>();
    for (const node of topology.nodes) {
      const present = this.members.get(node.id);
      const reusable = present !== undefined && !present.connection.isClosed && !changed;
      members.set(node.id, reusable ? present : this.newMember(node));
    }
    for (const [id, member] of this.members) if (members.get(id) !== member) member.connection.close();
    this.members = members;
    this.topologySeen = seen;
    if (topology.nodes.some((node) => node.slots !== undefined)) {
      this.slots = new Array<Member | undefined>(16_384).fill(undefined);
      for (const member of members.values()) for (const [first, last] of member.node.slots ?? []) this.slots.fill(member, first, last + 1);
    }
    this.recount();
  }

  private newMember(node: TopologyNode): Member {
    const connection = new RedisConnection(node.id, node.address, this.target, this.options, () => {
      member.checked = false;
      member.breaker.open();
      // A connection that never opened has no gate to close, but must be made anew.
      if (this.members.get(node.id) === member) this.recover();
    });
    connection.epochKey = node.hashTag === undefined ? this.space.epochKey : this.space.epochKeyOn(node.hashTag);
    const breaker = new CircuitBreaker(this.options.failuresToOpen, () => this.shut(member, 'the server does not answer'));
    const member: Member = { node, connection, breaker, checked: false, supportsIfEqual: false };
    return member;
  }

  /** Who answers, may it answer, and under which epoch. Closes the connection where it may not. */
  private async check(member: Member, masterIds: readonly string[]): Promise<void> {
    const { connection } = member;
    member.checked = false;
    try {
      if (connection.redis.status === 'wait') await connection.connect();
      const { role, facts } = await connection.inspect();
      if (role !== undefined && role !== 'master') throw new StoreUnavailableError(`${connection.address.host}:${connection.address.port} is a ${role}, not a master`);
      if (facts.isLoading) throw new StoreUnavailableError('the server is still loading its data');
      if (facts.isCluster && this.target.kind !== 'cluster') {
        throw new StoreUnavailableError('the server runs in Cluster mode: name several of its nodes in REDIS_URL, separated by commas');
      }
      this.facts = facts;
      this.lacks = lackingIn(facts);
      if (facts.version !== '' && Number.parseInt(facts.version, 10) < 7) {
        throw new StoreUnavailableError(`the server is ${facts.product} ${facts.version}; the cache needs Redis 7 or Valkey 8, or later, for SET with NX and GET`);
      }
      member.supportsIfEqual = atLeast(facts, 'valkey', 8, 1) || atLeast(facts, 'redis', 8, 4);
      connection.identity =
        facts.runId === undefined || facts.replicationId === undefined ? HIDDEN_IDENTITY : serverIdentity(facts.runId, facts.replicationId, this.target.kind === 'cluster' ? masterIds : []);
      // A server that refuses deletions must not be read: nothing could be invalidated on it.
      await connection.redis.unlink(connection.epochKey + ':none');
      await connection.settleEpoch();
      this.noteEpoch(member);
      member.checked = true;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  /** Keeps silent connections trusted, notices a topology that moved, and notices a server that stopped answering. */
  private async beat(): Promise<void> {
    if (this.ended || this.openCount === 0) return;
    const now = performance.now();
    for (const member of this.members.values()) {
      if (member.breaker.isOpen || now - member.connection.lastReplyMs < this.options.heartbeatMs * 0.8) continue;
      this.run(member, member.connection.redis.getBuffer(member.connection.epochKey)).then(
        (found) => {
          if (!member.breaker.isOpen) this.judgeEpoch(member, found?.toString('latin1') ?? null);
        },
        () => undefined,
      );
    }
    if (!this.resolver.canMove || this.recovering !== undefined) return;
    try {
      const topology = await this.resolver.resolve();
      if (topologyText(topology) === this.topologySeen) return;
      for (const member of this.members.values()) member.breaker.open();
      this.recover();
    } catch {
      // Nobody could be asked: the servers themselves still answer, or the breaker will say so.
    }
  }
}

function joinEpochs(epochs: readonly (string | null)[]): string | null {
  let joined = '';
  let last: string | null = '';
  for (const epoch of epochs) {
    if (epoch === null) return null;
    if (epoch !== last) joined += joined === '' ? epoch : `|${epoch}`;
    last = epoch;
  }
  return joined === '' ? null : joined;
}

function atLeast(facts: ServerFacts, product: ServerFacts['product'], major: number, minor: number): boolean {
  if (facts.product !== product) return false;
  const [hasMajor = 0, hasMinor = 0] = facts.version.split('.').map(Number);
  return hasMajor > major || (hasMajor === major && hasMinor >= minor);
}

/** What the server does not offer, and what that costs. */
function lackingIn(facts: ServerFacts): string[] {
  const lacks: string[] = [];
  if (facts.runId === undefined) lacks.push('INFO is not allowed: every reconnect invalidates the whole cache');
  if (facts.evicts === false) lacks.push('maxmemory-policy is noeviction: a full server stops taking new entries (allkeys-lru is better)');
  return lacks;
}

function escapePattern(text: string): string {
  return text.replaceAll(/[*?[\]\\^]/g, '\\$&');
}
