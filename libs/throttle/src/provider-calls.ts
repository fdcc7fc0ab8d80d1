import type { LimitSubject } from './limiter/limiter.js';

/**
 * Whoever asks outside providers, together; credentials and providers are its members. One subject, so that the limits
 * of a credential and of a provider are decided in one question also where counters are spread over a Cluster.
 */
export const PROVIDER_CALLS: LimitSubject = 'calls of outside providers';
