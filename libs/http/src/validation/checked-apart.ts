import type { z } from 'zod';

const apart = new WeakMap<z.ZodType, string>();

/**
 * Says that the elements of one field of a body are looked at one by one by whoever takes them, for NUL, lone surrogates
 * and nesting too: a bad one does not refuse the others.
 */
export function checkedApart<Schema extends z.ZodType>(schema: Schema, field: string): Schema {
  apart.set(schema, field);
  return schema;
}

export function isCheckedApart(schema: z.ZodType, field: string): boolean {
  return apart.get(schema) === field;
}
