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
