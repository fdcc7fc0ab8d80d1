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
