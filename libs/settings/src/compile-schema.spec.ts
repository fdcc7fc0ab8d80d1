import type { DomainError, Metadata } from '#kernel';
import { compileSchema, toFault } from './compile-schema.js';
import { MAX_SCHEMA_BYTES, MAX_SUBSCHEMAS } from './preference-schema.js';

const refusalOf = (schema: Metadata): string => {
  try {
    compileSchema(schema);
    return 'taken';
  } catch (error) {
    return (error as DomainError).issues[0]!.pointer;
  }
};

const faultOf = (schema: Metadata, preferences: unknown) => {
  const validate = compileSchema(schema);
  return validate(preferences) ? undefined : toFault(validate.errors?.[0]);
};

const nested = (depth: number): Metadata => (depth === 0 ? {} : { not: nested(depth - 1) });
const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`p${i}`, true]));

describe('schemas of preferences', () => {
  it('say which part does not fit', () => {
    const schema = {
      type: 'object',
      required: ['tone'],
      additionalProperties: false,
      properties: {
        tone: { $ref: '#/$defs/tone' },
        topics: { type: 'array', items: { type: 'string', maxLength: 5 }, maxItems: 3, uniqueItems: true },
        'a/b': { type: 'integer', minimum: 1 },
      },
      $defs: { tone: { enum: ['short', 'long'] } },
    };
    expect(faultOf(schema, { tone: 'short', topics: ['a', 'b'], 'a/b': 2 })).toBeUndefined();
    expect(faultOf(schema, {})).toEqual({ pointer: '/tone', detail: 'is required' });
    expect(faultOf(schema, { tone: 'loud' })).toEqual({ pointer: '/tone', detail: 'must be one of "short", "long"' });
    expect(faultOf(schema, { tone: 'long', more: 1 })?.pointer).toBe('/more');
    expect(faultOf(schema, { tone: 'long', topics: ['a', 'abcdef'] })?.pointer).toBe('/topics/1');
    expect(faultOf(schema, { tone: 'long', topics: ['a', 'a'] })?.pointer).toBe('/topics');
    expect(faultOf(schema, { tone: 'long', 'a/b': 0 })?.pointer).toBe('/a~1b');
  });

  it('take names as names, whatever they spell', () => {
    const name = `"];globalThis.ran=1;//\u2028`;
    expect(faultOf({ properties: { [name]: { type: 'null' } }, required: [name] }, { [name]: 1 })).toBeDefined();
    expect((globalThis as { ran?: number }).ran).toBeUndefined();
    expect(faultOf({ required: ['toString'] }, {})).toEqual({ pointer: '/toString', detail: 'is required' });
  });

  it.each<[string, Metadata, string]>([
    ['an expression', { properties: { a: { pattern: '^(a+)+$' } } }, '/preferenceSchema/properties/a/pattern'],
    ['expressions for names', { patternProperties: { a: {} } }, '/preferenceSchema/patternProperties'],
    ['an unknown keyword', { nullable: true }, '/preferenceSchema/nullable'],
    ['an id', { $id: 'https://example.com/a' }, '/preferenceSchema/$id'],
    ['a dynamic reference', { $dynamicRef: '#a' }, '/preferenceSchema/$dynamicRef'],
    ['a reference to outside', { $ref: 'https://example.com/a' }, '/preferenceSchema/$ref'],
    ['a reference to nothing', { $ref: '#/$defs/a' }, '/preferenceSchema/$ref'],
    ['a reference to a prototype', { $ref: '#/$defs/toString', $defs: {} }, '/preferenceSchema/$ref'],
    ['another draft', { $schema: 'http://json-schema.org/draft-07/schema#' }, '/preferenceSchema/$schema'],
    ['a wrong type', { properties: { a: { type: 'text' } } }, '/preferenceSchema/properties/a/type'],
    ['a wrong number', { minLength: -1 }, '/preferenceSchema/minLength'],
    ['a schema that is none', { items: 1 }, '/preferenceSchema/items'],
    ['many unique items', { uniqueItems: true }, '/preferenceSchema/uniqueItems'],
    ['too much text', { title: 'a'.repeat(MAX_SCHEMA_BYTES) }, '/preferenceSchema'],
    ['too many schemas', { properties: many(MAX_SUBSCHEMAS) }, `/preferenceSchema/properties/p${MAX_SUBSCHEMAS - 1}`],
    ['too much depth', nested(17), `/preferenceSchema${'/not'.repeat(17)}`],
    ['too many values', { enum: Array.from({ length: 501 }, (_, i) => i) }, '/preferenceSchema/enum'],
    ['definitions inside', { not: { $defs: {} } }, '/preferenceSchema/not/$defs'],
  ])('do not have %s', (_what, schema, pointer) => {
    expect(refusalOf(schema)).toBe(pointer);
  });

  it('do not refer to themselves, nor to twice as much with each reference', () => {
    expect(refusalOf({ $ref: '#/$defs/a', $defs: { a: { items: { $ref: '#/$defs/a' } } } })).not.toBe('taken');
    const doubled = Object.fromEntries(
      Array.from({ length: 12 }, (_, i) => [
        `d${i}`,
        i === 11 ? true : { anyOf: [{ $ref: `#/$defs/d${i + 1}` }, { $ref: `#/$defs/d${i + 1}` }] },
      ]),
    );
    expect(refusalOf({ $ref: '#/$defs/d0', $defs: doubled })).not.toBe('taken');
  });

  it('at their bounds are taken', () => {
    expect(refusalOf({ properties: many(MAX_SUBSCHEMAS - 1) })).toBe('taken');
    expect(refusalOf(nested(16))).toBe('taken');
    expect(refusalOf({ format: 'email', default: 1, $schema: 'https://json-schema.org/draft/2020-12/schema' })).toBe(
      'taken',
    );
  });
});
