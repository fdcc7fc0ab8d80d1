import { type Environment, environmentSchema } from './config.schema.js';
import type {
  AuthConfig,
  CacheConfig,
  DatabaseConfig,
  HttpConfig,
  LogConfig,
  QueueConfig,
  SearchConfig,
  SessionConfig,
} from './slices.js';

/** All slices of the configuration, frozen. */
export interface KeepsakeConfig {
  readonly http: HttpConfig;
  readonly log: LogConfig;
  readonly database: DatabaseConfig;
  readonly cache: CacheConfig;
  readonly auth: AuthConfig;
  readonly queue: QueueConfig;
  readonly session: SessionConfig;
  readonly search: SearchConfig;
}

/** Every problem of the environment at once. A process that meets it exits with code 78 (EX_CONFIG of sysexits.h). */
export class ConfigError extends Error {
  static readonly exitCode = 78;

  constructor(readonly problems: readonly string[]) {
    super(
      `The configuration has ${problems.length === 1 ? 'a mistake' : `${problems.length} mistakes`}:\n${problems.map((line) => `  ${line}`).join('\n')}`,
    );
    this.name = 'ConfigError';
  }
}

const SECRET = /KEY|PASSWORD|SECRET|URL/;

/**
 * Reads the whole configuration from `environment`.
 * @throws ConfigError naming every variable that is wrong and what to write instead; nothing of a secret is repeated.
 */
export function loadConfig(environment: NodeJS.ProcessEnv): KeepsakeConfig {
  const parsed = environmentSchema.safeParse(environment);
  if (!parsed.success) {
    throw new ConfigError(
      parsed.error.issues.map((issue) => {
        const name = String(issue.path[0]);
        const isShown = environment[name] !== undefined && !SECRET.test(name);
        const value = isShown ? ` (now ${JSON.stringify(environment[name])})` : '';
        return `${name}${value}: ${issue.message}`;
      }),
    );
  }
  return toSlices(parsed.data);
}

function toSlices(env: Environment): KeepsakeConfig {
  const embedded = env.DATABASE_URL === undefined;
  return deepFreeze({
    http: {
      host: env.HOST,
      port: env.PORT,
      publicUrl: env.PUBLIC_URL,
      trustProxy: env.TRUST_PROXY,
      corsOrigins: env.CORS_ORIGINS,
      bodyLimitBytes: env.BODY_LIMIT_BYTES,
      requestTimeoutMs: env.REQUEST_TIMEOUT_MS,
      shutdownTimeoutMs: env.SHUTDOWN_TIMEOUT_MS,
      shutdownDelayMs: env.SHUTDOWN_DELAY_MS,
      idempotencyTtlMs: env.IDEMPOTENCY_TTL_HOURS * 3_600_000,
    },
    log: { level: env.LOG_LEVEL, format: env.LOG_FORMAT },
    database: {
      url: env.DATABASE_URL,
      // The embedded database runs one session: a second connection would share its transaction.
      poolSize: embedded ? 1 : env.DATABASE_POOL_SIZE,
      connectTimeoutMs: env.DATABASE_CONNECT_TIMEOUT_MS,
      statementTimeoutMs: env.DATABASE_STATEMENT_TIMEOUT_MS,
      migrateOnStart: env.DATABASE_MIGRATE,
      dataDir: env.KEEPSAKE_DATA_DIR,
    },
    cache: {
      redisUrl: env.REDIS_URL,
      redisMaxConnections: env.REDIS_MAX_CONNECTIONS,
      redisCommandTimeoutMs: env.REDIS_SOCKET_TIMEOUT,
      redisConnectTimeoutMs: env.REDIS_SOCKET_CONNECT_TIMEOUT,
      enabled: env.CACHE_ENABLED,
      defaultTtlMs: env.CACHE_DEFAULT_TTL * 1000,
      maxLocalBytes: env.CACHE_MAX_MEMORY,
      driftSampleRate: env.CACHE_DRIFT_SAMPLES_PER_MILLION / 1_000_000,
      singleProcess: embedded || env.KEEPSAKE_SINGLE_PROCESS,
    },
    auth: {
      bootstrapKey: env.KEEPSAKE_BOOTSTRAP_KEY,
      cliKey: env.KEEPSAKE_KEY,
      keyFileDir: embedded ? env.KEEPSAKE_DATA_DIR : undefined,
    },
    queue: {
      workerEnabled: env.WORKER_ENABLED,
      pollSeconds: env.WORKER_POLL_SECONDS,
      concurrency: env.WORKER_CONCURRENCY,
    },
    session: {
      idleMs: env.SESSION_IDLE_MINUTES * 60_000,
      expiryMs: env.SESSION_EXPIRY_HOURS * 3_600_000,
      sweepSeconds: env.SESSION_SWEEP_SECONDS,
      touchMs: env.SESSION_TOUCH_SECONDS * 1000,
    },
    search: { language: env.SEARCH_LANGUAGE },
  });
}

function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) deepFreeze(part);
    Object.freeze(value);
  }
  return value;
}
