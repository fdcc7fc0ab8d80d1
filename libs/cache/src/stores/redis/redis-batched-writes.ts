import { encodeLease } from '../../protocol/entry.js';
import type { LeaseOutcome, LeaseRequest } from '../../protocol/lease.js';
import { randomId } from '../../protocol/random-id.js';
import { slotOf } from './cluster-slot.js';
import { isCount, isLeaseOutcome, isText, type RedisCommands } from './redis-commands.js';
import type { Member, RedisMembers } from './redis-members.js';

/** Most keys of one script: the server does nothing else meanwhile. */
const SCRIPT_KEYS = 64;
/** Most bytes that one script stores. */
const SCRIPT_BYTES = 256 * 1024;

/** What is done on one key: what the script needs of it, and what it may answer. */
interface Step {
  readonly key: string;
  readonly name: 'lease' | 'hold' | 'stamp' | 'renewal' | 'fill';
  readonly values: readonly (string | number | Buffer)[];
  readonly isExpected: (reply: unknown) => boolean;
  /** A plain command that does the same, for a step that is the only one: a script costs more. */
  readonly alone?: (member: Member) => Promise<unknown>;
}

/** The script takes as many values of each step. */
const PADDING = ['', '', '', ''];

/**
 * Leases, stamps and entries: what is written in one turn of the event loop goes out in one script. A miss asks for its lease
 * and its missing stamps together, and prolongs stamps as it fills.
 */
export class RedisBatchedWrites {
  private readonly steps = this.batchOf((run) => process.nextTick(run));
  /** Of timers: each ends its own tick, and a bulk read has a timer for each of its keys. */
  private readonly holds = this.batchOf(setImmediate);

  constructor(
    private readonly members: RedisMembers,
    private readonly commands: RedisCommands,
  ) {}

  makeStamps(stampKeys: readonly string[], lifeMs: number): Promise<string[]> {
    return Promise.all(
      stampKeys.map((key) =>
        this.add<string>({ key, name: 'stamp', values: [lifeMs, randomId()], isExpected: isText }),
      ),
    );
  }

  renewStamps(stampKeys: readonly string[], lifeMs: number): void {
    for (const key of stampKeys) {
      this.add({ key, name: 'renewal', values: [lifeMs], isExpected: isCount }).catch(() => undefined);
    }
  }

  acquire(key: string, { token, mode, nonce, leaseMs }: LeaseRequest): Promise<LeaseOutcome> {
    return this.add({ key, name: 'lease', values: [token, mode, nonce, leaseMs], isExpected: isLeaseOutcome });
  }

  /** Keeps the lease for as long again. False: it was lost. */
  async hold(key: string, token: string, leaseMs: number): Promise<boolean> {
    const step: Step = { key, name: 'hold', values: [token, leaseMs], isExpected: isCount };
    return (await this.holds.add(step, this.groupOf(key))) === 1;
  }

  async fill(key: string, token: string, entry: Buffer, lifeMs: number, overEntry: boolean): Promise<boolean> {
    const step: Step = { key, name: 'fill', values: [token, lifeMs, entry], isExpected: isCount };
    const alone = (member: Member) => this.fillIfEqual(member, key, token, entry, lifeMs);
    return (await this.add<number>(overEntry ? step : { ...step, alone })) === 1;
  }

  private batchOf(schedule: Schedule): TickBatcher<Step, unknown> {
    const sizeOf = ({ values }: Step) =>
      SCRIPT_BYTES / SCRIPT_KEYS + values.reduce<number>((sum, value) => sum + bytesOf(value), 0);
    return new TickBatcher({ most: SCRIPT_BYTES, sizeOf, schedule }, (steps) => this.send(steps));
  }

  private add<Reply>(step: Step): Promise<Reply> {
    return this.steps.add(step, this.groupOf(step.key)) as Promise<Reply>;
  }

  private async send(steps: readonly Step[]): Promise<readonly unknown[]> {
    const [first] = steps as [Step];
    const member = this.commands.memberFor(first.key);
    if (steps.length === 1 && first.alone !== undefined && member.supportsIfEqual) return [await first.alone(member)];
    const sent: Step[] = [];
    const placeOfStamp = new Map<string, number>();
    // A stamp that several wait for is made once.
    const places = steps.map((step) => {
      const known = step.name === 'stamp' ? placeOfStamp.get(step.key) : undefined;
      if (known !== undefined) return known;
      const place = sent.push(step) - 1;
      if (step.name === 'stamp') placeOfStamp.set(step.key, place);
      return place;
    });
    const replies = await this.commands.write(
      member,
      sent.map(({ key }) => key),
      sent.flatMap(({ name, values }) => [name, ...values, ...PADDING.slice(values.length)]),
      (reply, index) => (sent[index] as Step).isExpected(reply),
    );
    return places.map((place) => replies[place]);
  }

  private async fillIfEqual(
    member: Member,
    key: string,
    token: string,
    entry: Buffer,
    lifeMs: number,
  ): Promise<number> {
    const reply = member.connection.redis.call('SET', key, entry, 'IFEQ', encodeLease(token), 'PX', lifeMs);
    return (await this.commands.run(member, reply)) === null ? 0 : 1;
  }

  /** Of keys with the same number, one server takes many in one command. */
  private groupOf(key: string): number {
    return this.members.isCluster ? slotOf(key) : 0;
  }
}

function bytesOf(value: string | number | Buffer): number {
  return typeof value === 'number' ? 0 : value.length;
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

/** Runs something after what runs now. */
type Schedule = (run: () => void) => unknown;

interface TurnBatchOptions<Item> {
  /** Sizes that go out together at most. */
  readonly most: number;
  readonly sizeOf: (item: Item) => number;
  /** When what was gathered goes out. */
  readonly schedule: Schedule;
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
    const size = this.options.sizeOf(item);
    if (this.groups.size === 0) this.options.schedule(this.flush);
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
