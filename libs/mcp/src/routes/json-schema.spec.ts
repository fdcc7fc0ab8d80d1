import { z } from 'zod';
import { shapeOf, toObjectSchema } from './json-schema.js';

describe('the schema of an object', () => {
  it('stands at the root, whatever the object is called', () => {
    const part = z.object({ b: z.int() }).meta({ id: 'SpecPart' });
    const whole = z.object({ a: part }).meta({ id: 'SpecWhole' });
    expect(toObjectSchema(whole, 'output')).toEqual({
      type: 'object',
      properties: { a: { $ref: '#/$defs/SpecPart' } },
      required: ['a'],
      additionalProperties: false,
      $defs: {
        SpecPart: {
          type: 'object',
          properties: { b: { type: 'integer' } },
          required: ['b'],
          additionalProperties: false,
        },
      },
    });
  });

  it('holds nothing that a model learns nothing from', () => {
    const schema = z.strictObject({ id: z.uuid(), meta: z.record(z.string(), z.json()), n: z.int().min(1) });
    expect(toObjectSchema(schema, 'input').properties).toEqual({
      id: { type: 'string', format: 'uuid' },
      meta: { type: 'object', additionalProperties: {} },
      n: { type: 'integer', minimum: 1 },
    });
  });

  it('of what is answered holds no format, which some clients refuse, and may have a property of that name', () => {
    const schema = z.object({ id: z.uuid(), at: z.iso.datetime(), format: z.enum(['text', 'pdf']) });
    expect(toObjectSchema(schema, 'output').properties).toEqual({
      id: { type: 'string' },
      at: { type: 'string' },
      format: { type: 'string', enum: ['text', 'pdf'] },
    });
  });

  it('is found behind defaults and checks', () => {
    const shape = { a: z.string() };
    for (const schema of [
      z.strictObject(shape),
      z.strictObject({ a: z.string().default('x') }).prefault({}),
      z.strictObject({ a: z.string().default('x') }).default({ a: 'x' }),
      z.strictObject(shape).superRefine(() => undefined),
    ])
      expect(Object.keys(shapeOf(schema))).toEqual(['a']);
    expect(shapeOf(undefined)).toEqual({});
  });
});
