import { type Binding, mayJoin } from './stamps.js';

/** One load under way in this process. */
export class Flight {
  /** Whether the source is being asked already. Until then, whoever comes may share what it will answer. */
  started = false;
  /** Epoch and stamps from before the load. */
  binding: Binding | undefined;
  /** Token of its lease, where it has one. */
  token: string | undefined;
  /** The value, or undefined where there is none. */
  readonly promise: Promise<unknown>;
  settle!: { resolve(value: unknown): void; reject(error: unknown): void };

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
    });
    // Whoever flies it gets the error too; without joiners nobody else listens.
    this.promise.catch(() => undefined);
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

  get size(): number {
    return this.flights.size;
  }

  find(key: string): Flight | undefined {
    return this.flights.get(key);
  }

  joinable(key: string, current: Binding | undefined, isImmutable: boolean): Flight | undefined {
    const flight = this.flights.get(key);
    return flight !== undefined && (isImmutable || mayJoin(flight, current)) ? flight : undefined;
  }

  /** Registers a new load; it takes the place of an older one that may not be shared any more. */
  begin(key: string): Flight {
    const flight = new Flight();
    this.flights.set(key, flight);
    return flight;
  }

  end(key: string, flight: Flight): void {
    if (this.flights.get(key) === flight) this.flights.delete(key);
  }
}
