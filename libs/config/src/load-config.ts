import { type Environment, environmentSchema } from './config.schema.js';
import { readSecretFiles } from './secret-files.js';
import { limitNumbersOf } from './rate-limit-classes.js';
import type {
  AuthConfig,
  CacheConfig,
  CommandConfig,
  DatabaseConfig,
  EmbeddingConfig,
  HttpConfig,
  LogConfig,
  OutboundConfig,
  QueueConfig,
  RelevanceConfig,
  SearchConfig,
  ConversationConfig,
  SessionConfig,
  ThrottleConfig,
  TracingConfig,
  WebhookConfig,
} from './config-sections.js';

/** All slices of the configuration, frozen. */
export interface KeepsakeConfig {
  readonly http: HttpConfig;
  readonly log: LogConfig;
  readonly tracing: TracingConfig;
  readonly database: DatabaseConfig;
  readonly cache: CacheConfig;
  readonly auth: AuthConfig;
  readonly queue: QueueConfig;
  readonly session: SessionConfig;
  readonly conversation: ConversationConfig;
  readonly webhook: WebhookConfig;
  readonly outbound: OutboundConfig;
  readonly search: SearchConfig;
  readonly relevance: RelevanceConfig;
  readonly throttle: ThrottleConfig;
  readonly embedding: EmbeddingConfig;
  readonly command: CommandConfig;
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

const SECRET = /KEY|PASSWORD|SECRET|TOKEN$|URL|HEADERS/;

/**
 * Reads the whole configuration from the environment, and secrets from the files that it names.
 * @throws ConfigError naming every variable that is wrong and what to write instead; nothing of a secret is repeated.
 */
export function loadConfig(given: NodeJS.ProcessEnv): KeepsakeConfig {
  const { environment, problems: fileProblems } = readSecretFiles(given);
  const parsed = environmentSchema.safeParse(environment);
  const wrong = parsed.success
    ? []
    : parsed.error.issues.map((issue) => {
        const name = String(issue.path[0]);
        const isShown = environment[name] !== undefined && !SECRET.test(name);
        const value = isShown ? ` (now ${JSON.stringify(environment[name])})` : '';
        return `${name}${value}: ${issue.message}`;
      });
  const problems = [...fileProblems, ...wrong, ...missingForEmbeddings(environment), ...unknownLanguage(environment)];
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems);
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
      transferTimeoutMs: env.TRANSFER_TIMEOUT_MS,
      importLimitBytes: env.IMPORT_LIMIT_BYTES,
      shutdownTimeoutMs: env.SHUTDOWN_TIMEOUT_MS,
      shutdownDelayMs: env.SHUTDOWN_DELAY_MS,
      idempotencyTtlMs: env.IDEMPOTENCY_TTL_HOURS * 3_600_000,
    },
    log: { level: env.LOG_LEVEL, format: env.LOG_FORMAT, slowRequestMs: env.LOG_SLOW_REQUEST_MS },
    tracing: toTracingConfig(env),
    database: {
      url: env.DATABASE_URL,
      directUrl: env.DATABASE_DIRECT_URL ?? env.DATABASE_URL,
      // The embedded database runs one session: a second connection would share its transaction.
      poolSize: embedded ? 1 : env.DATABASE_POOL_SIZE,
      connectTimeoutMs: env.DATABASE_CONNECT_TIMEOUT_MS,
      statementTimeoutMs: env.DATABASE_STATEMENT_TIMEOUT_MS,
      slowStatementMs: env.LOG_SLOW_STATEMENT_MS,
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
      jwtSecret: env.JWT_SECRET,
      jwksUrl: env.JWT_JWKS_URL,
      jwksCooldownMs: env.JWT_JWKS_COOLDOWN_SECONDS * 1000,
      jwtIssuer: env.JWT_ISSUER,
      jwtAudience: env.JWT_AUDIENCE,
      jwtClockSkewSeconds: env.JWT_CLOCK_SKEW_SECONDS,
      jwtMaxLifetimeMs: env.JWT_MAX_LIFETIME_HOURS * 3_600_000,
      metrics: { isPublic: env.METRICS_PUBLIC, token: env.METRICS_TOKEN },
      keyFileDir: embedded ? env.KEEPSAKE_DATA_DIR : undefined,
    },
    queue: {
      workerEnabled: env.WORKER_ENABLED,
      pollSeconds: env.WORKER_POLL_SECONDS,
      concurrency: env.WORKER_CONCURRENCY,
      metricsPort: env.WORKER_METRICS_PORT,
    },
    throttle: {
      enabled: env.RATE_LIMIT_ENABLED,
      limits: limitNumbersOf(env),
      workspaceFactor: env.RATE_LIMIT_WORKSPACE_FACTOR,
      tiers: env.RATE_LIMIT_TIERS,
    },
    session: {
      idleMs: env.SESSION_IDLE_MINUTES * 60_000,
      expiryMs: env.SESSION_EXPIRY_HOURS * 3_600_000,
      sweepSeconds: env.SESSION_SWEEP_SECONDS,
      touchMs: env.SESSION_TOUCH_SECONDS * 1000,
    },
    conversation: { unhelpfulPatterns: env.CONVERSATION_UNHELPFUL_PATTERNS },
    webhook: {
      timeoutMs: env.WEBHOOK_TIMEOUT_MS,
      concurrency: env.WEBHOOK_CONCURRENCY,
      conversationQuietMs: env.CONVERSATION_QUIET_MINUTES * 60_000,
      pollMs: env.WORKER_POLL_SECONDS * 1000,
    },
    outbound: { allowedNetworks: env.OUTBOUND_ALLOWED_NETWORKS },
    search: { language: env.SEARCH_LANGUAGE, semanticTimeoutMs: env.SEARCH_SEMANTIC_TIMEOUT_MS },
    relevance: {
      halfLifeDays: env.RELEVANCE_HALF_LIFE_DAYS,
      manyUses: env.RELEVANCE_MANY_USES,
      keptADay: env.RELEVANCE_FEEDBACK_KEPT_PERCENT / 100,
      othersShare: env.RELEVANCE_OTHERS_PERCENT / 100,
      weights: {
        recency: env.RELEVANCE_WEIGHT_RECENCY,
        frequency: env.RELEVANCE_WEIGHT_FREQUENCY,
        importance: env.RELEVANCE_WEIGHT_IMPORTANCE,
        match: env.RELEVANCE_WEIGHT_MATCH,
      },
    },
    embedding: toEmbeddingConfig(env),
    command: {
      serverUrl: env.KEEPSAKE_URL === undefined ? undefined : withoutSlash(env.KEEPSAKE_URL),
      key: env.KEEPSAKE_KEY,
    },
  });
}

