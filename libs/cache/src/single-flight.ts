import type { Binding } from './stamps.js';

/** What a flight brought. */
export interface Landing {
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
  readonly landing: Promise<Landing>;
  land!: (landing: Landing) => void;
  fail!: (error: unknown) => void;

  /** @param asksSource whether it asks the source whatever the shared tier holds */
  constructor(readonly asksSource: boolean) {
    this.landing = new Promise((resolve, reject) => {
      this.land = resolve;
      this.fail = reject;
    });
    // Whoever flies it gets the error too; without joiners nobody else listens.
    this.landing.catch(() => undefined);
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
 * Whether what a flight brought answers a reader that has read `current` itself. What the source said does, by the
 * rule under which the reader joined. What was found in the shared tier may have been found before the reader began.
 */
export function answersJoiner({ foundUnder }: Landing, current: Binding | undefined): boolean {
  return foundUnder === undefined || foundUnder === current;
}
