import { setTimeout as pause } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { messageOf } from '#kernel';
import { isMutableEntry } from '../families/family.js';
import type { KeySpace } from '../families/key.js';
import { endedWithin } from '../ended-within.js';
import { FreshLoads } from '../read/load-sharing.js';
import type { LocalTier } from '../stores/local-tier.js';
import type { SharedStore } from '../stores/shared-store.js';
import type { Erasure, InvalidationOutbox } from './invalidation-outbox.js';
import type { InvalidationTiming } from './invalidation-timing.js';

/** How long an erasure that is done is kept, so that every process sees it. */
const KEPT_MS = 60_000;
/** A process that has not looked for longer may have missed one, and drops everything. */
const LONGEST_GAP_MS = KEPT_MS / 2;
/** How long a read waits for a look that is overdue: the value may be paid for, and a busy machine looks late. */
const LOOK_TIMEOUT_MS = 500;
/** After a look that took longer, reads ask their source at once for so long. */
const LOOK_AGAIN_MS = 1_000;
const LOOK_EVERY_MS = 40;
const SCAN_PAGE = 1_000;

/** Where entries are, and who else has some. */
interface ErasureReach {
  /** `shared`: the store of all processes. `own`: this process's alone. `none`: there is no store. */
  readonly store: 'shared' | 'own' | 'none';
  /** Whether other processes write to the database: only theirs can be missed. */
  readonly othersWrite: boolean;
}

interface Handed {
  readonly scopes: readonly string[];
  /** On the monotonic clock: a look that begins later sees the row. */
  readonly sinceMs: number;
}

/**
 * Removes what the caches hold of a workspace of which something was deleted for good: entries of every family and
 * release with the leases on them, so that a load under way stores nothing; and what every process keeps, with the loads
 * that it shares.
 *
 * A row informs the others (`InvalidationOutbox.appendErasure`). Each process looks for rows with its relay, and drops what
 * it keeps. Until a row is done, immutable families of its scope are read from their source alone. A process that could
 * not look for half the bound does not answer alone either, until it has looked. So after half the bound nobody serves
 * what was erased, and `deliver` returns no earlier.
 *
 * A caller may have read a text before its deletion and store something made of it just after the removal. So before the
 * row goes, a second removal takes what is there by then of immutable families, and of those that this release does not
 * declare. Loads of mutable families ask the source: what is stored of them after the first removal stays.
 */
export class Erasures {
  private readonly logger = new Logger('Cache');
  private readonly removals = new FreshLoads();
  private readonly looks = new FreshLoads();
  private readonly onDropped: (() => void)[] = [];
  /** Rows of the last look, with their scopes and whether they were done. */
  private known: ReadonlyMap<string, Erasure> = new Map();
  /** Scopes whose entries may still be in the shared tier. */
  private pending: ReadonlySet<string> = new Set();
  /** Those of this process that no look has seen yet, by how many. */
  private readonly own = new Map<string, number>();
  private handed: Handed[] = [];
  private isWatching = false;
  private stopped = false;
  private seenMs = Number.NEGATIVE_INFINITY;
  private noWaitUntilMs = 0;

  constructor(
    private readonly outbox: InvalidationOutbox,
    private readonly store: SharedStore,
    private readonly local: LocalTier,
    private readonly space: KeySpace,
    private readonly timing: InvalidationTiming,
    private readonly reach: ErasureReach,
  ) {}

  /** Runs `listener` whenever loads that run by now must not be shared any more. */
  whenDropped(listener: () => void): void {
    this.onDropped.push(listener);
  }

  /** From now on a look is due every half bound. */
  watch(): void {
    this.isWatching = true;
  }

  /** Whoever waits is answered. */
  stop(): void {
    this.stopped = true;
  }

  /** Whether any immutable family may have to be read from its source: then ask `mustAskSource` of the key. */
  get isUncertain(): boolean {
    return this.pending.size > 0 || this.own.size > 0 || this.isLate;
  }

