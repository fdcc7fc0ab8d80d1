import { z } from 'zod';
import {
  blankAsAbsent,
  databaseUrl,
  flag,
  integer,
  isModelName,
  keyValues,
  list,
  loopbackUrls,
  networks,
  oneOf,
  origins,
  prices,
  rateLimitTiers,
  redisUrl,
  text,
  trustProxy,
  url,
} from './config-values.js';

/*
 * The environment of Keepsake, one line a variable. Everything is text on the way in; each field says what to
 * write instead when it is wrong. `.env.example` lists the same names (held equal by a test).
 */

const SAMPLERS = [
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
  'always_on',
  'always_off',
  'traceidratio',
] as const;

const variables = z.object({
  HOST: text().transform((value) => value ?? '127.0.0.1'),
  PORT: integer(3000, 0, 65_535),
  PUBLIC_URL: url(['http:', 'https:'], 'https://memory.example.org'),
  TRUST_PROXY: trustProxy(),
  CORS_ORIGINS: origins(),
  BODY_LIMIT_BYTES: integer(8 * 1024 * 1024, 16 * 1024, 256 * 1024 * 1024),
  REQUEST_TIMEOUT_MS: integer(30_000, 100, 600_000),
  SHUTDOWN_TIMEOUT_MS: integer(10_000, 100, 600_000),
  SHUTDOWN_DELAY_MS: integer(0, 0, 60_000),
  TRANSFER_TIMEOUT_MS: integer(600_000, 100, 24 * 3_600_000),
  IMPORT_LIMIT_BYTES: integer(1024 ** 3, 16 * 1024, 1024 ** 4),
  IDEMPOTENCY_TTL_HOURS: integer(24, 1, 24 * 30),

  LOG_LEVEL: oneOf(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], 'info'),
  LOG_FORMAT: oneOf(['json', 'pretty'], 'json'),
  LOG_SLOW_REQUEST_MS: integer(1_000, 0, 600_000),
  LOG_SLOW_STATEMENT_MS: integer(500, 0, 600_000),

  OTEL_SDK_DISABLED: flag(false),
  OTEL_EXPORTER_OTLP_ENDPOINT: url(['http:', 'https:'], 'http://localhost:4318'),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: url(['http:', 'https:'], 'http://localhost:4318/v1/traces'),
  OTEL_EXPORTER_OTLP_PROTOCOL: z.preprocess(
    blankAsAbsent,
    z.enum(['http/json'], { error: 'write http/json: traces are sent in no other form' }).optional(),
  ),
  OTEL_EXPORTER_OTLP_HEADERS: keyValues('api-key=secret'),
  OTEL_EXPORTER_OTLP_TIMEOUT: integer(10_000, 100, 120_000),
  OTEL_BSP_SCHEDULE_DELAY: integer(5_000, 10, 120_000),
  OTEL_SERVICE_NAME: text().transform((value) => value ?? 'keepsake'),
  OTEL_RESOURCE_ATTRIBUTES: keyValues('deployment.environment.name=production'),
  OTEL_TRACES_SAMPLER: oneOf(SAMPLERS, 'parentbased_always_on'),
  OTEL_TRACES_SAMPLER_ARG: z.preprocess(
    blankAsAbsent,
    z.coerce
      .number({ error: 'write a share from 0 to 1, like 0.1' })
      .min(0, 'write a share from 0 to 1, like 0.1')
      .max(1, 'write a share from 0 to 1, like 0.1')
      .default(1),
  ),

  DATABASE_URL: databaseUrl(),
  DATABASE_DIRECT_URL: databaseUrl(),
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

  KEEPSAKE_URL: url(['http:', 'https:'], 'http://127.0.0.1:3000'),
  KEEPSAKE_KEY: text().refine((value) => value === undefined || /^ks_[A-Za-z0-9_-]{8,253}$/.test(value), {
    error: 'write the key that commands show to the running server: ks_ and more characters of A-Z a-z 0-9 _ -',
  }),

  JWT_SECRET: text().refine((value) => value === undefined || Buffer.byteLength(value) >= 32, {
    error: 'write a secret of at least 32 bytes (openssl rand -base64 48)',
  }),
  JWT_JWKS_URL: url(['https:', 'http:'], 'https://issuer.example.org/.well-known/jwks.json'),
  JWT_JWKS_COOLDOWN_SECONDS: integer(30, 1, 3600),
  JWT_ISSUER: text(),
  JWT_AUDIENCE: text(),
  JWT_CLOCK_SKEW_SECONDS: integer(30, 0, 600),
  JWT_MAX_LIFETIME_HOURS: integer(24 * 30, 1, 24 * 365),

  METRICS_PUBLIC: flag(false),
  METRICS_TOKEN: text().refine((value) => value === undefined || /^[A-Za-z0-9._~+/=-]{16,256}$/.test(value), {
    error: 'write a token of 16 to 256 characters that a bearer credential may have (openssl rand -hex 24)',
  }),

  WORKER_ENABLED: flag(true),
  WORKER_POLL_SECONDS: integer(2, 1, 60),
  WORKER_CONCURRENCY: integer(4, 1, 100),
  WORKER_METRICS_PORT: z.preprocess(blankAsAbsent, integer(0, 1, 65_535).optional()),

  RATE_LIMIT_ENABLED: flag(true),
  RATE_LIMIT_READS_PER_MINUTE: integer(600, 1, 10_000_000),
  RATE_LIMIT_WRITES_PER_MINUTE: integer(100, 1, 10_000_000),
  RATE_LIMIT_SEARCH_PER_MINUTE: integer(120, 1, 10_000_000),
  RATE_LIMIT_EMBEDDINGS_PER_MINUTE: integer(60, 1, 10_000_000),
  RATE_LIMIT_INGESTION_PER_MINUTE: integer(10, 1, 10_000_000),
  RATE_LIMIT_ADMIN_PER_MINUTE: integer(60, 1, 10_000_000),
  RATE_LIMIT_SIGN_IN_PER_5_MINUTES: integer(10, 1, 10_000_000),
  RATE_LIMIT_PROVIDER_CALLS_PER_MINUTE: integer(30, 1, 10_000_000),
  RATE_LIMIT_WORKSPACE_FACTOR: integer(10, 1, 10_000),
  RATE_LIMIT_TIERS: rateLimitTiers(),

  SESSION_IDLE_MINUTES: integer(120, 1, 7 * 24 * 60),
  SESSION_EXPIRY_HOURS: integer(24, 1, 24 * 365),
  SESSION_SWEEP_SECONDS: integer(60, 1, 3600),
  SESSION_TOUCH_SECONDS: integer(60, 1, 3600),

  CONVERSATION_UNHELPFUL_PATTERNS: list().refine((patterns) => patterns.every((pattern) => /[^*\s]/.test(pattern)), {
    error: 'write phrases with commas between, each with more than * in it',
  }),

  WEBHOOK_TIMEOUT_MS: integer(10_000, 100, 60_000),
  WEBHOOK_CONCURRENCY: integer(32, 1, 1_000),
  CONVERSATION_QUIET_MINUTES: integer(30, 1, 7 * 24 * 60),
  OUTBOUND_ALLOWED_NETWORKS: networks(),

  SEARCH_LANGUAGE: text()
    .transform((value) => value ?? 'english')
    .refine((value) => /^[a-z_]{1,40}$/.test(value), {
      error: 'write the name of a PostgreSQL text search configuration, like english or simple',
    }),

  SEARCH_SEMANTIC_TIMEOUT_MS: integer(3_000, 50, 60_000),

  RELEVANCE_HALF_LIFE_DAYS: integer(30, 1, 3_650),
  RELEVANCE_MANY_USES: integer(20, 1, 1_000_000),
  RELEVANCE_FEEDBACK_KEPT_PERCENT: integer(95, 0, 100),
  RELEVANCE_OTHERS_PERCENT: integer(25, 0, 100),
  RELEVANCE_WEIGHT_RECENCY: integer(20, 0, 1_000),
  RELEVANCE_WEIGHT_FREQUENCY: integer(15, 0, 1_000),
  RELEVANCE_WEIGHT_IMPORTANCE: integer(15, 0, 1_000),
  RELEVANCE_WEIGHT_MATCH: integer(50, 0, 1_000),

  EMBEDDING_PROVIDER: oneOf(['auto', 'local', 'openai', 'voyage', 'transformers', 'use', 'off'], 'auto'),
  EMBEDDING_MODEL: text().refine((value) => value === undefined || isModelName(value), {
    error: 'write the name of a model, like voyage-4 or text-embedding-3-small',
  }),
  EMBEDDING_MODEL_ALIASES: list().refine((names) => names.every((name) => name === '*' || isModelName(name)), {
    error: 'write names of models, separated by commas, like text-embedding-3-small, or * for any',
  }),
  EMBEDDING_DIMENSIONS: z.preprocess(blankAsAbsent, integer(0, 1, 4_000).optional()),
  EMBEDDING_LOOPBACK_URLS: loopbackUrls(['http://127.0.0.1:11434', 'http://127.0.0.1:1234']),
  EMBEDDING_MODEL_DIR: text(),
  VOYAGE_API_KEY: text(),
  VOYAGE_BASE_URL: url(['http:', 'https:'], 'https://api.voyageai.com/v1'),
  OPENAI_API_KEY: text(),
  OPENAI_BASE_URL: url(['http:', 'https:'], 'https://api.openai.com/v1'),
  OPENAI_EMBEDDING_FORMAT: z.preprocess(
    blankAsAbsent,
    z.enum(['float', 'base64'], { error: 'write float or base64' }).optional(),
  ),
  EMBEDDING_TIMEOUT_MS: integer(20_000, 100, 600_000),
  EMBEDDING_ATTEMPT_TIMEOUT_MS: integer(10_000, 100, 600_000),
  EMBEDDING_MAX_ATTEMPTS: integer(4, 1, 10),
  EMBEDDING_BATCH_TEXTS: integer(128, 1, 2_048),
  EMBEDDING_BATCH_TOKENS: integer(100_000, 100, 1_000_000),
  EMBEDDING_REQUESTS_PER_MINUTE: integer(0, 0, 1_000_000),
  EMBEDDING_TOKENS_PER_MINUTE: integer(0, 0, 1_000_000_000),
  EMBEDDING_PRINCIPAL_TOKENS_PER_MINUTE: integer(0, 0, 1_000_000_000),
  EMBEDDING_PRICES: prices(),
  RERANK_PROVIDER: oneOf(['off', 'voyage'], 'off'),
  RERANK_MODEL: text()
    .transform((value) => value ?? 'rerank-2.5')
    .refine(isModelName, {
      error: 'write the name of a model, like rerank-2.5 or rerank-2.5-lite',
    }),
});

export const environmentSchema = variables.refine((env) => env.SHUTDOWN_DELAY_MS < env.SHUTDOWN_TIMEOUT_MS, {
  path: ['SHUTDOWN_DELAY_MS'],
  error: 'write less than SHUTDOWN_TIMEOUT_MS, or there is no time left to finish requests',
});

export type Environment = z.infer<typeof environmentSchema>;
