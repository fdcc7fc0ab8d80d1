import fc from 'fast-check';
import type { ObjectSchema } from '../routes/json-schema.js';
import { readArguments } from './tool-request.js';

const text = { type: 'string' };
const schema: ObjectSchema = {
  type: 'object',
  properties: {
    label: text,
    note: text,
    tags: { type: 'array', items: text },
    numbers: { type: 'array', items: { type: 'integer' } },
    limit: { type: 'integer' },
    score: { type: 'number' },
    live: { type: 'boolean' },
    metadata: { type: 'object' },
    input: { anyOf: [text, { type: 'array', items: text }] },
    items: {
      type: 'array',
      items: { type: 'object', properties: { label: text, tags: { type: 'array', items: text } }, required: ['label'] },
    },
  },
  required: ['label'],
};
const read = (args: Record<string, unknown>) => readArguments(schema, args);

describe('arguments as models send them', () => {
  it.each(Object.keys(schema.properties).filter((name) => name !== 'label'))(
    'null and an empty text mean that %s is absent',
    (name) => {
      expect(read({ label: 'a', [name]: null })).toEqual({ label: 'a' });
      expect(read({ label: 'a', [name]: '' })).toEqual({ label: 'a' });
    },
  );

  it('what is needed stays as it is, so that the route says what is wrong with it', () => {
    expect(read({ label: null })).toEqual({ label: null });
    expect(read({ label: '' })).toEqual({ label: '' });
  });

  it('null and an empty text mean absent also within the items of an array', () => {
    expect(read({ label: 'a', items: [{ label: 'b', tags: null }] })).toEqual({ label: 'a', items: [{ label: 'b' }] });
    expect(read({ label: 'a', items: [{ label: '', tags: '' }] })).toEqual({ label: 'a', items: [{ label: '' }] });
  });

  it.each([
    ['tags', '["x","y"]', ['x', 'y']],
    ['tags', ' [] ', []],
    ['numbers', '["1",2]', [1, 2]],
    ['limit', '5', 5],
    ['score', '0.5', 0.5],
    ['live', 'true', true],
    ['metadata', '{"a":null,"b":""}', { a: null, b: '' }],
    ['items', '[{"label":"b","tags":"[\\"x\\"]"}]', [{ label: 'b', tags: ['x'] }]],
  ])('%s may come as the JSON text %j', (name, given, meant) => {
    expect(read({ label: 'a', [name]: given })).toEqual({ label: 'a', [name]: meant });
  });

  it.each([
    ['label', '["x"]'],
    ['note', '5'],
    ['input', '["x"]'],
    ['tags', 'x'],
    ['tags', '"x"'],
    ['limit', '5.5'],
    ['limit', 'five'],
    ['metadata', '[1]'],
    ['metadata', '{"a":12345678901234567890}'],
    ['metadata', '{'.repeat(100)],
    ['metadata', `{"a":${'['.repeat(100)}${']'.repeat(100)}}`],
    ['unknown', null],
    ['unknown', ''],
    ['constructor', null],
    ['metadata', { a: null, b: '' }],
    ['tags', [null]],
  ])('%s stays %j', (name, given) => {
    const args = { label: 'a', [name]: given };
    expect(read(args)).toEqual(args);
  });

  it('any JSON is read without an error, and what is read is read again as the same', () => {
    const names = fc.constantFrom(...Object.keys(schema.properties), 'other');
    fc.assert(
      fc.property(fc.dictionary(names, fc.jsonValue()), (args) => {
        const once = read(args);
        for (const name of Object.keys(once)) expect(Object.hasOwn(args, name)).toBe(true);
        expect(read(once)).toEqual(once);
      }),
    );
  });
});
