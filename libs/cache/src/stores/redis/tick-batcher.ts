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
export class TickBatcher<Item, Reply> {
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
