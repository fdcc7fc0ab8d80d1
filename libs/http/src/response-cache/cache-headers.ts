import type { ReadStatus } from '#cache';

export const CACHE_HIT = 'keepsake; hit';

/** `Cache-Status` (RFC 9211): how this answer came about. */
export function cacheStatusOf(status: ReadStatus, isFreshAsked: boolean): string {
  switch (status) {
    case 'hit':
    case 'stale':
      return CACHE_HIT;
    case 'miss':
      return isFreshAsked ? 'keepsake; fwd=request' : 'keepsake; fwd=miss';
    case 'bypass':
      return 'keepsake; fwd=bypass';
  }
}

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

/** What a request asks of caches (RFC 9111, section 5.2.1), as far as it is heeded here. */
interface RequestDirectives {
  readonly noCache: boolean;
  readonly noStore: boolean;
  readonly onlyIfCached: boolean;
  readonly maxAgeSeconds: number | undefined;
}

const NONE: RequestDirectives = { noCache: false, noStore: false, onlyIfCached: false, maxAgeSeconds: undefined };

export function directivesOf(cacheControl: string | undefined, pragma: string | undefined): RequestDirectives {
  // Section 5.4: Pragma counts where there is no Cache-Control.
  if (cacheControl === undefined)
    return pragma?.toLowerCase().includes('no-cache') === true ? { ...NONE, noCache: true } : NONE;
  const directives = new Map(
    cacheControl.split(',').map((directive) => {
      const [name = '', value] = directive.trim().split('=', 2);
      return [name.toLowerCase(), value?.replaceAll('"', '')] as const;
    }),
  );
  const maxAge = directives.get('max-age');
  return {
    noCache: directives.has('no-cache'),
    noStore: directives.has('no-store'),
    onlyIfCached: directives.has('only-if-cached'),
    maxAgeSeconds: maxAge !== undefined && /^\d{1,9}$/.test(maxAge) ? Number(maxAge) : undefined,
  };
}
