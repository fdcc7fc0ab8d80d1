/** What a request asks of caches (RFC 9111, section 5.2.1), as far as it is heeded here. */
export interface RequestDirectives {
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
