import {
  type Codec,
  CorruptValueError,
  type EncodedValue,
  Format,
  isWellFormed,
  UncacheableValueError,
} from './codec.js';

/** Deeper values are refused: they are cycles, or will overflow somebody's stack. */
const MAX_DEPTH = 256;
/** A plain object whose only key looks like a tag is wrapped in this one. */
const ESCAPE = '$';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/**
 * JSON with tags for what JSON does not have: Date, bigint, bytes, Map, Set, undefined in arrays, NaN, infinities and -0.
 * Values without any of these (most are) are written and read by the engine's own JSON alone.
 *
 * Refuses functions, symbols, cycles and class instances: they would not come back as they were.
 */
export const jsonCodec: Codec<unknown> = {
  formats: [Format.plainJson, Format.taggedJson],

  encode(value): EncodedValue {
    if (isPlain(value, 0)) return { format: Format.plainJson, bytes: Buffer.from(JSON.stringify(value), 'utf8') };
    return { format: Format.taggedJson, bytes: Buffer.from(JSON.stringify(tag(value, 0)), 'utf8') };
  },

  decode(bytes, format): unknown {
    const text = bytes.toString('utf8');
    let json: Json;
    try {
      json = JSON.parse(text) as Json;
    } catch (cause) {
      throw new CorruptValueError('The stored value is not JSON.', { cause });
    }
    if (mayNamePrototype(text)) refusePrototypeKeys(json);
    return format === Format.taggedJson ? untag(json) : json;
  },

  cloneForCaller: (value) => value,
  freeze: deepFreeze,
  estimateBytes: (encodedLength) => 2 * encodedLength + 64,
};

/** Whether the native JSON alone carries `value` there and back. Throws for what no JSON can carry. */
function isPlain(value: unknown, depth: number): boolean {
  if (depth > MAX_DEPTH)
    throw new UncacheableValueError(`The value is nested deeper than ${MAX_DEPTH} levels, or in itself.`);
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return typeof value === 'boolean' || isWellFormed(value);
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0);
    case 'bigint':
    case 'undefined':
      return false;
    case 'object':
      break;
    default:
      throw new UncacheableValueError(`A ${typeof value} can't be stored: map the value to plain data.`);
  }
  if (value === null) return true;
  if (Array.isArray(value)) {
    for (const item of value) if (!isPlain(item, depth + 1)) return false;
    return true;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  const record = value as Record<string, unknown>;
  for (const key in record) {
    if (key.charCodeAt(0) === 36 || key === '__proto__' || !isWellFormed(key)) return false;
    const item = record[key];
    if (item !== undefined && !isPlain(item, depth + 1)) return false;
  }
  return true;
}

