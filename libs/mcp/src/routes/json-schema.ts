import { z } from 'zod';

/** A JSON Schema (2020-12) of an object, in the parts that tools need. */
export interface ObjectSchema {
  readonly type: 'object';
  readonly properties: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
}

export type JsonSchema = Readonly<Record<string, unknown>>;

/** The object that a schema of a request part describes, without what stands around it (a default, a prefault). */
export function shapeOf(schema: z.ZodType | undefined): Readonly<Record<string, z.ZodType>> {
  let inner = schema;
  while (inner instanceof z.ZodDefault || inner instanceof z.ZodPrefault) inner = inner.unwrap() as z.ZodType;
  return inner instanceof z.ZodObject ? inner.shape : {};
}

/** @param io what a caller sends, or what is answered */
export function toObjectSchema(schema: z.ZodType, io: 'input' | 'output'): ObjectSchema {
  const {
    $schema: _,
    $defs = {},
    ...root
  } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as JsonSchema & {
    $defs?: Record<string, JsonSchema>;
  };
  const named = typeof root['$ref'] === 'string' ? lastPartOf(root['$ref']) : undefined;
  const { [named ?? '']: target = root, ...others } = $defs;
  const defs = Object.fromEntries(
    Object.entries(others)
      .filter(([name]) => !isAnyJson(name))
      .map(([name, part]) => [name, slim(part, io)]),
  );
  const slimmed = slim(target, io) as unknown as ObjectSchema;
  return Object.keys(defs).length === 0 ? slimmed : { ...slimmed, $defs: defs };
}

/**
 * Without what a model pays for and learns nothing from: patterns beside a format that says the same, the bounds of
 * safe integers, names of properties that are strings anyway, the recursive definition of any JSON, and formats of what
 * is answered, which some clients' validators do not know.
 */
function slim(schema: JsonSchema, io: 'input' | 'output'): JsonSchema {
  const walk = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.map(walk);
    if (typeof part !== 'object' || part === null) return part;
    const { $ref } = part as JsonSchema;
    if (typeof $ref === 'string' && isAnyJson(lastPartOf($ref))) return {};
    const kept = Object.entries(part).filter(([key, value]) => !isIdle(key, value, part as JsonSchema, io));
    return Object.fromEntries(kept.map(([key, value]) => [key, walk(value)]));
  };
  return walk(schema) as JsonSchema;
}

function isIdle(key: string, value: unknown, { format }: JsonSchema, io: 'input' | 'output'): boolean {
  if (key === 'format') return io === 'output' && typeof value === 'string';
  if (key === 'pattern') return typeof format === 'string';
  if (key === 'propertyNames') return (value as JsonSchema)['type'] === 'string';
  return (key === 'minimum' || key === 'maximum') && Math.abs(value as number) === Number.MAX_SAFE_INTEGER;
}

/** How zod names what has no id: `z.json()`, which refers to itself. */
function isAnyJson(definition: string): boolean {
  return definition.startsWith('__schema');
}

function lastPartOf(reference: string): string {
  return reference.slice(reference.lastIndexOf('/') + 1);
}
