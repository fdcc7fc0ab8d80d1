const MOST_CAUSES = 5;

/**
 * An error as it is logged: what it is, what it says, where it was thrown, and what caused it. Nothing else that it
 * carries: drivers hang the statement, its parameters and the row upon their errors, and those are content.
 */
export function loggedErrorOf(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return typeof error === 'object' ? 'an object that is no error' : error;
  const { code, cause } = error as Error & { code?: unknown };
  return {
    type: error.name,
    message: error.message,
    stack: error.stack,
    ...(typeof code === 'string' ? { code } : {}),
    ...(cause !== undefined && depth < MOST_CAUSES ? { cause: loggedErrorOf(cause, depth + 1) } : {}),
  };
}
