import { z } from 'zod';
import { invalidRequest, issuesOf } from './schema-issues.js';

const detailOf = (schema: z.ZodType, value: unknown) => {
  const { error } = schema.safeParse(value);
  return error === undefined
    ? undefined
    : issuesOf(error)
        .map(({ detail }) => detail)
        .join('; ');
};

describe('what a schema finds wrong', () => {
  const thing = z.strictObject({ label: z.string(), 'a/b': z.int().optional() });

  it.each<[string, z.ZodType, unknown]>([
    ['is required', z.string(), undefined],
    ['is required', z.union([z.string(), z.int()]), undefined],
    ['must be a text', z.string(), 5],
    ['must be a text', z.string(), null],
    ['must be a number', z.number(), 'x'],
    ['must be a number', z.number(), Number.NaN],
    ['must be a whole number', z.int(), 1.5],
    ['must be true or false', z.boolean(), 'yes'],
    ['must be an array', z.array(z.string()), {}],
    ['must be an object', thing, []],
    ['must be an object', z.record(z.string(), z.json()), 'x'],
    ['must be a text or an array', z.union([z.string(), z.array(z.string())]), 5],
    ['1: must be a text', z.union([z.string(), z.array(z.string())]), ['x', 5]],
    ['must be latest or all', z.enum(['latest', 'all']), 'none'],
    ['must be one of a, b, c', z.enum(['a', 'b', 'c']), 'd'],
    ['must be x', z.literal('x'), 'y'],
    ['must not be empty', z.string().min(1), ''],
    ['must not be empty', z.array(z.string()).min(1), []],
    ['must be at least 2 characters', z.string().min(2), 'x'],
    ['must be at most 2 characters', z.string().max(2), 'xyz'],
    ['must be exactly 2 characters', z.string().length(2), 'x'],
    ['must have at most 1 items', z.array(z.string()).max(1), ['x', 'y']],
    ['must be at least 3', z.int().min(3), 2],
    ['must be more than 3', z.number().gt(3), 3],
    ['must be less than 3', z.number().lt(3), 3],
    ['must be a multiple of 5', z.number().multipleOf(5), 3],
    ['must be a UUID', z.uuid(), 'x'],
    ['must be a day like 2026-11-21', z.iso.date(), 'x'],
    ['is not of the form that is expected', z.string().regex(/^a$/), 'b'],
    ['is not a known field; known are label, a/b', thing, { label: 'x', size: 5 }],
    ['is not a known field', z.strictObject({}), { size: 5 }],
    ['has a name that is not taken: it must be at most 2 characters', z.record(z.string().max(2), z.int()), { abc: 1 }],
    ['own words', z.string({ error: 'own words' }), 5],
  ])('%s', (detail, schema, value) => {
    expect(detailOf(schema, value)).toBe(detail);
  });

  it('lists as many names as fit, and repeats nothing of the value', () => {
    const names = Array.from({ length: 100 }, (_, n) => `field-${n}`);
    const wide = z.strictObject(Object.fromEntries(names.map((name) => [name, z.string().optional()])));
    for (const schema of [wide, z.enum(names as [string, ...string[]])]) {
      const detail = detailOf(schema, schema === wide ? { secret: 1 } : 'secret')!;
      expect(detail.length).toBeLessThan(200);
      expect(detail).toMatch(/field-0, .*, …$/);
      expect(detail).not.toContain('secret');
    }
  });

  it('names each unknown field by its pointer, and of several mistakes in one place the first', () => {
    const { error } = thing.safeParse({ label: 5, x: 1, 'y/z': 2, 'a/b': 'x' });
    expect(
      issuesOf(error!, '/items/3', 'query')
        .map(({ pointer, in: part }) => `${part} ${pointer}`)
        .sort(),
    ).toEqual(['query /items/3/a~1b', 'query /items/3/label', 'query /items/3/x', 'query /items/3/y~1z']);
    expect(detailOf(z.string().min(3).regex(/^a/), 'b')).toBe('must be at least 3 characters');
  });

  it('is one sentence that names three', () => {
    const { error } = z.strictObject({ a: z.int(), b: z.int(), c: z.int(), d: z.int() }).safeParse({});
    expect(invalidRequest(issuesOf(error!, '', 'query'))).toMatchObject({
      kind: 'invalid',
      detail:
        'The request is not valid: query /a: is required; query /b: is required; query /c: is required; and 1 more.',
    });
    expect(invalidRequest([{ pointer: '', detail: 'is required' }]).detail).toBe(
      'The request is not valid: the body: is required.',
    );
  });
});
