import { DomainError, InvalidInputError, NotFoundError } from './domain-error.js';

describe('errors of the domain', () => {
  it('keep what caused them', () => {
    const cause = new Error('inside');
    const error = new DomainError({ code: 'no', kind: 'conflict', detail: 'No.', cause });
    expect(error).toMatchObject({
      name: 'DomainError',
      message: 'No.',
      cause,
      issues: [],
      retryAfterSeconds: undefined,
    });
    expect(error).toBeInstanceOf(Error);
  });

  it('say what was not found under a name of its own', () => {
    expect(new NotFoundError('Memory Thing', '7')).toMatchObject({
      code: 'memory-thing-not-found',
      kind: 'not-found',
      detail: 'Memory Thing 7 was not found.',
    });
  });

  it('point at the input that breaks a rule', () => {
    expect(new InvalidInputError('/from', 'is after /to', { in: 'query' })).toMatchObject({
      code: 'invalid-input',
      kind: 'invalid',
      issues: [{ pointer: '/from', in: 'query', detail: 'is after /to' }],
    });
  });
});
