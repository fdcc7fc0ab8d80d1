import type { RedisTarget } from '#config';
import { messageOf } from '#kernel';
import { encodeLease } from '../../protocol/entry.js';
import type { KeySpace } from '../../families/key.js';
import type { LeaseOutcome, LeaseRequest } from '../../protocol/lease.js';
import { randomId } from '../../protocol/random-id.js';
import { type SharedKeyPage, type SharedRead, SharedStore, StoreUnavailableError } from '../shared-store.js';
import { slotOf } from './cluster-slot.js';
import { Deadlines } from './deadlines.js';
import { isCount, isLeaseOutcome, isListOf, isText, isValue } from './expected-reply.js';
import type { PrimaryRecord } from './primary-record.js';
import { ReadBatch } from './read-batch.js';
import { RecoveryGate } from './recovery-gate.js';
import { isOutage, isUnfit, type RedisConnection } from './redis-connection.js';
import type { Member, RedisMembers } from './redis-members.js';
import { DEFAULT_REDIS_OPTIONS, type RedisStoreListener, type RedisStoreOptions } from './redis-store-options.js';
import type { ServerFacts } from './server-facts.js';
import { TickBatcher } from './tick-batcher.js';

/** Most keys of one script: the server does nothing else meanwhile. */
const SCRIPT_KEYS = 64;
/** Most bytes that one script stores. */
const SCRIPT_BYTES = 256 * 1024;

interface LeaseWanted {
  readonly key: string;
  readonly request: LeaseRequest;
}

interface FillWanted {
  readonly key: string;
  readonly token: string;
  readonly entry: Buffer;
  readonly lifeMs: number;
  readonly overEntry: boolean;
}

interface StampWanted {
  readonly key: string;
  readonly lifeMs: number;
}

/**
 * The shared tier on Redis 7 or Valkey 8 and later: one server, a Sentinel set, or a Cluster. Which of the servers may
 * be asked is the gate's to say.
 */
export class RedisStore extends SharedStore {
  private readonly gate: RecoveryGate;
  private readonly members: RedisMembers;
  private batch: ReadBatch | undefined;
  private readonly flush = (): void => this.sendBatch();
  private readonly deadlines: Deadlines;
  private readonly leases = new TickBatcher<LeaseWanted, LeaseOutcome>({ most: SCRIPT_KEYS }, (wanted) =>
    this.acquireAll(wanted),
  );
  private readonly fills = new TickBatcher<FillWanted, boolean>(
    { most: SCRIPT_BYTES, sizeOf: ({ entry }) => SCRIPT_BYTES / SCRIPT_KEYS + entry.length },
    (wanted) => this.fillAll(wanted),
  );
  private readonly newStamps = new TickBatcher<StampWanted, string>({ most: SCRIPT_KEYS }, (wanted) =>
    this.makeAllStamps(wanted),
  );
  private readonly renewals = new TickBatcher<StampWanted, void>({ most: SCRIPT_KEYS }, (wanted) =>
    this.renewAllStamps(wanted),
  );

  constructor(
    readonly target: RedisTarget,
    space: KeySpace,
    listener: RedisStoreListener,
    readonly options: RedisStoreOptions = DEFAULT_REDIS_OPTIONS,
    record?: PrimaryRecord,
  ) {
    super();
    this.gate = new RecoveryGate(target, space, listener, options, record);
    this.members = this.gate.members;
    this.deadlines = new Deadlines(options.commandTimeoutMs);
  }

  /** Starts connecting. Resolves after the first attempt, whatever came of it: nobody waits for a server that is unavailable. */
  start(): Promise<void> {
    return this.gate.start();
  }

  /** Compares the servers with those that are recorded now. Rejects where the record can't be asked. */
  confirmTerm(): Promise<void> {
    return this.gate.confirmTerm();
  }

  get isOpen(): boolean {
    return this.members.isOpen;
  }

  /** Whether every server is open. */
  get isWhole(): boolean {
    return this.members.isWhole;
  }

  /** Why a gate is closed; undefined while all are open. */
  get problem(): string | undefined {
    return this.gate.problem;
  }

  /** What the server does not offer, and what that costs. */
  get missingFeatures(): readonly string[] {
    return this.gate.missingFeatures;
  }

  get facts(): ServerFacts | undefined {
    return this.gate.facts;
  }

