import { findInexactJson, isNestedTooDeep } from '#http';
import type { JsonSchema, ObjectSchema } from '../routes/json-schema.js';
import type { ToolArguments } from './tool.js';

/**
 * Arguments as models send them, read by the schema that they were shown: null and an empty text mean absent for what is
 * optional, at every level, and what is no text may come as JSON text. Free objects stay as they are, and so does
 * whatever is wrong: the route says why.
 */
export function readArguments(schema: ObjectSchema, args: ToolArguments): ToolArguments {
  return readObject(schema as unknown as JsonSchema, args);
}

function readObject(schema: JsonSchema, value: ToolArguments): ToolArguments {
  const properties = (schema['properties'] ?? {}) as Readonly<Record<string, JsonSchema>>;
  const required = new Set(schema['required'] as readonly string[] | undefined);
  const entries = Object.entries(value).flatMap(([name, given]): [string, unknown][] => {
    const part = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (part === undefined) return [[name, given]];
    if (!required.has(name) && (given === null || given === '')) return [];
    return [[name, readValue(part, given)]];
  });
  return Object.fromEntries(entries);
}

function readValue(schema: JsonSchema, given: unknown): unknown {
  const value = typeof given === 'string' ? fromText(schema, given) : given;
  const { items, properties } = schema;
  if (Array.isArray(value))
    return items === undefined ? value : value.map((each) => readValue(items as JsonSchema, each));
  if (typeof value !== 'object' || value === null || properties === undefined) return value;
  return readObject(schema, value as ToolArguments);
}

/** The value that a text is the JSON of, where the schema takes no text but such a value. */
function fromText(schema: JsonSchema, text: string): unknown {
  const types = typesOf(schema);
  if (types.length === 0 || types.includes('string')) return text;
  try {
    const value = JSON.parse(text) as unknown;
    if (findInexactJson(text) !== undefined) return text;
    const isMeant = types.some((type) => isOf(type, value)) && !isNestedTooDeep(value);
    return isMeant && findInexactJson(text) === undefined ? value : text;
  } catch {
    return text;
  }
}

function typesOf({ type, anyOf }: JsonSchema): string[] {
  if (typeof type === 'string') return [type];
  return Array.isArray(anyOf) ? (anyOf as JsonSchema[]).flatMap(typesOf) : [];
}

function isOf(type: string, value: unknown): boolean {
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  if (type === 'integer') return Number.isSafeInteger(value);
  return typeof value === type;
}