function tag(value: unknown, depth: number): Json {
  if (depth > MAX_DEPTH)
    throw new UncacheableValueError(`The value is nested deeper than ${MAX_DEPTH} levels, or in itself.`);
  switch (typeof value) {
    case 'string':
      return isWellFormed(value) ? value : { $utf16: Buffer.from(value, 'utf16le').toString('base64') };
    case 'boolean':
      return value;
    case 'number':
      if (Number.isFinite(value) && !Object.is(value, -0)) return value;
      return { $number: Object.is(value, -0) ? '-0' : String(value) };
    case 'bigint':
      return { $bigint: String(value) };
    case 'undefined':
      return { $undefined: true };
    case 'object':
      break;
    default:
      throw new UncacheableValueError(`A ${typeof value} can't be stored: map the value to plain data.`);
  }
  if (value === null) return null;
  if (Array.isArray(value)) return value.map((item) => tag(item, depth + 1));
  if (value instanceof Date) return { $date: Number.isNaN(value.getTime()) ? null : value.getTime() };
  if (value instanceof Map)
    return { $map: [...value].map(([key, item]) => [tag(key, depth + 1), tag(item, depth + 1)]) };
  if (value instanceof Set) return { $set: [...value].map((item) => tag(item, depth + 1)) };
  if (Buffer.isBuffer(value)) return { $buffer: value.toString('base64') };
  if (value instanceof Uint8Array)
    return { $bytes: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64') };
  if (value instanceof Float32Array)
    return { $float32: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64') };
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new UncacheableValueError(
      `An instance of ${value.constructor?.name ?? 'a class'} can't be stored: map it to plain data.`,
    );
  }
  const result: { [key: string]: Json } = {};
  let tagged = false;
  for (const key of Object.keys(value)) {
    if (key === '__proto__' || !isWellFormed(key))
      throw new UncacheableValueError(`A property named ${JSON.stringify(key)} can't be stored.`);
    const item = (value as Record<string, unknown>)[key];
    if (item === undefined) continue;
    if (key.startsWith('$')) tagged = true;
    result[key] = tag(item, depth + 1);
  }
  return tagged ? { [ESCAPE]: result } : result;
}

function untag(json: Json): unknown {
  if (json === null || typeof json !== 'object') return json;
  if (Array.isArray(json)) return json.map(untag);
  const keys = Object.keys(json);
  const name = keys[0];
  if (keys.length === 1 && name !== undefined && name.charCodeAt(0) === 36) {
    const content = json[name] as Json;
    switch (name) {
      case ESCAPE:
        if (content === null || typeof content !== 'object' || Array.isArray(content)) break;
        return untagFields(content);
      case '$date':
        return new Date(content === null ? Number.NaN : expect(content, 'number'));
      case '$bigint':
        if (!/^-?\d{1,4096}$/.test(expect(content, 'string'))) break;
        return BigInt(content as string);
      case '$number':
        if (content !== '-0' && content !== 'NaN' && content !== 'Infinity' && content !== '-Infinity') break;
        return Number(content);
      case '$undefined':
        return undefined;
      case '$utf16':
        return Buffer.from(expect(content, 'string'), 'base64').toString('utf16le');
      case '$buffer':
        return Buffer.from(expect(content, 'string'), 'base64');
      case '$bytes':
        return new Uint8Array(Buffer.from(expect(content, 'string'), 'base64'));
      case '$float32': {
        const bytes = new Uint8Array(Buffer.from(expect(content, 'string'), 'base64'));
        if (bytes.byteLength % 4 !== 0) break;
        return new Float32Array(bytes.buffer);
      }
      case '$map':
        if (!Array.isArray(content)) break;
        return new Map(
          content.map((pair) => {
            if (!Array.isArray(pair) || pair.length !== 2)
              throw new CorruptValueError('The stored value has a malformed map.');
            return [untag(pair[0] as Json), untag(pair[1] as Json)];
          }),
        );
      case '$set':
        if (!Array.isArray(content)) break;
        return new Set(content.map(untag));
      default:
        break;
    }
    throw new CorruptValueError(`The stored value has an unknown or malformed tag ${JSON.stringify(name)}.`);
  }
  return untagFields(json);
}

function untagFields(json: { [key: string]: Json }): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const key of Object.keys(json)) result[key] = untag(json[key] as Json);
  return result;
}

function expect<Type extends 'string' | 'number'>(json: Json, type: Type): Type extends 'string' ? string : number {
  if (typeof json !== type) throw new CorruptValueError('The stored value has a malformed tag.');
  return json as Type extends 'string' ? string : number;
}

/** A key can also be spelt with escapes: '\u005f' is '_'. */
function mayNamePrototype(text: string): boolean {
  return text.includes('__proto__') || (text.includes('\\u00') && /\\u00(5f|70|72|6f|74)/i.test(text));
}

function refusePrototypeKeys(json: Json): void {
  if (json === null || typeof json !== 'object') return;
  if (!Array.isArray(json) && Object.hasOwn(json, '__proto__'))
    throw new CorruptValueError('The stored value names a prototype.');
  for (const item of Object.values(json)) refusePrototypeKeys(item);
}

/** Freezes plain data in place; Map, Set and Date lose their writing methods, since freezing leaves those working. */
function deepFreeze<Value>(value: Value): Value {
  if (value === null || typeof value !== 'object' || Object.isFrozen(value) || ArrayBuffer.isView(value)) return value;
  if (value instanceof Map) {
    for (const [key, item] of value) {
      deepFreeze(key);
      deepFreeze(item);
    }
    refuseWrites(value, ['set', 'delete', 'clear']);
  } else if (value instanceof Set) {
    for (const item of value) deepFreeze(item);
    refuseWrites(value, ['add', 'delete', 'clear']);
  } else if (value instanceof Date) {
    refuseWrites(value, DATE_SETTERS);
  } else {
    for (const key in value) deepFreeze(value[key]);
  }
  return Object.freeze(value);
}

const DATE_SETTERS = Object.getOwnPropertyNames(Date.prototype).filter((name) => name.startsWith('set'));

function refuseWrites(target: object, methods: readonly string[]): void {
  for (const method of methods) {
    Object.defineProperty(target, method, {
      value: () => {
        throw new TypeError('A cached value is shared and read-only: copy it before you change it.');
      },
    });
  }
}