/** What the chosen provider can't do without. Read from the raw environment, so that it is reported with all else. */
function missingForEmbeddings(environment: NodeJS.ProcessEnv): string[] {
  const isMissing = (name: string) => (environment[name] ?? '').trim() === '';
  const reranker =
    environment['RERANK_PROVIDER']?.trim() === 'voyage' && isMissing('VOYAGE_API_KEY')
      ? ['VOYAGE_API_KEY: RERANK_PROVIDER=voyage needs the key of your Voyage account']
      : [];
  return [...missingForProvider(environment, isMissing), ...reranker];
}

function missingForProvider(environment: NodeJS.ProcessEnv, isMissing: (name: string) => boolean): string[] {
  switch (environment['EMBEDDING_PROVIDER']?.trim()) {
    case 'voyage':
      return isMissing('VOYAGE_API_KEY')
        ? ['VOYAGE_API_KEY: write the key of your Voyage account, or set EMBEDDING_PROVIDER=local']
        : [];
    case 'openai':
      return [
        ...(isMissing('OPENAI_API_KEY') && isMissing('OPENAI_BASE_URL')
          ? [
              'OPENAI_API_KEY: write the key of your OpenAI account, or set OPENAI_BASE_URL to a compatible server that asks for none',
            ]
          : []),
        ...(!isMissing('EMBEDDING_MODEL') &&
        !/^\s*text-embedding-/.test(environment['EMBEDDING_MODEL'] ?? '') &&
        isMissing('EMBEDDING_DIMENSIONS')
          ? ["EMBEDDING_DIMENSIONS: write the length of this model's vectors, like 768"]
          : []),
      ];
    case 'transformers':
      return ['EMBEDDING_MODEL_DIR', 'EMBEDDING_DIMENSIONS']
        .filter(isMissing)
        .map(
          (name) =>
            `${name}: EMBEDDING_PROVIDER=transformers needs the folder of a model and the length of its vectors`,
        );
    default:
      return [];
  }
}

