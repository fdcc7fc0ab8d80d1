import { QueryFailedError } from 'typeorm';
import { brokenConstraintOf, DatabaseErrorTranslator, isDatabaseUnavailable, sqlStateOf } from './database-errors.js';

const failed = (driverError: object) =>
  new QueryFailedError('SELECT 1', [], Object.assign(new Error('failed'), driverError));

describe('what a failure of the database means', () => {
  const translator = new DatabaseErrorTranslator();

  it.each(['08006', '57P01', '57P03', '53300', 'ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'ETIMEDOUT'])(
    '%s: it is away, try again',
    (code) => {
      expect(translator.translate(failed({ code }))).toMatchObject({ kind: 'unavailable', retryAfterSeconds: 1 });
      expect(isDatabaseUnavailable(Object.assign(new Error('bare'), { code }))).toBe(true);
    },
  );

  it('Connection terminated unexpectedly, which has no code: it is away', () => {
    const error = translator.translate(new Error('Connection terminated unexpectedly'));
    expect(error).toMatchObject({ kind: 'unavailable', code: 'database-unavailable' });
  });

  it('a pool without a free connection is busy, not away', () => {
    const error = translator.translate(new Error('timeout exceeded when trying to connect'));
    expect(error).toMatchObject({ kind: 'unavailable', code: 'database-busy', retryAfterSeconds: 1 });
    expect(error?.detail).not.toContain('reachable');
  });

  it.each([
    ['57014', 'timeout'],
    ['40P01', 'conflict'],
    ['40001', 'conflict'],
  ])('%s: %s', (code, kind) => {
    expect(translator.translate(failed({ code }))).toMatchObject({ kind });
  });

  it.each([failed({ code: '23505' }), failed({ code: '42P01' }), new Error('x'), 'text', null, undefined])(
    'the rest stays a defect: %s',
    (error) => {
      expect(translator.translate(error)).toBeUndefined();
    },
  );

  it('keeps the failure as the cause, and nothing of it in the detail', () => {
    const cause = failed({ code: 'ECONNREFUSED', message: 'connect ECONNREFUSED db.internal:5432' });
    const error = translator.translate(cause);
    expect(error?.cause).toBe(cause);
    expect(error?.detail).not.toContain('db.internal');
  });

  it('names the constraint that was broken', () => {
    expect(brokenConstraintOf(failed({ code: '23505', constraint: 'things_pkey' }))).toBe('things_pkey');
    expect(brokenConstraintOf(new Error('x'))).toBeUndefined();
    expect(sqlStateOf(undefined)).toBeUndefined();
  });
});
