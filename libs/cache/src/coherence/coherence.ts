/**
 * Tells this process what others change, so that families with `l1LagMs` may answer from memory alone. It says for how
 * long its news is complete, and readers decide by that: a link that went silent makes itself useless, not wrong.
 */
export abstract class Coherence {
  /**
   * How far behind it may be, in milliseconds: everything invalidated before that has been delivered. Infinity while
   * there is no link.
   */
  abstract lagMs(): number;

  /** A short name for health: `tracking`, `bus` or `none`. */
  abstract readonly kind: 'tracking' | 'bus' | 'none';

  /** News about the keys under this prefix is wanted from now on. */
  abstract watch(entryPrefix: string): void;

  /** Called inside the recovery gate: what was known is void, listen anew. */
  abstract rearm(): Promise<void>;

  /** Tells the others, where the server does not do it by itself. Rejects where it can't be confirmed. */
  abstract announce(stampKeys: readonly string[] | 'everything'): Promise<void>;

  abstract close(): void;
}

/** What a coherence link does to the local tier. */
export interface CoherenceListener {
  /** Keys (entries or stamps) that somebody changed or removed. */
  changed(keys: readonly string[]): void;
  /** News may have been lost: nothing local may be answered from alone. */
  lost(): void;
}

export class NoCoherence extends Coherence {
  readonly kind = 'none';
  lagMs(): number {
    return Number.POSITIVE_INFINITY;
  }
  watch(): void {}
  async rearm(): Promise<void> {}
  async announce(): Promise<void> {}
  close(): void {}
}
