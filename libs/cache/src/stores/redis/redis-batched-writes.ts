import { encodeLease } from '../../protocol/entry.js';
import type { LeaseOutcome, LeaseRequest } from '../../protocol/lease.js';
import { randomId } from '../../protocol/random-id.js';
import { slotOf } from './cluster-slot.js';
import { isCount, isLeaseOutcome, isText, type RedisCommands } from './redis-commands.js';
import type { RedisMembers } from './redis-members.js';

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

/** Leases, entries and stamps: what is written in one turn of the event loop goes out in one script. */
export class RedisBatchedWrites {
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
    private readonly members: RedisMembers,
    private readonly commands: RedisCommands,
  ) {}

  makeStamps(stampKeys: readonly string[], lifeMs: number): Promise<string[]> {
    return Promise.all(stampKeys.map((key) => this.newStamps.add({ key, lifeMs }, this.groupOf(key))));
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

  private async acquireAll(wanted: readonly LeaseWanted[]): Promise<readonly LeaseOutcome[]> {
    const member = this.commands.memberFor(keyOfAll(wanted));
    const leases = wanted.flatMap(({ request: { token, mode, nonce, leaseMs } }) => [token, mode, nonce, leaseMs]);
    return this.commands.runScript(member, 'ksAcquire', wanted, leases, isLeaseOutcome);
  }

  private async fillAll(wanted: readonly FillWanted[]): Promise<boolean[]> {
    const member = this.commands.memberFor(keyOfAll(wanted));
    const { redis } = member.connection;
    const [{ key, token, entry, lifeMs, overEntry }] = wanted as [FillWanted];
    if (member.supportsIfEqual && wanted.length === 1 && !overEntry) {
      return [
        (await this.commands.run(member, redis.call('SET', key, entry, 'IFEQ', encodeLease(token), 'PX', lifeMs))) !==
          null,
      ];
    }
    const entries = wanted.flatMap((one) => [one.token, one.lifeMs, one.entry]);
    const stored = await this.commands.runScript(member, 'ksFill', wanted, entries, isCount);
    return stored.map((count) => count === 1);
  }

  /** A stamp that several wait for is made once. */
  private async makeAllStamps(wanted: readonly StampWanted[]): Promise<string[]> {
    const member = this.commands.memberFor(keyOfAll(wanted));
    const stamps = longestLives(wanted);
    const made = await this.commands.runScript(
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
    const member = this.commands.memberFor(keyOfAll(wanted));
    const stamps = longestLives(wanted);
    const lives = stamps.map(({ lifeMs }) => lifeMs);
    await this.commands.runScript(member, 'ksRenewStamps', stamps, lives, isCount);
    return [];
  }

  /** Of keys with the same number, one server takes many in one command. */
  private groupOf(key: string): number {
    return this.members.isCluster ? slotOf(key) : 0;
  }
}

function keyOfAll(wanted: readonly { readonly key: string }[]): string {
  return (wanted[0] as { readonly key: string }).key;
}

function longestLives(wanted: readonly StampWanted[]): StampWanted[] {
  const lives = new Map<string, number>();
  for (const { key, lifeMs } of wanted) lives.set(key, Math.max(lives.get(key) ?? 0, lifeMs));
  return [...lives].map(([key, lifeMs]) => ({ key, lifeMs }));
}

interface Pending<Item, Reply> {
  readonly item: Item;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: unknown) => void;
}

interface Group<Item, Reply> {
  pending: Pending<Item, Reply>[];
  size: number;
}

interface TurnBatchOptions<Item> {
  /** Sizes that go out together at most. */
  readonly most: number;
  /** Of an item; 1 by default. */
  readonly sizeOf?: (item: Item) => number;
}

/**
 * Gathers what is asked in one turn of the event loop, and sends it together: a command of its own costs a client and a
 * server several times what a key does, and a thousand commands at once are answered late.
 */
class TickBatcher<Item, Reply> {
  private groups = new Map<number, Group<Item, Reply>>();
  private readonly flush = (): void => this.sendGroups();

  /** @param sendAll answers in the order of the items, which all are of one group */
  constructor(
    private readonly options: TurnBatchOptions<Item>,
    private readonly sendAll: (items: readonly Item[]) => Promise<readonly Reply[]>,
  ) {}

  /** @param groupId only items of the same one may go out together */
  add(item: Item, groupId: number): Promise<Reply> {
    const size = this.options.sizeOf?.(item) ?? 1;
    if (this.groups.size === 0) process.nextTick(this.flush);
    let group = this.groups.get(groupId);
    if (group === undefined) this.groups.set(groupId, (group = { pending: [], size: 0 }));
    if (group.size > 0 && group.size + size > this.options.most) {
      void this.send(group.pending);
      group.pending = [];
      group.size = 0;
    }
    group.size += size;
    const { pending } = group;
    return new Promise((resolve, reject) => {
      pending.push({ item, resolve, reject });
    });
  }

  private sendGroups(): void {
    const { groups } = this;
    this.groups = new Map();
    for (const { pending } of groups.values()) void this.send(pending);
  }

  private async send(pending: readonly Pending<Item, Reply>[]): Promise<void> {
    try {
      const replies = await this.sendAll(pending.map(({ item }) => item));
      pending.forEach(({ resolve }, i) => resolve(replies[i] as Reply));
    } catch (error) {
      for (const { reject } of pending) reject(error);
    }
  }
}
