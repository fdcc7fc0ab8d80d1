import { loggedErrorOf } from './keepsake-logger.js';

describe('an error in the log', () => {
  it('keeps what it is, what it says and what caused it, and nothing that a driver hung upon it', () => {
    const cause = Object.assign(new TypeError('inner'), { code: 'ECONNRESET', row: 'secret' });
    const error = Object.assign(new Error('outer', { cause }), { query: 'SELECT $1', parameters: ['secret'] });
    const logged = loggedErrorOf(error);
    expect(logged).toMatchObject({
      type: 'Error',
      message: 'outer',
      stack: expect.stringContaining('outer'),
      cause: { type: 'TypeError', message: 'inner', code: 'ECONNRESET' },
    });
    expect(JSON.stringify(logged)).not.toContain('secret');
    expect(loggedErrorOf({ parameters: ['secret'] })).toBe('an object that is no error');
  });

  it('ends, also where errors cause each other', () => {
    const error = new Error('round');
    error.cause = error;
    expect(JSON.stringify(loggedErrorOf(error)).length).toBeLessThan(20_000);
  });
});
