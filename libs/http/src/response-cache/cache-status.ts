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
