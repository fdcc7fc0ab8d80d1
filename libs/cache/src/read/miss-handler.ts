import { setTimeout as pause } from 'node:timers/promises';
import type { BackgroundWork } from './background-work.js';
import {
  type Binding,
  bindingOf,
  cellOf,
  hardMsOf,
  isEntry,
  isLease,
  loadedAtOf,
  mayJoin,
  nonceOf,
} from '../protocol/entry.js';
import type { LeaseMode } from '../protocol/lease.js';
import { randomId } from '../protocol/random-id.js';
import { answersJoiner, type Flight, type FlightResult, type SingleFlight } from './load-sharing.js';
import { type CacheParts, noteSeen, type Reading, RememberedFailure } from './reading.js';
import type { FamilyRegistry } from '../families/registry.js';
import type { Grant } from './entry-writer.js';
import type { Fallback, SharedReader } from './shared-reader.js';
import type { SourceLoader } from './source-loader.js';

/** Looks at a key that keeps changing under the reader, before it loads without the right to fill. */
const MAX_ROUNDS = 4;

type Acquisition =
  { readonly outcome: 'acquired'; readonly grant: Grant } | { readonly outcome: 'held' | 'changed' | 'unavailable' };

/** The result of a flight, as its family knows it. */
interface FamilyFlightResult<Value> extends FlightResult {
  readonly value: Value | RememberedFailure;
}

/**
 * Answers what the cache does not hold: by a load under way in this process, by another process's fill, or by a load of
 * its own under a lease.
 */
export class MissHandler {
  /** Keys that are refreshed now. */
  private readonly refreshing = new Set<string>();

  constructor(
    private readonly parts: CacheParts,
    private readonly families: FamilyRegistry,
    private readonly flights: SingleFlight,
    private readonly shared: SharedReader,
    private readonly source: SourceLoader,
    private readonly background: BackgroundWork,
  ) {}

  /** @param fallback served instead of an error of the source */
  async obtain<Params, Value>(
    reading: Reading<Params, Value>,
    fallback: Fallback<Value> | undefined,
    asksSource = false,
  ): Promise<Value> {
    reading.state.stats.misses++;
    try {
      const { value } = await this.joinOrLoad(reading, fallback !== undefined, asksSource);
      if (value instanceof RememberedFailure) throw value.error;
      return value;
    } catch (error) {
      return this.source.serveFallback(reading, error, fallback);
    }
  }

  /** Of a family that its key determines, with the shared tier unavailable: one load at a time in this process. */
  async obtainUnavailable<Params, Value>(reading: Reading<Params, Value>): Promise<Value> {
    const { state, key } = reading;
    state.stats.misses++;
    const running = this.flights.find(key);
    if (running !== undefined) {
      state.stats.coalesced++;
      reading.options?.awaitsOther?.();
      const { value } = await running.result;
      if (value instanceof RememberedFailure) throw value.error;
      this.reportMiss(reading);
      return value as Value;
    }
    const { value } = await this.runFlight(reading, this.flights.begin(key, false), async (flight) => {
      flight.start(undefined);
      this.reportMiss(reading);
      return { value: await this.source.loadOnly(reading, undefined), foundUnder: undefined };
    });
    return value as Value;
  }

  /**
   * Early refresh: loads an entry that is still served again, in the background. One at a time: in this process by the
   * set of keys, across processes by the lease over the entry.
   * @param nonce of the entry; '' where there is none in the shared tier
   */
  refreshLater<Params, Value>(reading: Reading<Params, Value>, nonce: string): void {
    const { key } = reading;
    if (nonce === '' || this.refreshing.has(key) || !this.parts.store.isOpen) return;
    this.refreshing.add(key);
    this.background.start(() => this.refresh({ ...reading }, nonce).finally(() => this.refreshing.delete(key)));
  }

