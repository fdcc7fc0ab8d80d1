import { DomainError, ErrorTranslator } from '#kernel';

interface SqlError {
  readonly code?: unknown;
  readonly constraint?: unknown;
  readonly driverError?: unknown;
  readonly message?: unknown;
}

function sqlErrorOf(error: unknown): SqlError | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { driverError } = error as SqlError;
  return typeof driverError === 'object' && driverError !== null ? driverError : error;
}

/** The SQLSTATE (or system error code, like ECONNREFUSED) of a failed statement. */
export function sqlStateOf(error: unknown): string | undefined {
  const code = sqlErrorOf(error)?.code;
  return typeof code === 'string' ? code : undefined;
}

/** The name of the constraint that a statement broke, which repositories turn into domain errors. */
export function brokenConstraintOf(error: unknown): string | undefined {
  const constraint = sqlErrorOf(error)?.constraint;
  return typeof constraint === 'string' ? constraint : undefined;
}

/** Deadlock and serialization failure: the same work can succeed when run again. */
export function isRetryable(error: unknown): boolean {
  const state = sqlStateOf(error);
  return state === '40P01' || state === '40001';
}

/** Class 08 and 57P (PostgreSQL, appendix A) and the system's own codes for a peer that is not there. */
const UNAVAILABLE = /^(08...|57P0[1-5]|53300|ECONNREFUSED|ECONNRESET|EPIPE|ENOENT|ENOTFOUND|ETIMEDOUT|EAI_AGAIN)$/;
const UNAVAILABLE_MESSAGE =
  /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Cannot use a pool after calling end|Connection ended/i;

/** Whether the database could not be reached or went away in the middle. */
export function isDatabaseUnavailable(error: unknown): boolean {
  const sqlError = sqlErrorOf(error);
  if (sqlError === undefined) return false;
  return (
    (typeof sqlError.code === 'string' && UNAVAILABLE.test(sqlError.code)) ||
    (typeof sqlError.message === 'string' && UNAVAILABLE_MESSAGE.test(sqlError.message))
  );
}

/** What the pool says when none of its connections came free in time: the database may well answer. */
function isBusy(error: unknown): boolean {
  return sqlErrorOf(error)?.message === 'timeout exceeded when trying to connect';
}

/** Reports the failures of the database that a caller can act on; the rest stays a defect. */
export class DatabaseErrorTranslator extends ErrorTranslator {
  translate(error: unknown): DomainError | undefined {
    if (isBusy(error)) {
      return new DomainError({
        code: 'database-busy',
        kind: 'unavailable',
        detail: 'All connections to the database are in use, and none came free in time. Try again shortly.',
        retryAfterSeconds: 1,
        cause: error,
      });
    }
    if (isDatabaseUnavailable(error)) {
      return new DomainError({
        code: 'database-unavailable',
        kind: 'unavailable',
        detail: 'The database is not reachable. Try again shortly.',
        retryAfterSeconds: 1,
        cause: error,
      });
    }
    switch (sqlStateOf(error)) {
      case '57014':
        return new DomainError({
          code: 'database-timeout',
          kind: 'timeout',
          detail: 'The database took too long to answer.',
          cause: error,
        });
      case '40P01':
      case '40001':
        return new DomainError({
          code: 'concurrent-change',
          kind: 'conflict',
          detail: 'A concurrent change got in the way. Send the request again.',
          retryAfterSeconds: 1,
          cause: error,
        });
      default:
        return undefined;
    }
  }
}
