/** How a read was answered, as RFC 9211 ("The Cache-Status HTTP Response Header Field") writes it. */
export function readCacheStatus({
  status,
  remainingMs,
}: {
  readonly status: 'hit' | 'stale' | 'miss' | 'bypass';
  /** Until the expiry, in milliseconds. */
  readonly remainingMs: number | undefined;
}): string {
  const ttl = remainingMs === undefined ? '' : `; ttl=${Math.floor(remainingMs / 1000)}`;
  if (status === 'hit' || status === 'stale') return `keepsake; hit${ttl}`;
  return `keepsake; fwd=${status}`;
}