  /**
   * The lease, the missing stamps and the epoch, asked for in one tick; all answers are in before the load starts.
   * That they are older than the load is what makes the entry safe.
   */
  private async acquire<Params, Value>(reading: Reading<Params, Value>, mode: LeaseMode): Promise<Acquisition> {
    const { key, stampKeys, seen } = reading;
    const { store, options } = this.parts;
    const nonce = seen.entry === null || isLease(seen.entry) ? '' : nonceOf(seen.entry);
    const token = randomId();
    const missing = stampKeys.filter((_, i) => seen.stamps[i] === null);
    try {
      const [outcome, made, epoch] = await Promise.all([
        store.acquire(key, { token, mode, nonce, leaseMs: options.leaseMs }),
        missing.length === 0 ? [] : store.makeStamps(missing, this.families.stampLifeMs),
        seen.epoch ?? store.makeEpoch(key, stampKeys),
      ]);
      if (outcome !== 'acquired') return { outcome };
      let next = 0;
      const stamps = seen.stamps.map((stamp) => stamp ?? (made[next++] as string));
      return {
        outcome,
        grant: { token, binding: bindingOf(epoch, stamps) as Binding, overEntry: mode === 'over-entry' },
      };
    } catch {
      reading.state.stats.errors++;
      return { outcome: 'unavailable' };
    }
  }

  private async refresh<Params, Value>(reading: Reading<Params, Value>, nonce: string): Promise<void> {
    noteSeen(reading, await this.parts.store.read(reading.key, reading.stampKeys));
    const { entry } = reading.seen;
    if (entry === null || !isEntry(entry) || nonceOf(entry) !== nonce) return;
    const acquisition = await this.acquire(reading, 'over-entry');
    if (acquisition.outcome !== 'acquired') return;
    reading.state.stats.refreshes++;
    await this.source.loadAndFill(reading, acquisition.grant, false);
  }

