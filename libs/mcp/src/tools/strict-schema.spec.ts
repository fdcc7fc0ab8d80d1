import { Ajv } from 'ajv';
import { z } from 'zod';
import { toObjectSchema } from '../routes/json-schema.js';
import { findStrictIssues, toStrictSchema } from './strict-schema.js';

const strictOf = (shape: Record<string, z.ZodType>) => toStrictSchema(toObjectSchema(z.strictObject(shape), 'input'));

describe('the schema of arguments that every client takes', () => {
  const named = z.object({ a: z.string() }).meta({ id: 'StrictSpecPart' });
  const schema = strictOf({
    id: z.uuid(),
    day: z.iso.date().optional().meta({ description: 'First day.' }),
    at: z.iso.datetime().optional(),
    bytes: z.base64().optional(),
    priority: z.enum(['high', 'low']).nullish(),
    note: z.string().max(10).nullable().default(null),
    tags: z.array(z.uuid()).default([]),
    meta: z.record(z.string(), z.json()).optional(),
    kind: z.literal('thing').optional(),
    above: z.number().gt(0).optional(),
    part: named.optional(),
    either: z.union([z.string(), z.array(z.string())]).optional(),
    ahead: z
      .string()
      .regex(/^(?!x)y$/)
      .optional(),
  });

  it('holds no format but date-time, no reference, no null, and no keyword that one of them refuses', () => {
    expect(schema).toEqual({
      type: 'object',
      properties: {
        id: { type: 'string', description: 'A UUID.' },
        day: { type: 'string', description: 'As YYYY-MM-DD. First day.' },
        at: { type: 'string', format: 'date-time' },
        bytes: { type: 'string', description: 'Base64.' },
        priority: { type: 'string', enum: ['high', 'low'] },
        note: { type: 'string', maxLength: 10 },
        tags: { type: 'array', items: { type: 'string', description: 'A UUID.' } },
        meta: { type: 'object' },
        kind: { type: 'string', enum: ['thing'] },
        above: { type: 'number' },
        part: { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
        either: { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] },
        ahead: { type: 'string' },
      },
      required: ['id'],
      additionalProperties: false,
    });
    expect(findStrictIssues({ ...schema })).toEqual([]);
    const ajv = new Ajv({ strict: true, formats: { 'date-time': true }, allowUnionTypes: false });
    expect(() => ajv.compile(schema)).not.toThrow();
  });

  it.each([
    [{ type: 'string' }, 'no plain object at the top'],
    [{ type: 'object', properties: { a: {} } }, '/a: type undefined'],
    [{ type: 'object', properties: { a: { type: ['string', 'null'] } } }, '/a: type ["string","null"]'],
    [{ type: 'object', properties: { a: { type: 'string', format: 'uuid' } } }, '/a: format uuid'],
    [{ type: 'object', properties: { a: { type: 'string', contentEncoding: 'base64' } } }, '/a: contentEncoding'],
    [{ type: 'object', properties: { a: { type: 'array' } } }, '/a: an array without items'],
    [{ type: 'object', properties: { 'a b': { type: 'string' } } }, ': the name "a b"'],
    [{ type: 'object', properties: { a: { type: 'integer', enum: [1] } } }, '/a: an enum of other values than texts'],
  ])('is not %j', (wrong, issue) => {
    expect(findStrictIssues(wrong)).toEqual([issue]);
  });
});
