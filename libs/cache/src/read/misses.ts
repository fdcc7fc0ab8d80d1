import { cellOf, hardMsOf, isLease, loadedAtOf, nonceOf } from '../cache-entry.js';
import type { LeaseMode } from '../lease.js';
import { pauseFor } from '../pause.js';
import { randomId } from '../random-id.js';
import { answersJoiner, type Flight, type Landing, type SingleFlight } from '../single-flight.js';
import { type Binding, bindingOf, mayJoin } from '../stamps.js';
import type { CacheParts } from './cache-parts.js';
import type { FamilyRegistry } from './family-registry.js';
import type { Grant } from './fill.js';
import { noteSeen, type Reading } from './reading.js';
import { RememberedFailure } from './remembered-failure.js';
import type { Fallback, SharedAnswers } from './shared-answer.js';
import type { SourceReads } from './source-reads.js';

/** Looks at a key that keeps changing under the reader, before it loads without the right to fill. */
const MAX_ROUNDS = 4;

export type Acquisition =
  { readonly outcome: 'acquired'; readonly grant: Grant } | { readonly outcome: 'held' | 'changed' | 'unavailable' };

/** What a flight brought, as its family knows it. */
interface Landed<Value> extends Landing {
  readonly value: Value | RememberedFailure;
}

/**
 * Answers what the cache does not hold: by a load under way in this process, by another process's fill, or by a load of
 * its own under a lease.
 */
export class Misses {
  constructor(
    private readonly parts: CacheParts,
    private readonly families: FamilyRegistry,
    private readonly flights: SingleFlight,
    private readonly shared: SharedAnswers,
    private readonly source: SourceReads,
  ) {}

  /** @param fallback served instead of an error of the source */
  async obtain<Params, Value>(
    reading: Reading<Params, Value>,
    fallback: Fallback<Value> | undefined,
    asksSource = false,
  ): Promise<Value> {
    reading.state.stats.misses++;
    try {
      const { value } = await this.joinOrFly(reading, fallback !== undefined, asksSource);
      if (value instanceof RememberedFailure) throw value.error;
      return value;
    } catch (error) {
      return this.source.serveFallback(reading, error, fallback);
    }
  }

  /** Of a family that its key determines, with the shared tier away: one load at a time in this process. */
  async obtainAway<Params, Value>(reading: Reading<Params, Value>): Promise<Value> {
    const { state, key } = reading;
    state.stats.misses++;
    const running = this.flights.find(key);
    if (running !== undefined) {
      state.stats.coalesced++;
      reading.options?.awaitsOther?.();
      const { value } = await running.landing;
      if (value instanceof RememberedFailure) throw value.error;
      this.reportMiss(reading);
      return value as Value;
    }
    const { value } = await this.asFlight(reading, this.flights.begin(key, false), async (flight) => {
      flight.start(undefined);
      this.reportMiss(reading);
      return { value: await this.source.loadOnly(reading, undefined), foundUnder: undefined };
    });
    return value as Value;
  }

  /**
   * The lease, the missing stamps and the epoch, asked for in one tick; all answers are in before the load starts.
   * That they are older than the load is what makes the entry safe.
   */
  async acquire<Params, Value>(reading: Reading<Params, Value>, mode: LeaseMode): Promise<Acquisition> {
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

  /** Between finding no flight and being one, nothing is awaited: so there is one. */
  private async joinOrFly<Params, Value>(
    reading: Reading<Params, Value>,
    hasFallback: boolean,
    asksSource: boolean,
  ): Promise<Landed<Value>> {
    const { state, key } = reading;
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const flight = this.flights.find(key);
      if (flight === undefined) break;
      if (this.isJoinable(flight, reading, asksSource)) {
        state.stats.coalesced++;
        reading.options?.awaitsOther?.();
        const landing = await flight.landing;
        if (!state.family.mutable || answersJoiner(landing, reading.binding)) {
          this.reportMiss(reading);
          return landing as Landed<Value>;
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
    return this.fly(reading, hasFallback, asksSource);
  }

  private isJoinable<Params, Value>(flight: Flight, reading: Reading<Params, Value>, asksSource: boolean): boolean {
    if (asksSource) return flight.asksSource && !flight.started;
    return !reading.state.family.mutable || mayJoin(flight, reading.binding);
  }

  private fly<Params, Value>(
    reading: Reading<Params, Value>,
    hasFallback: boolean,
    asksSource: boolean,
  ): Promise<Landed<Value>> {
    const { key, seen } = reading;
    const older = this.flights.find(key);
    // A load of this process that is too old to be shared holds the lease: its fill would be dead on arrival.
    const isOwnLease = older?.token !== undefined && seen.entry !== null && isLeaseOf(seen.entry, older.token);
    const mode = asksSource || isOwnLease ? 'take-over' : 'fresh-key';
    return this.asFlight(reading, this.flights.begin(key, asksSource), (flight) =>
      this.loadUnderLease(reading, flight, mode, hasFallback),
    );
  }

  /** Runs a load as the flight that others may join. */
  private async asFlight<Params, Value>(
    { key }: Reading<Params, Value>,
    flight: Flight,
    run: (flight: Flight) => Promise<Landed<Value>>,
  ): Promise<Landed<Value>> {
    try {
      const landed = await run(flight);
      flight.land(landed);
      return landed;
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
  ): Promise<Landed<Value>> {
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
      await pauseFor(Math.min(leftMs, delayMs * (0.5 + Math.random())));
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
  private found<Params, Value>(reading: Reading<Params, Value>, value: Value | RememberedFailure): Landed<Value> {
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
