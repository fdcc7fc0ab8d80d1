import { createHash } from 'node:crypto';
import { type Codec, CorruptValueError, defineFamily, Format, hashOf, type Tag, type ReadStatus } from '#cache';

/** An answer as it goes out: nothing is parsed or serialised again. */
export interface CachedResponse {
  /** Strong (RFC 9110, section 8.8.1). */
  readonly etag: string;
  readonly madeAtMs: number;
  /** The id of what it is about; empty where nobody counts. */
  readonly subject: string;
  readonly body: Buffer;
  /** Whether it may be stored. */
  readonly isKept: boolean;
}

export interface ResponseKey {
  readonly workspace: string;
  readonly route: string;
  readonly path: string;
  /** Sorted name and value pairs. */
  readonly query: readonly (readonly [string, string])[];
  /** See `ResponseVariants`. */
  readonly variants: readonly (readonly [string, string])[];
  readonly tags: readonly [Tag, ...Tag[]];
  readonly ttlMs: number;
}

export const DEFAULT_TTL_MS = 600_000;
/** Longer answers cost more to keep than to make. */
const MAX_BYTES = 1024 * 1024;

/** A line with the tag, the time and the subject, then the body. */
const HEAD = /^("[\x21\x23-\x7e]{1,200}") (\d{13}) ([\w-]{0,64})\n/;
const MAX_HEAD_LENGTH = 300;

const codec: Codec<CachedResponse> = {
  formats: [Format.bytes],
  encode: ({ etag, madeAtMs, subject, body }) => ({
    format: Format.bytes,
    bytes: Buffer.concat([Buffer.from(`${etag} ${madeAtMs} ${subject}\n`, 'latin1'), body]),
  }),
  decode(bytes) {
    const [head, etag, madeAtMs, subject] = HEAD.exec(bytes.toString('latin1', 0, MAX_HEAD_LENGTH)) ?? [];
    if (head === undefined || etag === undefined || subject === undefined) {
      throw new CorruptValueError('This is no answer with its tag.');
    }
    return { etag, madeAtMs: Number(madeAtMs), subject, body: Buffer.from(bytes.subarray(head.length)), isKept: true };
  },
  // Nobody changes the bytes: they are sent as they are.
  cloneForCaller: (value) => value,
  freeze: (value) => Object.freeze(value),
  estimateBytes: (encodedLength) => encodedLength + 256,
};

/**
 * Answers to one request, of whoever asks: who may not ask the route at all is refused before this is read, and everybody
 * who may gets the same bytes. A route whose answer depends on who asks must not declare `cache`.
 */
export const responses = defineFamily<ResponseKey, CachedResponse>({
  name: 'http',
  schemaVersion: 4,
  scope: 'workspace',
  mutable: true,
  key: ({ route, path, query, variants }) => hashOf({ route, path, query, variants }),
  tags: ({ tags }) => tags,
  ttlMs: DEFAULT_TTL_MS,
  ttlOf: (_, { ttlMs }) => ttlMs,
  codec,
  isCacheable: ({ isKept }) => isKept,
  maxBytes: MAX_BYTES,
});

/** @param etag what the route itself has said of the state, else it is recognised from the bytes */
export function toCachedResponse(
  json: string,
  { etag, ...rest }: { readonly etag: unknown } & Pick<CachedResponse, 'madeAtMs' | 'subject' | 'isKept'>,
): CachedResponse {
  const body = Buffer.from(json);
  const isStrong = typeof etag === 'string' && /^"[\x21\x23-\x7e]{1,200}"$/.test(etag);
  return {
    etag: isStrong ? etag : `"${createHash('sha256').update(body).digest('base64url')}"`,
    body,
    ...rest,
  };
}

export const CACHE_HIT = 'keepsake; hit';

/** Of an answer that was remembered and brought up to date. */
export const CACHE_HIT_MERGED = `${CACHE_HIT}; detail=merged`;

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
