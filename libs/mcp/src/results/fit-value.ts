import { escapePointer } from '#http';
import type { JsonSchema, ObjectSchema } from '../routes/json-schema.js';

/** @param pointer a JSON Pointer; `*` is every item of an array */
export function omitFromValue(value: unknown, pointer: string): unknown {
  return omitAt(value, pointer.split('/').slice(1));
}

function omitAt(value: unknown, [name = '', ...rest]: readonly string[]): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (name === '*') return Array.isArray(value) ? value.map((item) => omitAt(item, rest)) : value;
  const { [name]: member, ...others } = value as Readonly<Record<string, unknown>>;
  return rest.length === 0 || member === undefined ? others : { ...others, [name]: omitAt(member, rest) };
}

/** The schema of what `omitFromValue` leaves. @throws Error where the schema has no such field */
export function omitFromSchema(schema: ObjectSchema, pointer: string): ObjectSchema {
  return omitInSchema({ ...schema }, pointer.split('/').slice(1), schema.$defs ?? {}) as unknown as ObjectSchema;
}

function omitInSchema(
  schema: JsonSchema,
  [name = '', ...rest]: readonly string[],
  definitions: Readonly<Record<string, JsonSchema>>,
): JsonSchema {
  const { $ref } = schema;
  if (typeof $ref === 'string')
    return omitInSchema(definitions[$ref.slice($ref.lastIndexOf('/') + 1)] ?? {}, [name, ...rest], definitions);
  if (name === '*') return { ...schema, items: omitInSchema(schema['items'] as JsonSchema, rest, definitions) };
  const { [name]: part, ...others } = schema['properties'] as Readonly<Record<string, JsonSchema>>;
  if (part === undefined) throw new Error(`An answer has no field ${name} that could be left out.`);
  if (rest.length > 0) return { ...schema, properties: { ...others, [name]: omitInSchema(part, rest, definitions) } };
  const required = (schema['required'] as readonly string[] | undefined)?.filter((each) => each !== name);
  return { ...schema, properties: others, ...(required === undefined ? {} : { required }) };
}

/** A part of a value that is not whole. */
export interface Cut {
  /** JSON Pointer. */
  readonly pointer: string;
  readonly unit: 'characters' | 'items' | 'members';
  readonly shown: number;
  readonly total: number;
}

interface Fitted {
  readonly value: unknown;
  /** None where the value is whole. */
  readonly cuts: readonly Cut[];
}

interface Limits {
  readonly text: number;
  readonly items: number;
  /** Whether free data of clients is kept. */
  readonly metadata: boolean;
}

/** Tried one after the other: long texts give way first, then free data, then items. */
const ladder: readonly Limits[] = [
  ...[50_000, 16_000, 8_000, 4_000, 3_000, 2_000, 1_000, 500, 300, 150, 60].map((text) => ({
    text,
    items: Infinity,
    metadata: true,
  })),
  ...[Infinity, 100, 50, 20, 10, 5, 2, 1].map((items) => ({ text: 0, items, metadata: false })),
];

/** What holds data of clients in a form of their own: members of it can be left out as well, and what lies deep in it. */
const FREE = new Set(['value', 'content', 'payload', 'result', 'profile', 'preferences']);
/** Levels of such data that are kept where items are cut. */
const FREE_LEVELS = 12;

/** Cutting it would make it name another place. */
const WHOLE = new Set(['nextCursor']);

/**
 * The value, cut so that its JSON has at most so many characters (UTF-16 units) where that can be done: texts to their
 * first characters, arrays and free data to their first items, `metadata` to nothing.
 * @param shortest no text is cut to fewer characters than these: identifiers and labels stay whole
 */
export function fitValue(value: unknown, maxCharacters: number, shortest: number): Fitted {
  let fitted: Fitted = { value, cuts: [] };
  for (const limits of ladder) {
    if (limits.metadata && limits.text < shortest) continue;
    fitted = cut(value, { ...limits, text: Math.max(limits.text, shortest) });
    if (JSON.stringify(fitted.value).length <= maxCharacters) break;
  }
  return fitted;
}

/** The first characters of a text, without half of a surrogate pair at the end. */
export function firstCharacters(text: string, length: number): string {
  const splits = length > 0 && length < text.length && isHighSurrogate(text.charCodeAt(length - 1));
  return text.slice(0, splits ? length - 1 : length);
}

export function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd8_00 && unit <= 0xdb_ff;
}

function cut(root: unknown, limits: Limits): Fitted {
  const cuts: Cut[] = [];
  const walk = (value: unknown, pointer: string, name: string, freeLevel: number): unknown => {
    if (typeof value === 'string') {
      if (value.length <= limits.text || WHOLE.has(name)) return value;
      const shown = firstCharacters(value, limits.text);
      cuts.push({ pointer, unit: 'characters', shown: shown.length, total: value.length });
      return shown;
    }
    if (typeof value !== 'object' || value === null) return value;
    const level = freeLevel > 0 || FREE.has(name) ? freeLevel + 1 : 0;
    const most = level > FREE_LEVELS && limits.items < Infinity ? 0 : limits.items;
    if (Array.isArray(value)) {
      const items = value.slice(0, most);
      if (items.length < value.length) cuts.push({ pointer, unit: 'items', shown: items.length, total: value.length });
      return items.map((item, index) => walk(item, `${pointer}/${index}`, '', level));
    }
    const entries = Object.entries(value);
    const isDropped = name === 'metadata' && !limits.metadata;
    const kept = isDropped ? [] : level > 0 ? entries.slice(0, most) : entries;
    if (kept.length < entries.length)
      cuts.push({ pointer, unit: 'members', shown: kept.length, total: entries.length });
    return Object.fromEntries(
      kept.map(([key, member]) => [key, walk(member, `${pointer}/${escapePointer(key)}`, key, level)]),
    );
  };
  return { value: walk(root, '', '', 0), cuts };
}
