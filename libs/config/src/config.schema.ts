import { z } from 'zod';
import { isRedisUrl } from './redis-url.js';

/*
 * The environment of Keepsake, one line a variable. Everything is text on the way in; each field says what to
 * write instead when it is wrong. `.env.example` lists the same names (held equal by a test).
 */

const blankAsAbsent = (value: unknown) => (typeof value === 'string' && value.trim() === '' ? undefined : value);

const text = () => z.preprocess(blankAsAbsent, z.string().trim().optional());

const integer = (fallback: number, min: number, max: number) =>
  z.preprocess(
    blankAsAbsent,
    z
      .string()
      .regex(/^-?\d+$/, `write a whole number from ${min} to ${max}`)
      .transform(Number)
      .pipe(
        z
          .number()
          .min(min, `write a whole number from ${min} to ${max}`)
          .max(max, `write a whole number from ${min} to ${max}`),
      )
      .default(fallback),
  );

const flag = (fallback: boolean) =>
  z.preprocess(
    blankAsAbsent,
    z
      .enum(['true', 'false', '1', '0', 'yes', 'no', 'on', 'off'], { error: 'write true or false' })
      .transform((value) => ['true', '1', 'yes', 'on'].includes(value))
      .default(fallback),
  );

const oneOf = <const Values extends readonly [string, ...string[]]>(values: Values, fallback: Values[number]) =>
  z.preprocess(blankAsAbsent, z.enum(values, { error: `write one of ${values.join(', ')}` }).default(fallback));

const list = () =>
  z.preprocess(
    blankAsAbsent,
    z
      .string()
      .default('')
      .transform((value) =>
        value
          .split(',')
          .map((part) => part.trim())
          .filter((part) => part !== ''),
      ),
  );

const url = (protocols: readonly string[], example: string) =>
  text().refine(
    (value) => {
      if (value === undefined) return true;
      try {
        return protocols.includes(new URL(value).protocol);
      } catch {
        return false;
      }
    },
    { error: `write a URL like ${example}` },
  );

/** Where pages may call from: scheme, host and port, as a browser sends them. */
const origins = () =>
  list().refine((values) => values.every(isOrigin), {
    error: 'write origins separated by commas, like https://app.example.org,http://localhost:5173',
  });

function isOrigin(value: string): boolean {
  try {
    const { origin, protocol } = new URL(value);
    return origin === value && (protocol === 'http:' || protocol === 'https:');
  } catch {
    return false;
  }
}

const redisUrl = () =>
  text().refine((value) => value === undefined || isRedisUrl(value), {
    error:
      'write redis://[user:password@]host:6379[/database], rediss:// for TLS, hosts separated by commas for a Cluster, or redis+sentinel://host:26379/name; percent-encode @ : / ? # inside a password; leave it out to run without Redis',
  });

const variables = z.object({
  HOST: text().transform((value) => value ?? '127.0.0.1'),
  PORT: integer(3000, 0, 65_535),
  PUBLIC_URL: url(['http:', 'https:'], 'https://memory.example.org'),
  TRUST_PROXY: flag(false),
  CORS_ORIGINS: origins(),
  BODY_LIMIT_BYTES: integer(8 * 1024 * 1024, 16 * 1024, 256 * 1024 * 1024),
  REQUEST_TIMEOUT_MS: integer(30_000, 100, 600_000),
  SHUTDOWN_TIMEOUT_MS: integer(10_000, 100, 600_000),
  SHUTDOWN_DELAY_MS: integer(0, 0, 60_000),
  IDEMPOTENCY_TTL_HOURS: integer(24, 1, 24 * 30),

  LOG_LEVEL: oneOf(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], 'info'),
  LOG_FORMAT: oneOf(['json', 'pretty'], 'json'),

  DATABASE_URL: url(['postgres:', 'postgresql:'], 'postgres://user:password@host:5432/keepsake'),
  // Two at least: while the schema is migrated, one connection holds the lock.
  DATABASE_POOL_SIZE: integer(10, 2, 200),
  DATABASE_CONNECT_TIMEOUT_MS: integer(5_000, 100, 120_000),
  DATABASE_STATEMENT_TIMEOUT_MS: integer(20_000, 100, 600_000),
  DATABASE_MIGRATE: flag(true),
  KEEPSAKE_DATA_DIR: text().transform((value) => value ?? '.keepsake'),
  KEEPSAKE_SINGLE_PROCESS: flag(false),

  REDIS_URL: redisUrl(),
  REDIS_MAX_CONNECTIONS: integer(2, 1, 100),
  REDIS_SOCKET_TIMEOUT: integer(50, 5, 10_000),
  REDIS_SOCKET_CONNECT_TIMEOUT: integer(1_000, 10, 60_000),
  CACHE_ENABLED: flag(true),
  CACHE_DEFAULT_TTL: integer(300, 1, 30 * 24 * 3600),
  CACHE_MAX_MEMORY: integer(64 * 1024 * 1024, 1024 * 1024, 64 * 1024 ** 3),
  CACHE_DRIFT_SAMPLES_PER_MILLION: integer(0, 0, 1_000_000),

  KEEPSAKE_BOOTSTRAP_KEY: text().refine((value) => value === undefined || /^ks_[A-Za-z0-9_-]{29,253}$/.test(value), {
    error: 'write a key that starts with ks_ and has 32 to 256 characters of A-Z a-z 0-9 _ -',
  }),

  KEEPSAKE_KEY: text().refine((value) => value === undefined || /^ks_[A-Za-z0-9_-]{8,253}$/.test(value), {
    error: 'write the operator key that commands show to the running server',
  }),

  WORKER_ENABLED: flag(true),
  WORKER_POLL_SECONDS: integer(2, 1, 60),
  WORKER_CONCURRENCY: integer(4, 1, 100),

  SESSION_IDLE_MINUTES: integer(120, 1, 7 * 24 * 60),
  SESSION_EXPIRY_HOURS: integer(24, 1, 24 * 365),
  SESSION_SWEEP_SECONDS: integer(60, 1, 3600),
  SESSION_TOUCH_SECONDS: integer(60, 1, 3600),

  SEARCH_LANGUAGE: text()
    .transform((value) => value ?? 'english')
    .refine((value) => /^[a-z_]{1,40}$/.test(value), {
      error: 'write the name of a PostgreSQL text search configuration, like english or simple',
    }),
});

export const environmentSchema = variables.refine((env) => env.SHUTDOWN_DELAY_MS < env.SHUTDOWN_TIMEOUT_MS, {
  path: ['SHUTDOWN_DELAY_MS'],
  error: 'write less than SHUTDOWN_TIMEOUT_MS, or there is no time left to finish requests',
});

export type Environment = z.infer<typeof environmentSchema>;
