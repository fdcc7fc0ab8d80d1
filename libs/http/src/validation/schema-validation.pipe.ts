import { type ArgumentMetadata, Injectable, type PipeTransform } from '@nestjs/common';
import type { z } from 'zod';
import type { ErrorIssue } from '#kernel';
import { invalidRequest, issuesOf } from './schema-issues.js';
import { escapePointer, findUnsafeText } from './text-safety.js';

const apart = new WeakMap<z.ZodType, string>();

/**
 * Says that the elements of one field of a body are looked at one by one by whoever takes them, for NUL, lone surrogates
 * and nesting too: a bad one does not refuse the others.
 */
export function checkedApart<Schema extends z.ZodType>(schema: Schema, field: string): Schema {
  apart.set(schema, field);
  return schema;
}

function isCheckedApart(schema: z.ZodType, field: string): boolean {
  return apart.get(schema) === field;
}

/** Of entries that a record of any JSON may have: more is more bytes than any such record may have. */
const MOST_ENTRIES = 16_384;

/**
 * The input with lists cut behind the first element that is one too many: a schema looks at each element before it
 * counts them, and what is over the bound needs no look. A list that is cut is still refused for its length.
 */
function boundedInput(schema: z.core.$ZodType, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const { _zod: inner } = schema;
  const { def, bag } = inner as unknown as { readonly def: Definition; readonly bag: { readonly maximum?: number } };
  switch (def.type) {
    case 'array':
      return Array.isArray(value) ? cut(value, bag.maximum ?? Number.POSITIVE_INFINITY) : value;
    case 'record':
      return withinRecord(value);
    case 'object':
      return withinFields(def.shape ?? {}, value);
    case 'union':
      return (def.options ?? []).reduce((bounded: unknown, option) => boundedInput(option, bounded), value);
    default: {
      const wrapped = def.innerType ?? def.in;
      return wrapped === undefined ? value : boundedInput(wrapped, value);
    }
  }
}

/** What is asked of zod's own description of a schema. */
interface Definition {
  readonly type: string;
  readonly shape?: Readonly<Record<string, z.core.$ZodType>>;
  readonly options?: readonly z.core.$ZodType[];
  readonly innerType?: z.core.$ZodType;
  readonly in?: z.core.$ZodType;
}

function cut(list: readonly unknown[], most: number): readonly unknown[] {
  return list.length > most ? list.slice(0, most + 1) : list;
}

function withinFields(shape: Readonly<Record<string, z.core.$ZodType>>, value: object): object {
  const fields = value as Readonly<Record<string, unknown>>;
  const bounded = Object.entries(shape)
    .filter(([name]) => Object.hasOwn(value, name))
    .map(([name, schema]) => [name, boundedInput(schema, fields[name])] as const)
    .filter(([name, field]) => field !== fields[name]);
  return bounded.length === 0 ? value : { ...value, ...Object.fromEntries(bounded) };
}

function withinRecord(value: object): object {
  if (Array.isArray(value)) return value;
  const entries = Object.entries(value);
  const bounded = entries.map(([name, part]) => [name, Array.isArray(part) ? cut(part, MOST_ENTRIES) : part] as const);
  const isWithin = entries.length <= MOST_ENTRIES && bounded.every(([, part], index) => part === entries[index]?.[1]);
  return isWithin ? value : Object.fromEntries(bounded.slice(0, MOST_ENTRIES + 1));
}

const partByType: Partial<Record<ArgumentMetadata['type'], NonNullable<ErrorIssue['in']>>> = {
  body: 'body',
  query: 'query',
  param: 'path',
};

/** Validates each part of a request against its zod schema; every offending field is named at once. */
@Injectable()
export class SchemaValidationPipe implements PipeTransform {
  async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    const part = partByType[metadata.type];
    if (part === undefined) return value;
    const prefix = metadata.data === undefined ? '' : `/${escapePointer(metadata.data)}`;
    const schema = metadata.schema as z.ZodType | undefined;
    const unsafe = findUnsafeText(value, (name) => schema !== undefined && isCheckedApart(schema, name));
    if (unsafe !== undefined)
      throw invalidRequest([{ pointer: prefix + unsafe.pointer, in: part, detail: unsafe.detail }]);
    if (schema === undefined) return value;
    const result = await schema.safeParseAsync(boundedInput(schema, value ?? (part === 'body' ? undefined : {})));
    if (result.success) return result.data;
    throw invalidRequest(issuesOf(result.error, prefix, part));
  }
}
