import { withArgumentNames } from './renamed-arguments.js';

describe('a problem of a tool whose arguments have names of their own', () => {
  it('names those, in its text and in its pointers', () => {
    const problem = {
      code: 'invalid-request',
      detail: 'The request is not valid: /q must be a text; and 1 more.',
      errors: [
        { pointer: '/q', detail: 'must be a text' },
        { pointer: '/quantity', detail: 'is not a known field' },
      ],
    };
    expect(withArgumentNames({ renames: { q: 'query' } }, problem)).toEqual({
      code: 'invalid-request',
      detail: 'The request is not valid: /query must be a text; and 1 more.',
      errors: [{ pointer: '/query', detail: 'must be a text' }, problem.errors[1]],
    });
    const said = { ...problem, detail: 'The request is not valid: query /q: say what to look for.' };
    expect(withArgumentNames({ renames: { q: 'query' } }, said).detail).toBe(
      'The request is not valid: query /query: say what to look for.',
    );
    const unknown = { ...problem, errors: [{ pointer: '/x', detail: 'is not a known field; known are q, limit' }] };
    expect(withArgumentNames({ renames: { q: 'query' } }, unknown).errors).toEqual([
      { pointer: '/x', detail: 'is not a known field; known are query, limit' },
    ]);
    expect(withArgumentNames({}, problem)).toEqual(problem);
  });
});
