import { endedWithin } from '../ended-within.js';
import type { Binding } from '../protocol/entry.js';

/** The answer of a flight. */
export interface FlightResult {
  readonly value: unknown;
  /**
   * Epoch and stamps under which the value was found in the shared tier, filled there by somebody else meanwhile.
   * Undefined where the source itself was asked.
   */
  readonly foundUnder: Binding | undefined;
}

/** One load under way in this process. */
export class Flight {
  /** Whether the source is being asked already. Until then, whoever comes may share what it will answer. */
  started = false;
  /** Epoch and stamps from before the load. */
  binding: Binding | undefined;
  /** Token of its lease, where it has one. */
  token: string | undefined;
  readonly result: Promise<FlightResult>;
  complete!: (result: FlightResult) => void;
  fail!: (error: unknown) => void;

  /** @param asksSource whether it asks the source whatever the shared tier holds */
  constructor(readonly asksSource: boolean) {
    this.result = new Promise((resolve, reject) => {
      this.complete = resolve;
      this.fail = reject;
    });
    // Whoever loads gets the error too; without joiners nobody else listens.
    this.result.catch(() => undefined);
  }

  start(binding: Binding | undefined): void {
    this.started = true;
    this.binding = binding;
  }
}

/**
 * The loads under way in this process, by key. Sharing one is safe only as `mayJoin` says: a load that began before an
 * acknowledged write must not answer a read that began after it.
 */
export class SingleFlight {
  private readonly flights = new Map<string, Flight>();

  find(key: string): Flight | undefined {
    return this.flights.get(key);
  }

  /** Registers a new load; it takes the place of an older one that may not be shared any more. */
  begin(key: string, asksSource: boolean): Flight {
    const flight = new Flight(asksSource);
    this.flights.set(key, flight);
    return flight;
  }

  /** Nobody joins any more what runs now. */
  forgetAll(): void {
    this.flights.clear();
  }

  end(key: string, flight: Flight): void {
    if (this.flights.get(key) === flight) this.flights.delete(key);
  }
}

/**
 * Whether the result of a flight answers a reader that has read `current` itself. What the source said does, by the
 * rule under which the reader joined. What was found in the shared tier may have been found before the reader began.
 */
export function answersJoiner({ foundUnder }: FlightResult, current: Binding | undefined): boolean {
  return foundUnder === undefined || foundUnder === current;
}

interface Running {
  readonly ended: Promise<unknown>;
  next: Promise<unknown> | undefined;
}

/**
 * Shares loads among callers who may trust nothing older than their own call: who comes while a load runs waits for it
 * to end and shares the next one. So a source without a cache before it has one load of a key at a time, and nobody
 * waits for more than two.
 */
export class FreshLoads {
  private readonly running = new Map<string, Running>();

  /** @param timeoutMs how long the next load waits for the one that runs */
  async load<Value>(key: string, timeoutMs: number, load: () => Promise<Value>): Promise<Value> {
    const running = this.running.get(key);
    if (running === undefined) return this.start(key, load);
    running.next ??= this.startAfter(running, key, timeoutMs, load);
    return running.next as Promise<Value>;
  }

  private async startAfter<Value>(
    { ended }: Running,
    key: string,
    timeoutMs: number,
    load: () => Promise<Value>,
  ): Promise<Value> {
    await endedWithin(ended, timeoutMs);
    return this.start(key, load);
  }

  private start<Value>(key: string, load: () => Promise<Value>): Promise<Value> {
    const value = load();
    const ended = value.then(
      () => undefined,
      () => undefined,
    );
    const running: Running = { ended, next: undefined };
    this.running.set(key, running);
    void ended.then(() => {
      if (this.running.get(key) === running && running.next === undefined) this.running.delete(key);
      return undefined;
    });
    return value;
  }
}