  async mustAskSource(key: string): Promise<boolean> {
    if (this.isLate && performance.now() >= this.noWaitUntilMs) await this.lookInTime();
    if (this.isLate) return true;
    const isOfKey = (scope: string) => this.space.isEntryIn(scope, key);
    return [...this.pending].some(isOfKey) || [...this.own.keys()].some(isOfKey);
  }

  /**
   * After the commit. Resolves when nobody serves any more what was erased: at the latest after the bound.
   * @param rowIds none where no other process can hold anything
   */
  async deliver(scopes: readonly string[], rowIds: readonly string[]): Promise<void> {
    const startedMs = performance.now();
    const { invalidationBoundMs } = this.timing;
    const release = this.hold(scopes);
    this.drop(scopes);
    if (rowIds.length > 0) await this.outbox.notify().catch(() => undefined);
    const removal = this.removeFinally(scopes, rowIds, release);
    const isRemoved = (await endedWithin(removal, invalidationBoundMs)) && (await removal);
    if (rowIds.length === 0) return;
    if (!isRemoved) await this.awaitPeer(rowIds, startedMs + invalidationBoundMs);
    const leftMs = startedMs + invalidationBoundMs / 2 - performance.now();
    if (this.reach.othersWrite && leftMs > 0) await pause(leftMs);
  }

  /** What a look of the relay has seen that began then, on the monotonic clock. */
  noteLook(startedMs: number, rows: readonly Erasure[]): void {
    // A later look knows more.
    if (startedMs <= this.seenMs) return;
    if (startedMs - this.seenMs > LONGEST_GAP_MS && this.local.size > 0) this.local.clear();
    this.note(new Map(rows.map((row) => [row.id, row])));
    this.seenMs = startedMs;
    const isSeen = ({ sinceMs }: Handed) => sinceMs < startedMs;
    for (const { scopes } of this.handed.filter(isSeen)) this.letGo(scopes);
    this.handed = this.handed.filter((each) => !isSeen(each));
  }

  /**
   * One turn of the relay: looks, removes what writers have not, and lets go of what everybody has seen.
   * @param hasLooked whether the relay has just called `noteLook`
   */
  async round(hasLooked: boolean): Promise<void> {
    if (!hasLooked) await this.look();
    const rows = [...this.known.values()];
    if (this.canRemove && rows.some(({ doneMsAgo }) => doneMsAgo === undefined)) {
      const claimed = await this.outbox.claimErasures(this.timing.relayAfterMs);
      await this.removeAll(claimed);
      if (claimed.length > 0) {
        await this.outbox.erased(claimed.map(({ id }) => id));
        await this.look();
      }
    }
    if (this.canRemove && rows.some(({ doneMsAgo = 0 }) => doneMsAgo > KEPT_MS)) {
      await this.removeAll(await this.outbox.takeFinished(KEPT_MS), this.mayBeOfBefore);
    }
  }

  private get isLate(): boolean {
    return (
      this.isWatching && this.reach.othersWrite && performance.now() - this.seenMs > this.timing.invalidationBoundMs / 2
    );
  }

  /** Without a store there is nothing to remove, and nothing that could fail. */
  private get canRemove(): boolean {
    return this.reach.store !== 'shared' || this.store.isOpen;
  }

  private async lookInTime(): Promise<void> {
    await endedWithin(this.look(), LOOK_TIMEOUT_MS);
    if (this.isLate) this.noWaitUntilMs = performance.now() + LOOK_AGAIN_MS;
  }

  /** Callers who come while one runs share the next. */
  private look(): Promise<void> {
    return this.looks.load('rows', this.timing.invalidationBoundMs, async () => {
      const startedMs = performance.now();
      this.noteLook(startedMs, await this.outbox.erasures());
    });
  }

