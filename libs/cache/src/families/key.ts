import { createHash } from 'node:crypto';
import { isWellFormed } from '../codec/codec.js';

/** What a key or a tag may be built from. Different values give different keys, also of different types: 1 is not '1'. */
export type KeyPart = string | number | bigint | boolean | null;

/** Longer parts are hashed, so that no id makes a key that servers handle badly. */
const MAX_PLAIN_LENGTH = 128;
const PLAIN = /^[A-Za-z0-9_.@~-]+$/;

/** Stands where a workspace would for what belongs to the platform itself; not a legal encoded part. */
export const PLATFORM_SCOPE = '!';

/**
 * One part of a key, encoded so that the join of parts by ':' is injective: plain ids stay readable, everything else
 * (colons, spaces, long or empty strings) becomes '#' and the full SHA-256 in base64url, other types start with '='.
 */
export function encodeKeyPart(part: KeyPart): string {
  if (typeof part === 'string') {
    if (part.length <= MAX_PLAIN_LENGTH && PLAIN.test(part)) return part;
    return `#${sha256(part)}`;
  }
  if (typeof part === 'number' && !Number.isFinite(part)) {
    throw new TypeError(`A cache key can't be built from ${part}: pass a finite number.`);
  }
  if (typeof part === 'bigint') return `=${part}n`;
  if (part === null || typeof part === 'boolean' || typeof part === 'number')
    return `=${Object.is(part, -0) ? 0 : part}`;
  throw new TypeError(
    `A cache key can't be built from ${part === undefined ? 'undefined' : `a ${typeof part}`}: pass a string, number, boolean or null, or hashOf(…) of an object.`,
  );
}

export function encodeKeyParts(parts: KeyPart | readonly KeyPart[]): string {
  if (!Array.isArray(parts)) return encodeKeyPart(parts as KeyPart);
  let text = '';
  for (let i = 0; i < parts.length; i++) text += i === 0 ? encodeKeyPart(parts[i]) : `:${encodeKeyPart(parts[i])}`;
  return text;
}

/** SHA-256 of the UTF-8 text (of the UTF-16 units where the text is not well formed, so that lone surrogates stay apart), base64url. */
function sha256(text: string): string {
  const hash = createHash('sha256');
  return (isWellFormed(text) ? hash.update(text, 'utf8') : hash.update('utf16:').update(text, 'utf16le')).digest(
    'base64url',
  );
}

/**
 * The SHA-256 of a value's canonical form: the same for the same data in every process and run, whatever the order of
 * object keys. Properties that are undefined count as absent. For filters and parameter objects.
 * @throws TypeError for what has no canonical form: functions, symbols, NaN, cycles, class instances other than Date.
 */
export function hashOf(value: unknown): string {
  return sha256(canonicalText(value));
}

/** JSON with sorted keys in which values of different types never look alike. */
function canonicalText(value: unknown, depth = 0): string {
  if (depth > 64)
    throw new TypeError('A cache key is built from a value that is nested deeper than 64 levels, or in itself.');
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'boolean':
      return String(value);
    case 'number':
      if (!Number.isFinite(value))
        throw new TypeError(`A cache key can't be built from ${value}: pass a finite number.`);
      return JSON.stringify(value);
    case 'bigint':
      return `${value}n`;
    case 'undefined':
      return 'undefined';
    case 'object': {
      if (value === null) return 'null';
      if (Array.isArray(value)) return `[${value.map((item) => canonicalText(item, depth + 1)).join(',')}]`;
      if (value instanceof Date) return `date(${value.toISOString()})`;
      const prototype: unknown = Object.getPrototypeOf(value);
      if (prototype !== Object.prototype && prototype !== null) {
        throw new TypeError(
          `A cache key can't be built from an instance of ${value.constructor.name}: pass plain data.`,
        );
      }
      const record = value as Record<string, unknown>;
      const fields: string[] = [];
      for (const name of Object.keys(record).sort()) {
        if (record[name] !== undefined)
          fields.push(`${JSON.stringify(name)}:${canonicalText(record[name], depth + 1)}`);
      }
      return `{${fields.join(',')}}`;
    }
    default:
      throw new TypeError(`A cache key can't be built from a ${typeof value}.`);
  }
}

/** The names of everything the cache keeps on a server. Whatever is not under these prefixes is somebody else's. */
export class KeySpace {
  readonly entryPrefix: string;
  readonly tagPrefix: string;
  readonly counterPrefix: string;
  readonly nestPrefix: string;
  readonly epochKey: string;

  /** @param namespace separates installations that share a server; letters, digits, '_', '.' and '-'. */
  constructor(readonly namespace = 'ks') {
    if (!/^[A-Za-z0-9_.-]{1,32}$/.test(namespace)) {
      throw new TypeError(
        `The cache namespace ${JSON.stringify(namespace)} is not usable: write 1 to 32 letters, digits, '_', '.' or '-', for example ks.`,
      );
    }
    this.entryPrefix = `${namespace}:v:`;
    this.tagPrefix = `${namespace}:t:`;
    this.counterPrefix = `${namespace}:c:`;
    this.nestPrefix = `${namespace}:n:`;
    this.epochKey = `${namespace}:e`;
  }

  /** The epoch of one Cluster master: the hash tag puts it on that master. */
  epochKeyOn(hashTag: string): string {
    return `${this.epochKey}:{${hashTag}}`;
  }

  /**
   * Whether this is the key of an entry of the scope, of whatever family and release.
   * @param scope encoded
   */
  isEntryIn(scope: string, key: string): boolean {
    if (!key.startsWith(this.entryPrefix)) return false;
    const start = key.indexOf(':', this.entryPrefix.length) + 1;
    return start > 0 && key.startsWith(`${scope}:`, start);
  }

  tagKey(tag: string): string {
    return this.tagPrefix + tag;
  }
}
