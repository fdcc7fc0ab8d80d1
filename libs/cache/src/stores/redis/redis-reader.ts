import type { SharedRead } from '../shared-store.js';
import type { RecoveryGate } from './recovery-gate.js';
import { isListOf, isValue, type RedisCommands } from './redis-commands.js';
import type { Member } from './redis-members.js';

/** Reads entries, stamps and epochs: of one server what is asked in one turn together, in a Cluster each key by itself. */
export class RedisReader {
  private batch: ReadBatch | undefined;
  private readonly flush = (): void => this.sendBatch();

  /** @param batchKeys most keys of one MGET */
  constructor(
    private readonly gate: RecoveryGate,
    private readonly commands: RedisCommands,
    private readonly batchKeys: number,
  ) {}

  read(entryKey: string, stampKeys: readonly string[], what: 'entry' | 'binding' = 'entry'): Promise<SharedRead> {
    const { only, isCluster } = this.gate.members;
    if (only === undefined)
      return !isCluster ? Promise.reject(this.gate.unavailable()) : this.readSplit(entryKey, stampKeys, what);
    let { batch } = this;
    if (batch === undefined) {
      batch = this.batch = new ReadBatch(only.connection.epochKey);
      process.nextTick(this.flush);
    }
    const read = batch.add(what === 'entry' ? entryKey : undefined, stampKeys);
    if (batch.keys.length >= this.batchKeys) this.sendBatch();
    return read;
  }

  private sendBatch(): void {
    const { batch } = this;
    this.batch = undefined;
    if (batch === undefined) return;
    const { only } = this.gate.members;
    if (only === undefined || !this.gate.isTrusted(only)) batch.reject(this.gate.unavailable());
    else this.answerBatch(only, batch);
  }

  private answerBatch(member: Member, batch: ReadBatch): void {
    this.commands.watch(
      member,
      member.connection.redis.mgetBuffer(batch.keys),
      (values) => {
        // What came in after the gate closed was sent before it closed, but by a server that is no longer trusted.
        if (member.breaker.isOpen) batch.reject(this.gate.unavailable());
        else if (!isListOf(values, batch.keys.length, isValue)) batch.reject(this.commands.outOfStep(member));
        else batch.resolve(values, this.gate.judgeEpoch(member, textOf(values[0] as Buffer | null)));
      },
      (error) => batch.reject(error),
    );
  }

  /** In a Cluster: GETs to the nodes in the same tick, each with the epoch of its node. */
  private async readSplit(
    entryKey: string,
    stampKeys: readonly string[],
    what: 'entry' | 'binding',
  ): Promise<SharedRead> {
    const members = this.commands.membersFor(entryKey, stampKeys);
    const touched = [...new Set(members)];
    if (!touched.every((member) => this.gate.isTrusted(member))) throw this.gate.unavailable();
    const get = (member: Member, key: string) => this.commands.run(member, member.connection.redis.getBuffer(key));
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
}

interface Waiting {
  readonly entryAt: number;
  readonly stampsAt: readonly number[];
  readonly resolve: (read: SharedRead) => void;
  readonly reject: (error: unknown) => void;
}

/** Up to here, looking through the keys is quicker than an index of them. */
const FEW_KEYS = 8;

/**
 * The reads of one turn of the event loop, sent as one MGET. What a client costs per command dwarfs what a key costs,
 * and keys that many reads share (epoch, stamps of a project) are fetched once.
 */
class ReadBatch {
  readonly keys: string[];
  private positions: Map<string, number> | undefined;
  private readonly waiting: Waiting[] = [];

  constructor(epochKey: string) {
    this.keys = [epochKey];
  }

  add(entryKey: string | undefined, stampKeys: readonly string[]): Promise<SharedRead> {
    return new Promise((resolve, reject) => {
      const stampsAt: number[] = [];
      for (let i = 0; i < stampKeys.length; i++) stampsAt.push(this.position(stampKeys[i] as string));
      this.waiting.push({ entryAt: entryKey === undefined ? -1 : this.position(entryKey), stampsAt, resolve, reject });
    });
  }

  resolve(values: readonly (Buffer | null)[], epoch: string | null): void {
    const stamps: (string | null | undefined)[] = [];
    for (const { entryAt, stampsAt, resolve } of this.waiting) {
      const own: (string | null)[] = [];
      for (let i = 0; i < stampsAt.length; i++) {
        const at = stampsAt[i] as number;
        let stamp = stamps[at];
        if (stamp === undefined) {
          const value = values[at] as Buffer | null;
          stamps[at] = stamp = value === null ? null : value.toString('latin1');
        }
        own.push(stamp ?? null);
      }
      resolve({ entry: entryAt === -1 ? null : (values[entryAt] as Buffer | null), epoch, stamps: own });
    }
  }

  reject(error: unknown): void {
    for (const { reject } of this.waiting) reject(error);
  }

  private position(key: string): number {
    const known = this.positions === undefined ? this.keys.indexOf(key) : this.positions.get(key);
    if (known !== undefined && known !== -1) return known;
    const position = this.keys.push(key) - 1;
    if (this.positions !== undefined) this.positions.set(key, position);
    else if (position === FEW_KEYS) this.positions = new Map(this.keys.map((one, at) => [one, at]));
    return position;
  }
}

/** The epochs of all places that a read touches as one; null where one is missing. */
export function joinEpochs(epochs: readonly (string | null)[]): string | null {
  let joined = '';
  let last: string | null = '';
  for (const epoch of epochs) {
    if (epoch === null) return null;
    if (epoch !== last) joined += joined === '' ? epoch : `|${epoch}`;
    last = epoch;
  }
  return joined === '' ? null : joined;
}

function textOf(reply: Buffer | null): string | null {
  return reply === null ? null : reply.toString('latin1');
}
