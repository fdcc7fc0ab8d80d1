/** What a request can wait for. */
const TIMED_PARTS = ['cache', 'database', 'provider'] as const;

export type TimedPart = (typeof TIMED_PARTS)[number];

/** Where the time of a request went, in milliseconds. The parts add up to the total. */
export interface TimingReport {
  readonly totalMs: number;
  readonly cacheMs: number;
  readonly databaseMs: number;
  readonly providerMs: number;
  /** Everything else: computing, reading the body, waiting for the processor. */
  readonly processingMs: number;
}

/**
 * Adds up what a request waits for, as it happens: one clock reading and one addition at each end of a wait, and nothing
 * is kept of the single ones. What runs at the same time is counted once: a provider before the database, the database
 * before the cache, since what is behind a cache is asked while somebody waits for the cache.
 */
export class RequestTimings {
  private readonly startedMs: number;
  private countedToMs: number;
  private readonly open = { cache: 0, database: 0, provider: 0 };
  private lastDatabaseMs: number | undefined;
  private lastProviderMs: number | undefined;
  private readonly sums = { cache: 0, database: 0, provider: 0 };

  constructor(private readonly nowMs: () => number = monotonicMs) {
    this.startedMs = this.countedToMs = nowMs();
  }

  begin(part: TimedPart): void {
    this.count();
    this.open[part]++;
  }

  end(part: TimedPart): void {
    const nowMs = this.count();
    this.open[part]--;
    if (part === 'database') this.lastDatabaseMs = nowMs;
    else if (part === 'provider') this.lastProviderMs = nowMs;
  }

  /** How long ago the database last answered this request, in milliseconds; undefined where it was not asked. */
  get databaseMsAgo(): number | undefined {
    return this.lastDatabaseMs === undefined ? undefined : this.nowMs() - this.lastDatabaseMs;
  }

  /** How long ago the database or a provider last answered this request, in milliseconds; undefined where none was asked. */
  get sourceMsAgo(): number | undefined {
    const last = Math.max(this.lastDatabaseMs ?? -1, this.lastProviderMs ?? -1);
    return last < 0 ? undefined : this.nowMs() - last;
  }

  /** Until now; what is still waited for is counted to now. */
  report(): TimingReport {
    const nowMs = this.count();
    const { cache, database, provider } = this.sums;
    const totalMs = nowMs - this.startedMs;
    const processingMs = Math.max(0, totalMs - cache - database - provider);
    return { totalMs, cacheMs: cache, databaseMs: database, providerMs: provider, processingMs };
  }

  private count(): number {
    const nowMs = this.nowMs();
    const { open, sums } = this;
    if (open.provider > 0) sums.provider += nowMs - this.countedToMs;
    else if (open.database > 0) sums.database += nowMs - this.countedToMs;
    else if (open.cache > 0) sums.cache += nowMs - this.countedToMs;
    this.countedToMs = nowMs;
    return nowMs;
  }
}

const monotonicMs = (): number => performance.now();

/** The value of `Server-Timing` (https://www.w3.org/TR/server-timing/). */
export function serverTimingOf(report: TimingReport): string {
  return (
    `total;dur=${rounded(report.totalMs)}, cache;dur=${rounded(report.cacheMs)}, ` +
    `database;dur=${rounded(report.databaseMs)}, provider;dur=${rounded(report.providerMs)}, ` +
    `processing;dur=${rounded(report.processingMs)}`
  );
}

/** The same to the microsecond. */
export function roundedTimings(report: TimingReport): TimingReport {
  return {
    totalMs: rounded(report.totalMs),
    cacheMs: rounded(report.cacheMs),
    databaseMs: rounded(report.databaseMs),
    providerMs: rounded(report.providerMs),
    processingMs: rounded(report.processingMs),
  };
}

function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

/** How a request was answered by the cache, over all that it read there. */
interface CacheReadsReport {
  readonly status: 'hit' | 'miss' | 'bypass';
  /** Until the first of the values expires, in milliseconds; undefined where it is not known, and without a hit. */
  readonly remainingMs: number | undefined;
}

/** Adds up how the cache answered the reads of one request: a hit is a request of which every read was one. */
export class CacheReads {
  private hits = 0;
  private misses = 0;
  private bypasses = 0;
  private remainingMs = Number.POSITIVE_INFINITY;

  note(status: 'hit' | 'stale' | 'miss' | 'bypass', remainingMs: number | undefined): void {
    if (status === 'miss') this.misses++;
    else if (status === 'bypass') this.bypasses++;
    else {
      this.hits++;
      if (remainingMs !== undefined && remainingMs < this.remainingMs) this.remainingMs = remainingMs;
    }
  }

  /** What was read before, such as the credential, is nothing of the answer. */
  begin(): void {
    this.hits = this.misses = this.bypasses = 0;
    this.remainingMs = Number.POSITIVE_INFINITY;
  }

  /**
   * Undefined where nothing was read through the cache.
   * @param askedSource whether something else than the cache was asked as well: then the answer is not the cache's
   */
  report(askedSource: boolean): CacheReadsReport | undefined {
    const { hits, misses, bypasses, remainingMs } = this;
    if (misses > 0) return { status: 'miss', remainingMs: undefined };
    if (bypasses > 0) return { status: 'bypass', remainingMs: undefined };
    if (hits === 0) return undefined;
    if (askedSource) return { status: 'bypass', remainingMs: undefined };
    return { status: 'hit', remainingMs: Number.isFinite(remainingMs) ? remainingMs : undefined };
  }
}
