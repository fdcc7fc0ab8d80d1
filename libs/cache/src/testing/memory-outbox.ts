import type { Clock } from '#kernel';
import {
  type Erasure,
  InvalidationOutbox,
  type OverdueInvalidations,
  type PendingInvalidation,
  type RecentInvalidation,
  type Transactions,
} from '../outbox/invalidation-outbox.js';
import type { Tag } from '../families/tag.js';

interface Row extends PendingInvalidation {
  readonly createdMs: number;
  claimedUntilMs: number;
}

interface ErasureRow {
  readonly id: string;
  readonly scope: string;
  readonly createdMs: number;
  claimedUntilMs: number;
  doneMs: number | undefined;
}

const CLAIM_MS = 1_000;
const ERASURE_CLAIM_MS = 5_000;

/** The table, shared by the outboxes of all processes of a test. */
export class OutboxTable {
  readonly rows = new Map<string, Row>();
  readonly erasures = new Map<string, ErasureRow>();
  readonly listeners = new Set<() => void>();
  lastId = 0;

  newId(): string {
    this.lastId++;
    return String(this.lastId);
  }
}

/** The outbox of one process, in memory. Rows are there at once: a fake transaction keeps nothing back. */
export class MemoryOutbox extends InvalidationOutbox {
  private listener: (() => void) | undefined;

  constructor(
    private readonly table: OutboxTable,
    private readonly clock: Clock,
    private readonly transactions?: Transactions,
  ) {
    super();
  }

  get transaction(): object | undefined {
    return this.transactions?.transaction;
  }

  async beforeCommit(hook: () => Promise<void>): Promise<void> {
    if (this.transactions === undefined) await hook();
    else await this.transactions.beforeCommit(hook);
  }

  async afterCommit(hook: () => Promise<void> | void): Promise<void> {
    if (this.transactions === undefined) await hook();
    else await this.transactions.afterCommit(hook);
  }

  async append(tags: readonly Tag[]): Promise<string> {
    const id = this.table.newId();
    this.table.rows.set(id, { id, tags, createdMs: this.clock.nowMs(), claimedUntilMs: 0 });
    return id;
  }

  async remove(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.table.rows.delete(id);
  }

  async claim(olderThanMs: number, limit: number, snapshot?: string): Promise<PendingInvalidation[]> {
    const nowMs = this.clock.nowMs();
    const free = this.due(olderThanMs, snapshot).filter((row) => row.claimedUntilMs <= nowMs);
    const claimed = free.slice(0, limit);
    for (const row of claimed) row.claimedUntilMs = nowMs + CLAIM_MS;
    return claimed;
  }

  async overdue(olderThanMs: number, limit: number, snapshot?: string): Promise<OverdueInvalidations> {
    return {
      rows: this.due(olderThanMs, snapshot).slice(0, limit),
      snapshot: String(this.table.lastId),
      isAnyLeft: this.table.rows.size > 0,
      erasures: await this.erasures(),
    };
  }

  async recent(
    withinMs: number,
    limit: number,
    snapshot?: string,
    delivered: readonly string[] = [],
  ): Promise<RecentInvalidation[]> {
    await this.remove(delivered);
    const nowMs = this.clock.nowMs();
    return [...this.table.rows.values()]
      .map((row) => ({ ...row, ageMs: nowMs - row.createdMs }))
      .filter(({ id, ageMs }) => ageMs < withinMs || (snapshot !== undefined && Number(id) > Number(snapshot)))
      .toReversed()
      .slice(0, limit);
  }

  async left(ids: readonly string[]): Promise<string[]> {
    return ids.filter((id) => this.table.rows.has(id));
  }

  async hasRelays(): Promise<boolean> {
    return this.table.listeners.size > 0;
  }

  async appendErasure(scope: string): Promise<string> {
    const id = this.table.newId();
    const createdMs = this.clock.nowMs();
    this.table.erasures.set(id, { id, scope, createdMs, claimedUntilMs: 0, doneMs: undefined });
    return id;
  }

  async erasures(): Promise<Erasure[]> {
    return [...this.table.erasures.values()].map((row) => this.toErasure(row));
  }

  async claimErasures(olderThanMs: number): Promise<Erasure[]> {
    const nowMs = this.clock.nowMs();
    const claimed = [...this.table.erasures.values()].filter(
      (row) => row.doneMs === undefined && nowMs - row.createdMs >= olderThanMs && row.claimedUntilMs <= nowMs,
    );
    for (const row of claimed) row.claimedUntilMs = nowMs + ERASURE_CLAIM_MS;
    return claimed.map((row) => this.toErasure(row));
  }

  async erased(ids: readonly string[]): Promise<string[]> {
    const rows = ids.map((id) => this.table.erasures.get(id)).filter((row) => row !== undefined);
    for (const row of rows) row.doneMs ??= this.clock.nowMs();
    return rows.map(({ id }) => id);
  }

  async takeFinished(doneForMs: number): Promise<Erasure[]> {
    const all = [...this.table.erasures.values()].map((row) => this.toErasure(row));
    const finished = all.filter(({ doneMsAgo }) => doneMsAgo !== undefined && doneMsAgo >= doneForMs);
    for (const { id } of finished) this.table.erasures.delete(id);
    return finished;
  }

  async oldestAgeMs(): Promise<number> {
    const [oldest] = this.due(0);
    return oldest === undefined ? 0 : this.clock.nowMs() - oldest.createdMs;
  }

  async notify(): Promise<void> {
    for (const listener of this.table.listeners) listener();
  }

  onNotify(listener: () => void): void {
    this.listener = listener;
    this.table.listeners.add(listener);
  }

  async close(): Promise<void> {
    if (this.listener !== undefined) this.table.listeners.delete(this.listener);
  }

  private toErasure({ id, scope, doneMs }: ErasureRow): Erasure {
    return { id, scope, doneMsAgo: doneMs === undefined ? undefined : this.clock.nowMs() - doneMs };
  }

  private due(ms: number, snapshot?: string): Row[] {
    const nowMs = this.clock.nowMs();
    return [...this.table.rows.values()].filter(
      ({ id, createdMs }) =>
        nowMs - createdMs >= ms || createdMs > nowMs || (snapshot !== undefined && Number(id) <= Number(snapshot)),
    );
  }
}
