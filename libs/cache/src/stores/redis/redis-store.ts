import type { RedisTarget } from '#config';
import type { KeySpace } from '../../families/key.js';
import type { LeaseOutcome, LeaseRequest } from '../../protocol/lease.js';
import { type SharedKeyPage, type SharedRead, SharedStore } from '../shared-store.js';
import type { PrimaryRecord } from './primary-record.js';
import { RecoveryGate } from './recovery-gate.js';
import { RedisBatchedWrites } from './redis-batched-writes.js';
import { RedisCommands } from './redis-commands.js';
import type { RedisConnection } from './redis-connection.js';
import type { Member, RedisMembers } from './redis-members.js';
import { joinEpochs, RedisReader } from './redis-reader.js';
import { DEFAULT_REDIS_OPTIONS, type RedisStoreListener, type RedisStoreOptions } from './redis-store-options.js';
import type { ServerFacts } from './server-facts.js';

/**
 * The shared tier on Redis 7 or Valkey 8 and later: one server, a Sentinel set, or a Cluster. Which of the servers may
 * be asked is the gate's to say.
 */
export class RedisStore extends SharedStore {
  private readonly gate: RecoveryGate;
  private readonly members: RedisMembers;
  private readonly commands: RedisCommands;
  private readonly reader: RedisReader;
  private readonly writes: RedisBatchedWrites;

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
    this.commands = new RedisCommands(this.gate, options.commandTimeoutMs);
    this.reader = new RedisReader(this.gate, this.commands, options.batchKeys);
    this.writes = new RedisBatchedWrites(this.members, this.commands);
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
    return this.reader.read(entryKey, stampKeys, what);
  }

  makeStamps(stampKeys: readonly string[], lifeMs: number): Promise<string[]> {
    return this.writes.makeStamps(stampKeys, lifeMs);
  }

  async makeEpoch(entryKey: string, stampKeys: readonly string[]): Promise<string> {
    const members = this.commands.membersFor(entryKey, stampKeys);
    const epochs = await Promise.all(
      [...new Set(members)].map(
        async (member) => [member, await this.commands.run(member, member.connection.makeEpoch())] as const,
      ),
    );
    const byMember = new Map(epochs);
    return joinEpochs(members.map((member) => byMember.get(member) as string)) as string;
  }

  renewStamps(stampKeys: readonly string[], lifeMs: number): void {
    this.writes.renewStamps(stampKeys, lifeMs);
  }

  acquire(entryKey: string, request: LeaseRequest): Promise<LeaseOutcome> {
    return this.writes.acquire(entryKey, request);
  }

  fill(entryKey: string, token: string, entry: Buffer, lifeMs: number, overEntry: boolean): Promise<boolean> {
    return this.writes.fill(entryKey, token, entry, lifeMs, overEntry);
  }

  renew(entryKey: string, token: string, leaseMs: number): Promise<boolean> {
    return this.writes.hold(entryKey, token, leaseMs);
  }

  async release(entryKey: string, token: string): Promise<void> {
    const member = this.commands.memberFor(entryKey);
    await this.commands.run(member, member.connection.redis.ksRelease(entryKey, token));
  }

  async remove(entryKey: string, nonce: string): Promise<void> {
    const member = this.commands.memberFor(entryKey);
    await this.commands.run(member, member.connection.redis.ksRemove(entryKey, Buffer.from(nonce, 'latin1')));
  }

  async unlink(stampKeys: readonly string[]): Promise<void> {
    await this.unlinkKeys(stampKeys);
  }

  async unlinkEpoch(): Promise<void> {
    if (this.members.all.length === 0) throw this.gate.unavailable();
    await Promise.all(
      this.members.all.map(async (member) => {
        if (!member.isChecked) throw this.gate.unavailable();
        await this.commands.unlinkOn(member, member.connection.epochKey);
        member.connection.epoch = null;
        this.gate.noteEpoch(member);
      }),
    );
  }

  async deleteKeys(keys: readonly string[]): Promise<number> {
    return keys.length === 0 ? 0 : this.unlinkKeys(keys);
  }

  async ttlMs(key: string): Promise<number | undefined> {
    const member = this.commands.memberFor(key);
    const ttlMs = await this.commands.run(member, member.connection.redis.pttl(key));
    return ttlMs < 0 ? undefined : ttlMs;
  }

  async sizeOf(key: string): Promise<number | undefined> {
    const member = this.commands.memberFor(key);
    const bytes = await this.commands.run(member, member.connection.redis.strlen(key));
    return bytes === 0 ? undefined : bytes;
  }

  async increment(key: string, by: number, lifeMs: number): Promise<number> {
    const member = this.commands.memberFor(key);
    return Number(await this.commands.run(member, member.connection.redis.ksIncrement(key, by, lifeMs)));
  }

  async scan(prefix: string, cursor: string, count: number, part = ''): Promise<SharedKeyPage> {
    const members = this.members.all;
    const [index, nodeCursor] = cursor.includes('.') ? (cursor.split('.') as [string, string]) : ['0', '0'];
    const member = members[Number(index)];
    if (member === undefined || member.breaker.isOpen) throw this.gate.unavailable();
    const pattern = `${escapePattern(prefix)}*${part === '' ? '' : `${escapePattern(part)}*`}`;
    const [next, keys] = await this.commands.run(
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
          : this.commands.run(member, member.connection.redis.ping()),
      ),
    );
  }

  close(): Promise<void> {
    return this.gate.close();
  }

  /** Runs a command for a facade that speaks Redis itself, behind the same gate and breaker. */
  async command<Reply>(key: string, send: (connection: RedisConnection['redis']) => Promise<Reply>): Promise<Reply> {
    const member = this.commands.memberFor(key);
    return this.commands.run(member, send(member.connection.redis));
  }

  private async unlinkKeys(keys: readonly string[]): Promise<number> {
    if (!this.members.isCluster) {
      const member = this.commands.checkedMember(keys[0] as string);
      return this.commands.unlinkOn(member, ...keys);
    }
    // All are checked before anything is sent: what is under way when a later one is refused would be nobody's.
    const members = keys.map((key) => this.commands.checkedMember(key));
    const removed = await Promise.all(keys.map((key, i) => this.commands.unlinkOn(members[i] as Member, key)));
    return removed.reduce((sum, count) => sum + count, 0);
  }
}

function escapePattern(text: string): string {
  return text.replaceAll(/[*?[\]\\^]/g, '\\$&');
}
