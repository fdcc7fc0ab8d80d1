import { z } from 'zod';
import type { DomainError } from '#kernel';
import { SchemaValidationPipe } from './schema-validation.pipe.js';

const schema = z.strictObject({ label: z.string().max(3), nested: z.strictObject({ 'a/b': z.int() }).optional() });
const pipe = new SchemaValidationPipe();
const failure = async (value: unknown, type: 'body' | 'query' | 'param' = 'body') =>
  pipe.transform(value, { type, schema }).then(
    () => {
      throw new Error('accepted');
    },
    (error: unknown) => error as DomainError,
  );

describe('SchemaValidationPipe', () => {
  it('hands on what the schema makes of a value', async () => {
    await expect(pipe.transform({ label: 'abc' }, { type: 'body', schema })).resolves.toEqual({ label: 'abc' });
  });

  it('names every offending field at once, unknown ones too', async () => {
    const error = await failure({ label: 'abcd', nested: { 'a/b': 'x' }, extra: 1 });
    expect(error).toMatchObject({ kind: 'invalid', code: 'invalid-request' });
    expect(error.issues.map((issue) => issue.pointer).sort()).toEqual(['/extra', '/label', '/nested/a~1b']);
  });

  it('says in which part of the request a field is wrong', async () => {
    expect((await failure({}, 'query')).issues).toEqual([expect.objectContaining({ pointer: '/label', in: 'query' })]);
    expect((await failure({ label: 'a\0' }, 'param')).issues).toEqual([
      expect.objectContaining({ pointer: '/label', in: 'path' }),
    ]);
  });

  it('refuses a missing body', async () => {
    expect((await failure(undefined)).issues).toEqual([expect.objectContaining({ pointer: '', in: 'body' })]);
  });
});
