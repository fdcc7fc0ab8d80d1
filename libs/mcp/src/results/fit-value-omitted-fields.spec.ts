import { omitFromSchema, omitFromValue } from './fit-value.js';

const text = { type: 'string' };
const part = { type: 'object', properties: { id: text, content: text }, required: ['id', 'content'] };
const schema = {
  type: 'object',
  properties: {
    content: text,
    items: { type: 'array', items: { type: 'object', properties: { context: { $ref: '#/$defs/Part' } } } },
  },
  required: ['content', 'items'],
  $defs: { Part: part },
} as const;

describe('a field that is left out', () => {
  it('is in no value, and what is not there is left out already', () => {
    expect(omitFromValue({ content: 'a', id: 'b' }, '/content')).toEqual({ id: 'b' });
    const value = { items: [{ context: { id: 'a', content: 'b' } }, { problem: 1 }] };
    expect(omitFromValue(value, '/items/*/context/content')).toEqual({
      items: [{ context: { id: 'a' } }, { problem: 1 }],
    });
  });

  it('is in no schema, also behind a reference, which others keep', () => {
    expect(omitFromSchema(schema, '/content')).toMatchObject({ required: ['items'] });
    const { properties, $defs } = omitFromSchema(schema, '/items/*/context/content');
    expect(properties['items']).toEqual({
      type: 'array',
      items: { type: 'object', properties: { context: { ...part, properties: { id: text }, required: ['id'] } } },
    });
    expect($defs).toEqual({ Part: part });
  });

  it('has to be one', () => {
    expect(() => omitFromSchema(schema, '/text')).toThrow('no field text');
  });
});
