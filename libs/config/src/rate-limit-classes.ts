/**
 * Everything that has a rate limit, with the variable that sets it: the classes of routes, failures to sign in, and calls
 * of outside providers. A class is listed here alone, the default of its variable in `config.schema.ts`.
 */
const RATE_LIMIT_VARIABLES = {
  reads: 'RATE_LIMIT_READS_PER_MINUTE',
  writes: 'RATE_LIMIT_WRITES_PER_MINUTE',
  search: 'RATE_LIMIT_SEARCH_PER_MINUTE',
  embeddings: 'RATE_LIMIT_EMBEDDINGS_PER_MINUTE',
  ingestion: 'RATE_LIMIT_INGESTION_PER_MINUTE',
  admin: 'RATE_LIMIT_ADMIN_PER_MINUTE',
  'sign-in': 'RATE_LIMIT_SIGN_IN_PER_5_MINUTES',
  providers: 'RATE_LIMIT_PROVIDER_CALLS_PER_MINUTE',
} as const;

type RateLimitClass = keyof typeof RATE_LIMIT_VARIABLES;
/** What a route may be of. */
export type RouteClass = Exclude<RateLimitClass, 'sign-in' | 'providers'>;
/** Requests of a credential in a minute, by class; sign-in: failures of an address in five minutes. */
export type LimitNumbers = Readonly<Record<RateLimitClass, number>>;

const classes = Object.keys(RATE_LIMIT_VARIABLES) as RateLimitClass[];
export const routeClasses: readonly RouteClass[] = classes.filter(
  (name): name is RouteClass => name !== 'sign-in' && name !== 'providers',
);
/** What a tier may set: who signs in is of none yet. */
export const tierClasses = classes.filter((name) => name !== 'sign-in');

export function limitNumbersOf(
  env: Readonly<Record<(typeof RATE_LIMIT_VARIABLES)[RateLimitClass], number>>,
): LimitNumbers {
  return Object.fromEntries(classes.map((name) => [name, env[RATE_LIMIT_VARIABLES[name]]])) as LimitNumbers;
}