  /** Between finding no flight and being one, nothing is awaited: so there is one. */
  private async joinOrLoad<Params, Value>(
    reading: Reading<Params, Value>,
    hasFallback: boolean,
    asksSource: boolean,
  ): Promise<FamilyFlightResult<Value>> {
    const { state, key } = reading;
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const flight = this.flights.find(key);
      if (flight === undefined) break;
      if (this.isJoinable(flight, reading, asksSource)) {
        state.stats.coalesced++;
        reading.options?.awaitsOther?.();
        const result = await flight.result;
        if (!state.family.mutable || answersJoiner(result, reading.binding)) {
          this.reportMiss(reading);
          return result as FamilyFlightResult<Value>;
        }
      } else if (asksSource || !flight.started || reading.binding !== undefined) {
        break;
      }
      // The stamps of the load, or what it found, may have been made after this reader looked.
      if (!(await this.lookAgain(reading))) break;
      const value = this.shared.usable(reading);
      if (value !== undefined) return this.found(reading, value);
      if (reading.binding === undefined) break;
    }
    return this.loadAsFlight(reading, hasFallback, asksSource);
  }

  private isJoinable<Params, Value>(flight: Flight, reading: Reading<Params, Value>, asksSource: boolean): boolean {
    if (asksSource) return flight.asksSource && !flight.started;
    return !reading.state.family.mutable || mayJoin(flight, reading.binding);
  }

  private loadAsFlight<Params, Value>(
    reading: Reading<Params, Value>,
    hasFallback: boolean,
    asksSource: boolean,
  ): Promise<FamilyFlightResult<Value>> {
    const { key, seen } = reading;
    const older = this.flights.find(key);
    // A load of this process that is too old to be shared holds the lease: its fill would be dead on arrival.
    const isOwnLease = older?.token !== undefined && seen.entry !== null && isLeaseOf(seen.entry, older.token);
    const mode = asksSource || isOwnLease ? 'take-over' : 'fresh-key';
    return this.runFlight(reading, this.flights.begin(key, asksSource), (flight) =>
      this.loadUnderLease(reading, flight, mode, hasFallback),
    );
  }

  /** Runs a load as the flight that others may join. */
  private async runFlight<Params, Value>(
    { key }: Reading<Params, Value>,
    flight: Flight,
    run: (flight: Flight) => Promise<FamilyFlightResult<Value>>,
  ): Promise<FamilyFlightResult<Value>> {
    try {
      const result = await run(flight);
      flight.complete(result);
      return result;
    } catch (error) {
      flight.fail(error);
      throw error;
    } finally {
      this.flights.end(key, flight);
    }
  }

  private async loadUnderLease<Params, Value>(
    reading: Reading<Params, Value>,
    flight: Flight,
    mode: LeaseMode,
    hasFallback: boolean,
  ): Promise<FamilyFlightResult<Value>> {
    const deadlineMs = performance.now() + reading.state.policy.loadTimeoutMs;
    const loadWith = async (binding: Binding | undefined, load: () => Promise<Value>) => {
      flight.start(binding);
      this.reportMiss(reading);
      return { value: await load(), foundUnder: undefined };
    };
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const acquisition = await this.acquire(reading, mode);
      if (acquisition.outcome === 'acquired') {
        const { grant } = acquisition;
        flight.token = grant.token;
        return loadWith(grant.binding, () => this.source.loadAndFill(reading, grant, hasFallback));
      }
      if (acquisition.outcome === 'unavailable') {
        return loadWith(undefined, () => this.source.loadOnly(reading, undefined));
      }
      const looked = acquisition.outcome === 'held' ? this.awaitFill(reading, deadlineMs) : this.lookAgain(reading);
      if (!(await looked)) break;
      const value = this.shared.usable(reading);
      if (value !== undefined) return this.found(reading, value);
    }
    const { binding } = reading;
    return loadWith(binding, () => this.source.loadOnly(reading, binding));
  }

  /**
   * Waits, with jitter, for the holder of the lease to fill it or to give up. A look that is late is looked again, as
   * long as the shared tier counts as there. False: it took too long.
   */
  private async awaitFill<Params, Value>(reading: Reading<Params, Value>, deadlineMs: number): Promise<boolean> {
    reading.options?.awaitsOther?.();
    for (let delayMs = 4; ; delayMs = Math.min(40, delayMs * 1.6)) {
      const leftMs = deadlineMs - performance.now();
      if (leftMs <= 0) return false;
      await pause(Math.min(leftMs, delayMs * (0.5 + Math.random())));
      if (await this.lookAgain(reading)) {
        const { entry } = reading.seen;
        if (entry === null || !isLease(entry)) return true;
      } else if (!this.parts.store.isOpen) return false;
    }
  }

  /** False: the shared tier did not answer; what was seen before is void. */
  private async lookAgain<Params, Value>(reading: Reading<Params, Value>): Promise<boolean> {
    try {
      noteSeen(reading, await this.parts.store.read(reading.key, reading.stampKeys));
      return true;
    } catch {
      reading.state.stats.errors++;
      reading.binding = undefined;
      return false;
    }
  }

  private reportMiss<Params, Value>({ options }: Reading<Params, Value>): void {
    options?.report?.({ status: 'miss', tier: 'source', ageMs: 0, remainingMs: undefined });
  }

  /** Somebody else filled the entry meanwhile. */
  private found<Params, Value>(
    reading: Reading<Params, Value>,
    value: Value | RememberedFailure,
  ): FamilyFlightResult<Value> {
    const entry = reading.seen.entry as Buffer;
    const ageMs = Math.max(0, this.parts.clock.nowMs() - loadedAtOf(entry));
    reading.options?.report?.({ status: 'hit', tier: 'shared', ageMs, remainingMs: hardMsOf(entry) - ageMs });
    return { value, foundUnder: reading.binding };
  }
}

function isLeaseOf(entry: Buffer, token: string): boolean {
  const cell = cellOf(entry);
  return cell.kind === 'lease' && cell.token === token;
}
