import { messageOf } from '#kernel';
import type { LeaseOutcome } from '../../protocol/lease.js';
import { StoreUnavailableError } from '../shared-store.js';
import { Deadlines } from './deadlines.js';
import type { RecoveryGate } from './recovery-gate.js';
import { isOutage, isUnfit } from './redis-connection.js';
import type { Member } from './redis-members.js';

/** Sends commands to the server of a key, behind its gate and within the command timeout, and checks what comes back. */
export class RedisCommands {
  private readonly deadlines: Deadlines;

  constructor(
    private readonly gate: RecoveryGate,
    commandTimeoutMs: number,
  ) {
    this.deadlines = new Deadlines(commandTimeoutMs);
  }

  /** The server of a key, while its gate is open. */
  memberFor(key: string): Member {
    const member = this.gate.members.find(key);
    if (member === undefined || member.breaker.isOpen) throw this.gate.unavailable();
    return member;
  }

  /**
   * Also one whose gate is about to open: deletions are welcome before reads are. But an open one must be trusted: a
   * deletion that a master of yesterday confirms is none.
   */
  checkedMember(key: string): Member {
    const member = this.gate.members.find(key);
    if (member === undefined || !member.isChecked || member.connection.isClosed) throw this.gate.unavailable();
    if (!member.breaker.isOpen && !this.gate.isTrusted(member)) throw this.gate.unavailable();
    return member;
  }

  membersFor(entryKey: string, stampKeys: readonly string[]): Member[] {
    return [this.memberFor(entryKey), ...stampKeys.map((key) => this.memberFor(key))];
  }

  /**
   * Runs the script of steps.
   *
   * @param values five of each key
   * @param isExpected whether the step with this number may be answered so
   */
  async write(
    member: Member,
    keys: readonly string[],
    values: readonly (string | number | Buffer)[],
    isExpected: (reply: unknown, index: number) => boolean,
  ): Promise<readonly unknown[]> {
    const replies: unknown = await this.run(member, member.connection.redis.ksWrite(keys.length, ...keys, ...values));
    if (!Array.isArray(replies) || replies.length !== keys.length || !replies.every(isExpected))
      throw this.outOfStep(member);
    return replies;
  }

  async unlinkOn(member: Member, ...keys: readonly string[]): Promise<number> {
    const count = await this.run(member, member.connection.redis.unlink(...keys));
    // A deletion that was not confirmed by its own answer is none.
    if (!isCount(count)) throw this.outOfStep(member);
    return count;
  }

  /** The server answers what it was not asked: none of its answers on this connection can be believed any more. */
  outOfStep(member: Member): StoreUnavailableError {
    this.gate.distrust(member, 'the server answers what it was not asked');
    member.connection.close();
    return this.gate.unavailable();
  }

  /** @param reply of a command that was sent just now */
  run<Reply>(member: Member, reply: Promise<Reply>): Promise<Reply> {
    return new Promise((resolve, reject) => this.watch(member, reply, resolve, reject));
  }

  /** Calls one of the two, once. What the reply says of the server is noted before. */
  watch<Reply>(
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

/*
 * What a reply must look like. One that does not was the reply to something else, or is not of a Redis at all.
 */

export function isListOf<Reply>(
  replies: unknown,
  length: number,
  isExpected: (reply: unknown) => reply is Reply,
): replies is Reply[] {
  return Array.isArray(replies) && replies.length === length && replies.every((reply) => isExpected(reply));
}

export function isValue(reply: unknown): reply is Buffer | null {
  return reply === null || Buffer.isBuffer(reply);
}

export function isText(reply: unknown): reply is string {
  return typeof reply === 'string';
}

export function isCount(reply: unknown): reply is number {
  return typeof reply === 'number';
}

export function isLeaseOutcome(reply: unknown): reply is LeaseOutcome {
  return reply === 'acquired' || reply === 'held' || reply === 'changed';
}