  /** The connections that were checked, open or about to be. */
  get checkedConnections(): readonly RedisConnection[] {
    return this.members.all
      .filter(({ isChecked, connection }) => isChecked && !connection.isClosed)
      .map(({ connection }) => connection);
  }

  read(entryKey: string, stampKeys: readonly string[], what: 'entry' | 'binding' = 'entry'): Promise<SharedRead> {
    const { only, isCluster } = this.members;
    if (only === undefined)
      return !isCluster ? Promise.reject(this.gate.unavailable()) : this.readSplit(entryKey, stampKeys, what);
    let { batch } = this;
    if (batch === undefined) {
      batch = this.batch = new ReadBatch(only.connection.epochKey);
      process.nextTick(this.flush);
    }
    const read = batch.add(what === 'entry' ? entryKey : undefined, stampKeys);
    if (batch.keys.length >= this.options.batchKeys) this.sendBatch();
    return read;
  }

  makeStamps(stampKeys: readonly string[], lifeMs: number): Promise<string[]> {
    return Promise.all(stampKeys.map((key) => this.newStamps.add({ key, lifeMs }, this.groupOf(key))));
  }

  async makeEpoch(entryKey: string, stampKeys: readonly string[]): Promise<string> {
    const members = this.membersFor(entryKey, stampKeys);
    const epochs = await Promise.all(
      [...new Set(members)].map(
        async (member) => [member, await this.run(member, member.connection.makeEpoch())] as const,
      ),
    );
    const byMember = new Map(epochs);
    return joinEpochs(members.map((member) => byMember.get(member) as string)) as string;
  }

  renewStamps(stampKeys: readonly string[], lifeMs: number): void {
    for (const key of stampKeys) this.renewals.add({ key, lifeMs }, this.groupOf(key)).catch(() => undefined);
  }

  acquire(entryKey: string, request: LeaseRequest): Promise<LeaseOutcome> {
    return this.leases.add({ key: entryKey, request }, this.groupOf(entryKey));
  }

