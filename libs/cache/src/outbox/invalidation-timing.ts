export interface InvalidationTiming {
  /** How long a writer waits for a peer to confirm what it could not. */
  readonly invalidationBoundMs: number;
  /** Age from which the relays take a row that its writer has not removed. */
  readonly relayAfterMs: number;
  /** How often the relay and the watch look. */
  readonly pollMs: number;
}

export const DEFAULT_INVALIDATION_TIMING: InvalidationTiming = {
  invalidationBoundMs: 1_000,
  relayAfterMs: 250,
  pollMs: 250,
};
