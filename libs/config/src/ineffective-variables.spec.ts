import { environmentSchema } from './config.schema.js';
import { loadConfig } from './load-config.js';
import { findVariableNotes } from './ineffective-variables.js';

/** Something that the variable takes and that is not its default. */
const OTHERS: Readonly<Record<string, string>> = {
  HOST: '0.0.0.0',
  PUBLIC_URL: 'https://memory.example.org',
  TRUST_PROXY: '2',
  CORS_ORIGINS: 'https://app.example.org',
  LOG_LEVEL: 'debug',
  LOG_FORMAT: 'pretty',
  OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4318',
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://localhost:4318/v1/traces',
  OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
  OTEL_EXPORTER_OTLP_HEADERS: 'a=b',
  OTEL_SERVICE_NAME: 'other',
  OTEL_RESOURCE_ATTRIBUTES: 'a=b',
  OTEL_TRACES_SAMPLER: 'always_off',
  OTEL_TRACES_SAMPLER_ARG: '0.5',
  DATABASE_URL: 'postgres://u:p@db/k',
  DATABASE_DIRECT_URL: 'postgres://u:p@db/k',
  KEEPSAKE_DATA_DIR: 'elsewhere',
  REDIS_URL: 'redis://cache',
  KEEPSAKE_BOOTSTRAP_KEY: `ks_${'x'.repeat(32)}`,
  KEEPSAKE_URL: 'http://127.0.0.1:3001',
  KEEPSAKE_KEY: `ks_${'x'.repeat(32)}`,
  JWT_SECRET: 'x'.repeat(32),
  JWT_JWKS_URL: 'https://issuer.example.org/keys',
  JWT_ISSUER: 'https://issuer.example.org',
  JWT_AUDIENCE: 'keepsake',
  METRICS_TOKEN: 'x'.repeat(16),
  WORKER_METRICS_PORT: '9464',
  RATE_LIMIT_TIERS: '{"pro":{"reads":1}}',
  OUTBOUND_ALLOWED_NETWORKS: '10.0.0.0/8',
  CONVERSATION_UNHELPFUL_PATTERNS: 'no idea',
  SEARCH_LANGUAGE: 'simple',
  EMBEDDING_PROVIDER: 'off',
  EMBEDDING_MODEL: 'a-model',
  EMBEDDING_MODEL_ALIASES: 'text-embedding-3-small',
  EMBEDDING_DIMENSIONS: '512',
  EMBEDDING_MODEL_DIR: 'models',
  EMBEDDING_LOOPBACK_URLS: 'off',
  VOYAGE_API_KEY: 'pa-1',
  VOYAGE_BASE_URL: 'https://voyage.example.org',
  OPENAI_API_KEY: 'sk-1',
  OPENAI_BASE_URL: 'https://openai.example.org',
  OPENAI_EMBEDDING_FORMAT: 'float',
  EMBEDDING_PRICES: 'voyage/voyage-4=1',
  RERANK_MODEL: 'rerank-2.5-lite',
};

const defaults = environmentSchema.parse({}) as Readonly<Record<string, unknown>>;

function otherOf(name: string): string {
  const fallback = defaults[name];
  if (OTHERS[name] !== undefined) return OTHERS[name];
  if (typeof fallback === 'boolean') return String(!fallback);
  if (typeof fallback === 'number') return String(fallback + 1);
  throw new Error(`what else may ${name} be?`);
}

describe('what is written in the environment', () => {
  const needsMore = ['RERANK_PROVIDER'];

  it.each(Object.keys(environmentSchema.shape).filter((name) => !needsMore.includes(name)))(
    '%s is in force or reported',
    (name) => {
      const environment = { [name]: otherOf(name) };
      const isInForce = JSON.stringify(loadConfig(environment)) !== JSON.stringify(loadConfig({}));
      const notes = findVariableNotes(environment, {});
      const isReported = notes.some((note) => note.startsWith(`${name} has no effect`));
      expect({ name, isInForceOrReported: isInForce || isReported }).toEqual({ name, isInForceOrReported: true });
      for (const note of notes) expect(note).not.toContain(otherOf(name));
    },
  );

  it.each([
    [{ DATABASE_POOL_SIZE: '5' }, 'DATABASE_POOL_SIZE has no effect on the embedded database (without DATABASE_URL).'],
    [{ REDIS_SOCKET_TIMEOUT: '99' }, 'REDIS_SOCKET_TIMEOUT has no effect without REDIS_URL.'],
    [{ KEEPSAKE_DATADIR: 'x' }, 'KEEPSAKE_DATADIR is not known and has no effect; write KEEPSAKE_DATA_DIR.'],
    [{ CACHE_DEFAULT_TLL: '5' }, 'CACHE_DEFAULT_TLL is not known and has no effect; write CACHE_DEFAULT_TTL.'],
    [{ DATABSAE_URL: 'postgres://u:p@db/k' }, 'DATABSAE_URL is not known and has no effect; write DATABASE_URL.'],
    [
      { REDIS_URL: 'redis://cache', REDIS_MAX_CONNECTIONS: '5' },
      'REDIS_MAX_CONNECTIONS has no effect above 2: a process opens no more.',
    ],
    [
      { DATABASE_URL: 'postgres://u:p@db/k?pgbouncer=true' },
      'DATABASE_URL: pgbouncer has no effect: it works behind a pooler as it is.',
    ],
    [
      { DATABASE_URL: 'postgres:///k?host=/run/postgresql&sslmode=verify-full' },
      'DATABASE_URL: sslmode has no effect on a local socket.',
    ],
    [{ KEEPSAKE_COLOUR: 'blue' }, 'KEEPSAKE_COLOUR is not known and has no effect.'],
  ])('%j is reported', (environment, note) => {
    expect(findVariableNotes(environment, {})).toEqual([note]);
  });

  it('of the file .env every name that is not known is reported, and where the environment wins', () => {
    const file = { COLOUR: 'blue', PORT: '4000', HOST: '::1' };
    expect(findVariableNotes({ ...file, PORT: '5000' }, file)).toEqual([
      'COLOUR is not known and has no effect.',
      'PORT in the file .env has no effect: the environment sets it too, and wins.',
    ]);
  });

  it('what belongs to others is left alone', () => {
    expect(
      findVariableNotes(
        {
          PATH: '/bin',
          REDIS_HOST: 'cache',
          KEEPSAKE_SERVICE_HOST: '10.0.0.1',
          KEEPSAKE_PORT: 'tcp://10.0.0.1:3000',
          KEEPSAKE_PORT_3000_TCP_ADDR: '10.0.0.1',
          DATABASE_URL_FILE: '',
        },
        {},
      ),
    ).toEqual([]);
  });
});