  fill(entryKey: string, token: string, entry: Buffer, lifeMs: number, overEntry: boolean): Promise<boolean> {
    return this.fills.add({ key: entryKey, token, entry, lifeMs, overEntry }, this.groupOf(entryKey));
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

  async unlink(stampKeys: readonly string[]): Promise<void> {
    await this.unlinkKeys(stampKeys);
  }

  async unlinkEpoch(): Promise<void> {
    if (this.members.all.length === 0) throw this.gate.unavailable();
    await Promise.all(
      this.members.all.map(async (member) => {
        if (!member.isChecked) throw this.gate.unavailable();
        await this.unlinkOn(member, member.connection.epochKey);
        member.connection.epoch = null;
        this.gate.noteEpoch(member);
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

  async scan(prefix: string, cursor: string, count: number, part = ''): Promise<SharedKeyPage> {
    const members = this.members.all;
    const [index, nodeCursor] = cursor.includes('.') ? (cursor.split('.') as [string, string]) : ['0', '0'];
    const member = members[Number(index)];
    if (member === undefined || member.breaker.isOpen) throw this.gate.unavailable();
    const pattern = `${escapePattern(prefix)}*${part === '' ? '' : `${escapePattern(part)}*`}`;
    const [next, keys] = await this.run(
      member,
      member.connection.redis.scan(nodeCursor, 'MATCH', pattern, 'COUNT', count),
    );
    if (next !== '0') return { keys, cursor: `${index}.${next}` };
    return { keys, cursor: Number(index) + 1 < members.length ? `${Number(index) + 1}.0` : '0' };
  }

  async ping(): Promise<void> {
    const members = this.members.all;
    if (members.length === 0) throw this.gate.unavailable();
    await Promise.all(
      members.map((member) =>
        member.breaker.isOpen
          ? Promise.reject(this.gate.unavailable())
          : this.run(member, member.connection.redis.ping()),
      ),
    );
  }

  close(): Promise<void> {
    return this.gate.close();
  }

  /** Runs a command for a facade that speaks Redis itself, behind the same gate and breaker. */
  async command<Reply>(key: string, send: (connection: RedisConnection['redis']) => Promise<Reply>): Promise<Reply> {
    const member = this.memberFor(key);
    return this.run(member, send(member.connection.redis));
  }

  private sendBatch(): void {
    const { batch } = this;
    this.batch = undefined;
    if (batch === undefined) return;
    const { only } = this.members;
    if (only === undefined || !this.gate.isTrusted(only)) batch.reject(this.gate.unavailable());
    else this.answerBatch(only, batch);
  }

  private answerBatch(member: Member, batch: ReadBatch): void {
    this.watch(
      member,
      member.connection.redis.mgetBuffer(batch.keys),
      (values) => {
        // What came in after the gate closed was sent before it closed, but by a server that is no longer trusted.
        if (member.breaker.isOpen) batch.reject(this.gate.unavailable());
        else if (!isListOf(values, batch.keys.length, isValue)) batch.reject(this.outOfStep(member));
        else batch.resolve(values, this.gate.judgeEpoch(member, textOf(values[0] as Buffer | null)));
      },
      (error) => batch.reject(error),
    );
  }

  private async acquireAll(wanted: readonly LeaseWanted[]): Promise<readonly LeaseOutcome[]> {
    const member = this.memberFor(keyOfAll(wanted));
    const leases = wanted.flatMap(({ request: { token, mode, nonce, leaseMs } }) => [token, mode, nonce, leaseMs]);
    return this.runScript(member, 'ksAcquire', wanted, leases, isLeaseOutcome);
  }

  private async fillAll(wanted: readonly FillWanted[]): Promise<boolean[]> {
    const member = this.memberFor(keyOfAll(wanted));
    const { redis } = member.connection;
    const [{ key, token, entry, lifeMs, overEntry }] = wanted as [FillWanted];
    if (member.supportsIfEqual && wanted.length === 1 && !overEntry) {
      return [
        (await this.run(member, redis.call('SET', key, entry, 'IFEQ', encodeLease(token), 'PX', lifeMs))) !== null,
      ];
    }
    const entries = wanted.flatMap((one) => [one.token, one.lifeMs, one.entry]);
    const stored = await this.runScript(member, 'ksFill', wanted, entries, isCount);
    return stored.map((count) => count === 1);
  }

  /** A stamp that several wait for is made once. */
  private async makeAllStamps(wanted: readonly StampWanted[]): Promise<string[]> {
    const member = this.memberFor(keyOfAll(wanted));
    const stamps = longestLives(wanted);
    const made = await this.runScript(
      member,
      'ksMakeStamps',
      stamps,
      stamps.flatMap(({ lifeMs }) => [lifeMs, randomId()]),
      isText,
    );
    const stampOf = new Map(stamps.map(({ key }, i) => [key, made[i] as string]));
    return wanted.map(({ key }) => stampOf.get(key) as string);
  }

  private async renewAllStamps(wanted: readonly StampWanted[]): Promise<void[]> {
    const member = this.memberFor(keyOfAll(wanted));
    const stamps = longestLives(wanted);
    const lives = stamps.map(({ lifeMs }) => lifeMs);
    await this.runScript(member, 'ksRenewStamps', stamps, lives, isCount);
    return [];
  }

  /** Of keys with the same number, one server takes many in one command. */
  private groupOf(key: string): number {
    return this.members.isCluster ? slotOf(key) : 0;
  }

  /** In a Cluster: GETs to the nodes in the same tick, each with the epoch of its node. */
  private async readSplit(
    entryKey: string,
    stampKeys: readonly string[],
    what: 'entry' | 'binding',
  ): Promise<SharedRead> {
    const members = this.membersFor(entryKey, stampKeys);
    const touched = [...new Set(members)];
    if (!touched.every((member) => this.gate.isTrusted(member))) throw this.gate.unavailable();
    const get = (member: Member, key: string) => this.run(member, member.connection.redis.getBuffer(key));
    const [entry, epochs, stamps] = await Promise.all([
      what === 'entry' ? get(members[0] as Member, entryKey) : null,
      Promise.all(touched.map((member) => get(member, member.connection.epochKey))),
      Promise.all(stampKeys.map((key, i) => get(members[i + 1] as Member, key))),
    ]);
    if (touched.some((member) => member.breaker.isOpen)) throw this.gate.unavailable();
    const current = new Map(
      touched.map((member, i) => [member, this.gate.judgeEpoch(member, epochs[i]?.toString('latin1') ?? null)]),
    );
    const epoch = joinEpochs(members.map((member) => current.get(member) ?? null));
    return { entry, epoch, stamps: stamps.map((stamp) => stamp?.toString('latin1') ?? null) };
  }

  private async unlinkKeys(keys: readonly string[]): Promise<number> {
    if (!this.members.isCluster) {
      const member = this.checkedMember(keys[0] as string);
      return this.unlinkOn(member, ...keys);
    }
    // All are checked before anything is sent: what is under way when a later one is refused would be nobody's.
    const members = keys.map((key) => this.checkedMember(key));
    const removed = await Promise.all(keys.map((key, i) => this.unlinkOn(members[i] as Member, key)));
    return removed.reduce((sum, count) => sum + count, 0);
  }

  private memberFor(key: string): Member {
    const member = this.members.find(key);
    if (member === undefined || member.breaker.isOpen) throw this.gate.unavailable();
    return member;
  }

  /**
   * Also one whose gate is about to open: deletions are welcome before reads are. But an open one must be trusted: a
   * deletion that a master of yesterday confirms is none.
   */
  private checkedMember(key: string): Member {
    const member = this.members.find(key);
    if (member === undefined || !member.isChecked || member.connection.isClosed) throw this.gate.unavailable();
    if (!member.breaker.isOpen && !this.gate.isTrusted(member)) throw this.gate.unavailable();
    return member;
  }

  private membersFor(entryKey: string, stampKeys: readonly string[]): Member[] {
    return [this.memberFor(entryKey), ...stampKeys.map((key) => this.memberFor(key))];
  }

  /** Runs a script that answers once for each key. */
  private async runScript<Reply>(
    member: Member,
    script: 'ksAcquire' | 'ksFill' | 'ksMakeStamps' | 'ksRenewStamps',
    on: readonly { readonly key: string }[],
    values: readonly (string | number | Buffer)[],
    isExpected: (reply: unknown) => reply is Reply,
  ): Promise<readonly Reply[]> {
    const sent = member.connection.redis[script](on.length, ...on.map(({ key }) => key), ...values);
    const replies = await this.run(member, sent);
    if (!isListOf(replies, on.length, isExpected)) throw this.outOfStep(member);
    return replies;
  }

  private async unlinkOn(member: Member, ...keys: readonly string[]): Promise<number> {
    const count = await this.run(member, member.connection.redis.unlink(...keys));
    // A deletion that was not confirmed by its own answer is none.
    if (!isCount(count)) throw this.outOfStep(member);
    return count;
  }

  /** The server answers what it was not asked: none of its answers on this connection can be believed any more. */
  private outOfStep(member: Member): StoreUnavailableError {
    this.gate.distrust(member, 'the server answers what it was not asked');
    member.connection.close();
    return this.gate.unavailable();
  }

  /** @param reply of a command that was sent just now */
  private run<Reply>(member: Member, reply: Promise<Reply>): Promise<Reply> {
    return new Promise((resolve, reject) => this.watch(member, reply, resolve, reject));
  }

  /** Calls one of the two, once. What the reply says of the server is noted before. */
  private watch<Reply>(
    member: Member,
    reply: Promise<Reply>,
    resolve: (reply: Reply) => void,
    reject: (error: StoreUnavailableError) => void,
  ): void {
    const { connection, breaker } = member;
    const sentMs = performance.now();
    this.deadlines.watch(
      reply,
      (value) => {
        connection.noteReply(sentMs);
        breaker.succeeded();
        resolve(value);
      },
      (error) => {
        if (isUnfit(error)) this.gate.distrust(member, messageOf(error));
        else if (isOutage(error)) breaker.failed();
        else connection.noteReply(sentMs);
        reject(new StoreUnavailableError(messageOf(error), { cause: error }));
      },
    );
  }
}

function textOf(reply: Buffer | null): string | null {
  return reply === null ? null : reply.toString('latin1');
}

function keyOfAll(wanted: readonly { readonly key: string }[]): string {
  return (wanted[0] as { readonly key: string }).key;
}

function longestLives(wanted: readonly StampWanted[]): StampWanted[] {
  const lives = new Map<string, number>();
  for (const { key, lifeMs } of wanted) lives.set(key, Math.max(lives.get(key) ?? 0, lifeMs));
  return [...lives].map(([key, lifeMs]) => ({ key, lifeMs }));
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

function escapePattern(text: string): string {
  return text.replaceAll(/[*?[\]\\^]/g, '\\$&');
}