  /** Drops for every row that is new, that is done since the last look, or that is gone. */
  private note(rows: ReadonlyMap<string, Erasure>): void {
    const changed = [...rows.values()].filter(({ id, doneMsAgo }) => {
      const before = this.known.get(id);
      return before === undefined || (before.doneMsAgo === undefined && doneMsAgo !== undefined);
    });
    const gone = [...this.known.values()].filter(({ id }) => !rows.has(id));
    const [finished, unseen] = [gone.filter(isDone), gone.filter((row) => !isDone(row))];
    this.known = rows;
    if (this.reach.store === 'shared') {
      const undone = [...rows.values()].filter(({ doneMsAgo }) => doneMsAgo === undefined);
      this.pending = new Set(undone.map(({ scope }) => scope));
    }
    this.drop(scopesOf([...changed, ...unseen]));
    this.drop(scopesOf(finished), this.mayBeOfBefore);
  }

  /** What may have been stored after the first removal, and made of what was read before it. */
  private readonly mayBeOfBefore = (key: string) => !isMutableEntry(this.space, key);

  private drop(scopes: readonly string[], concerns = everything): void {
    if (scopes.length === 0) return;
    this.local.deleteWhere((key) => concerns(key) && scopes.some((scope) => this.space.isEntryIn(scope, key)));
    for (const listener of this.onDropped) listener();
  }

  /** Removes them and says so; what fails is left to the relays. @returns whether all of it is done */
  private async removeFinally(
    scopes: readonly string[],
    rowIds: readonly string[],
    release: () => void,
  ): Promise<boolean> {
    try {
      await Promise.all(scopes.map((scope) => this.remove(scope)));
      const done = rowIds.length === 0 ? [] : await this.outbox.erased(rowIds);
      this.drop(scopes);
      release();
      return done.length === rowIds.length;
    } catch (error) {
      this.logger.warn(`What was deleted could not be removed from the shared tier yet: ${messageOf(error)}`);
      if (rowIds.length === 0) release();
      else this.handed.push({ scopes, sinceMs: performance.now() });
      return false;
    }
  }

  private async removeAll(erasures: readonly Erasure[], concerns = everything): Promise<void> {
    const scopes = scopesOf(erasures);
    await Promise.all(scopes.map((scope) => this.remove(scope, concerns)));
    this.drop(scopes, concerns);
  }

  /** A scan of the whole store. Callers who come while one runs share the next. */
  private remove(scope: string, concerns = everything): Promise<void> {
    const what = concerns === everything ? scope : `late ${scope}`;
    return this.removals.load(what, this.timing.invalidationBoundMs, async () => {
      if (this.reach.store === 'none') return;
      let cursor = '0';
      do {
        const page = await this.store.scan(this.space.entryPrefix, cursor, SCAN_PAGE, `:${scope}:`);
        await this.store.deleteKeys(page.keys.filter((key) => concerns(key) && this.space.isEntryIn(scope, key)));
        cursor = page.cursor;
      } while (cursor !== '0');
    });
  }

  /** Another process may reach what this one can't. */
  private async awaitPeer(rowIds: readonly string[], untilMs: number): Promise<void> {
    if (this.reach.store !== 'shared' && !(await this.outbox.hasRelays().catch(() => true))) return;
    while (!this.stopped && performance.now() < untilMs) {
      await this.look().catch(() => undefined);
      if (rowIds.every((id) => this.known.get(id)?.doneMsAgo !== undefined)) return;
      await pause(Math.min(LOOK_EVERY_MS, Math.max(0, untilMs - performance.now())));
    }
  }

  /** Until the returned function is called, or a look that begins later sees the row. */
  private hold(scopes: readonly string[]): () => void {
    if (this.reach.store !== 'shared') return () => undefined;
    for (const scope of scopes) this.own.set(scope, (this.own.get(scope) ?? 0) + 1);
    return () => this.letGo(scopes);
  }

  private letGo(scopes: readonly string[]): void {
    for (const scope of scopes) {
      const left = (this.own.get(scope) ?? 1) - 1;
      if (left > 0) this.own.set(scope, left);
      else this.own.delete(scope);
    }
  }
}

const everything = (_key: string) => true;

function isDone({ doneMsAgo }: Erasure): boolean {
  return doneMsAgo !== undefined;
}

function scopesOf(erasures: readonly Erasure[]): string[] {
  return [...new Set(erasures.map(({ scope }) => scope))];
}