/** The embedded database has those of PostgreSQL itself; of another one its server knows. */
const BUILT_IN_LANGUAGES =
  'simple arabic armenian basque catalan danish dutch english finnish french german greek hindi hungarian indonesian irish italian lithuanian nepali norwegian portuguese romanian russian serbian spanish swedish tamil turkish yiddish'.split(
    ' ',
  );

function unknownLanguage(environment: NodeJS.ProcessEnv): string[] {
  const language = environment['SEARCH_LANGUAGE']?.trim() ?? '';
  // What can't be a name at all is reported by the schema.
  const isKnown = !/^[a-z_]+$/.test(language) || BUILT_IN_LANGUAGES.includes(language);
  if (isKnown || (environment['DATABASE_URL'] ?? '').trim() !== '') return [];
  return [`SEARCH_LANGUAGE (now ${JSON.stringify(language)}): write one of ${BUILT_IN_LANGUAGES.join(', ')}`];
}

function toTracingConfig(env: Environment): TracingConfig {
  const base = env.OTEL_EXPORTER_OTLP_ENDPOINT;
  const endpoint =
    env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? (base === undefined ? undefined : `${withoutSlash(base)}/v1/traces`);
  const sampler = env.OTEL_TRACES_SAMPLER.replace('parentbased_', '');
  return {
    endpoint: env.OTEL_SDK_DISABLED ? undefined : endpoint,
    headers: env.OTEL_EXPORTER_OTLP_HEADERS ?? {},
    timeoutMs: env.OTEL_EXPORTER_OTLP_TIMEOUT,
    sendEveryMs: env.OTEL_BSP_SCHEDULE_DELAY,
    serviceName: env.OTEL_SERVICE_NAME,
    resourceAttributes: env.OTEL_RESOURCE_ATTRIBUTES ?? {},
    sampleRatio: sampler === 'always_on' ? 1 : sampler === 'always_off' ? 0 : env.OTEL_TRACES_SAMPLER_ARG,
    followsParent: env.OTEL_TRACES_SAMPLER.startsWith('parentbased_'),
  };
}

const OPENAI_BASE_URL = 'https://api.openai.com/v1';
const VOYAGE_BASE_URL = 'https://api.voyageai.com/v1';

function toEmbeddingConfig(env: Environment): EmbeddingConfig {
  const openaiBaseUrl = withoutSlash(env.OPENAI_BASE_URL ?? OPENAI_BASE_URL);
  return {
    provider: env.EMBEDDING_PROVIDER,
    loopbackUrls: env.EMBEDDING_LOOPBACK_URLS.map(withoutSlash),
    model: env.EMBEDDING_MODEL,
    modelAliases: env.EMBEDDING_MODEL_ALIASES,
    dimensions: env.EMBEDDING_DIMENSIONS,
    modelDir: env.EMBEDDING_MODEL_DIR,
    voyage: { apiKey: env.VOYAGE_API_KEY, baseUrl: withoutSlash(env.VOYAGE_BASE_URL ?? VOYAGE_BASE_URL) },
    openai: {
      apiKey: env.OPENAI_API_KEY,
      baseUrl: openaiBaseUrl,
      isCompatible: openaiBaseUrl !== OPENAI_BASE_URL,
      // Not every compatible server has base64.
      wireFormat: env.OPENAI_EMBEDDING_FORMAT ?? (openaiBaseUrl === OPENAI_BASE_URL ? 'base64' : 'float'),
    },
    timeoutMs: env.EMBEDDING_TIMEOUT_MS,
    attemptTimeoutMs: env.EMBEDDING_ATTEMPT_TIMEOUT_MS,
    maxAttempts: env.EMBEDDING_MAX_ATTEMPTS,
    batchTexts: env.EMBEDDING_BATCH_TEXTS,
    batchTokens: env.EMBEDDING_BATCH_TOKENS,
    budgets: {
      requests: env.EMBEDDING_REQUESTS_PER_MINUTE,
      tokens: env.EMBEDDING_TOKENS_PER_MINUTE,
      tokensOfEach: env.EMBEDDING_PRINCIPAL_TOKENS_PER_MINUTE,
    },
    rerank: { isOn: env.RERANK_PROVIDER === 'voyage', model: env.RERANK_MODEL },
    prices: env.EMBEDDING_PRICES,
  };
}

function withoutSlash(url: string): string {
  let end = url.length;
  while (url.charAt(end - 1) === '/') end--;
  return url.slice(0, end);
}

function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) deepFreeze(part);
    Object.freeze(value);
  }
  return value;
}
