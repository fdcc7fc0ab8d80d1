import type { Principal } from '#kernel';
import type { RateLimit, RateLimitCharge, RateLimitDecision, RateLimitState } from '../rate-limit.js';

/** Whose units are counted: a principal, an address, a provider. Any text; two subjects never share a counter. */
export type LimitSubject = string;

/**
 * Counts by the generic cell rate algorithm (ITU-T I.371; Brandur Leach, "Rate Limiting, Cells, and GCRA", 2015): one
 * number a counter, the time at which it is empty again. No window edges, and no counter that outlives its period.
 */
export abstract class Limiter {
  /**
   * Takes the units from every limit, or from none where one does not have them: a request that one limit refuses does not
   * consume another. Atomic: of concurrent callers exactly as many pass as the limits allow.
   */
  abstract consume(subject: LimitSubject, charges: readonly RateLimitCharge[]): Promise<RateLimitDecision>;

  /** The states without taking anything. */
  abstract look(subject: LimitSubject, limits: readonly RateLimit[]): Promise<readonly RateLimitState[]>;

  /** Gives all units back. */
  abstract reset(subject: LimitSubject, limits: readonly RateLimit[]): Promise<void>;
}

/** Names a credential among all: it has its own counters in every workspace it may act in. */
export function subjectOf({ workspaceId, id }: Pick<Principal, 'workspaceId' | 'id'>): LimitSubject {
  return `${workspaceId} ${id}`;
}

/**
 * Whoever asks outside providers, together; credentials and providers are its members. One subject, so that the limits
 * of a credential and of a provider are decided in one question also where counters are spread over a Cluster.
 */
export const PROVIDER_CALLS: LimitSubject = 'calls of outside providers';
