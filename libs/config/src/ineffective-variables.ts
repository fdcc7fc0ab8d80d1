import { type Environment, environmentSchema } from './config.schema.js';
import { idlePartsOf } from './database-url.js';
import { SECRET_VARIABLES } from './secret-files.js';

/** What has no effect while something else is so. */
interface Idle {
  readonly names: RegExp;
  /** Completes "has no effect …"; undefined where the variables are in force. */
  readonly because: (env: Environment) => string | undefined;
}

const IDLE: readonly Idle[] = [
  {
    names: /^(DATABASE_(DIRECT_URL|POOL_SIZE|CONNECT_TIMEOUT_MS|STATEMENT_TIMEOUT_MS)|KEEPSAKE_SINGLE_PROCESS)$/,
    because: (env) => (env.DATABASE_URL === undefined ? 'on the embedded database (without DATABASE_URL)' : undefined),
  },
  {
    names: /^REDIS_(?!URL)/,
    because: (env) => (env.REDIS_URL === undefined ? 'without REDIS_URL' : undefined),
  },
  {
    names: /^REDIS_MAX_CONNECTIONS$/,
    because: (env) => (env.REDIS_MAX_CONNECTIONS > 2 ? 'above 2: a process opens no more' : undefined),
  },
  {
    names: /^CACHE_(?!ENABLED)/,
    because: (env) => (env.CACHE_ENABLED ? undefined : 'with CACHE_ENABLED=false'),
  },
  {
    names: /^RATE_LIMIT_(?!ENABLED)/,
    because: (env) => (env.RATE_LIMIT_ENABLED ? undefined : 'with RATE_LIMIT_ENABLED=false'),
  },
  {
    names: /^JWT_(?!SECRET$|JWKS_URL$)/,
    because: (env) =>
      env.JWT_SECRET === undefined && env.JWT_JWKS_URL === undefined ? 'without JWT_SECRET or JWT_JWKS_URL' : undefined,
  },
  {
    names: /^JWT_JWKS_COOLDOWN_SECONDS$/,
    because: (env) => (env.JWT_JWKS_URL === undefined ? 'without JWT_JWKS_URL' : undefined),
  },
  {
    names: /^METRICS_TOKEN$/,
    because: (env) => (env.METRICS_PUBLIC ? 'with METRICS_PUBLIC=true' : undefined),
  },
  {
    names: /^OTEL_(?!EXPORTER_OTLP_ENDPOINT$|EXPORTER_OTLP_TRACES_ENDPOINT$)/,
    because: (env) =>
      (env.OTEL_EXPORTER_OTLP_ENDPOINT ?? env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT) === undefined
        ? 'without OTEL_EXPORTER_OTLP_ENDPOINT'
        : undefined,
  },
  {
    names: /^OTEL_TRACES_SAMPLER_ARG$/,
    because: (env) =>
      env.OTEL_TRACES_SAMPLER.endsWith('traceidratio')
        ? undefined
        : 'without OTEL_TRACES_SAMPLER=parentbased_traceidratio',
  },
  {
    names: /^VOYAGE_/,
    because: (env) =>
      ['auto', 'voyage'].includes(env.EMBEDDING_PROVIDER) || env.RERANK_PROVIDER === 'voyage'
        ? undefined
        : 'without EMBEDDING_PROVIDER=voyage or auto, or RERANK_PROVIDER=voyage',
  },
  {
    names: /^OPENAI_(API_KEY|BASE_URL|EMBEDDING_FORMAT)$/,
    because: (env) =>
      ['auto', 'openai'].includes(env.EMBEDDING_PROVIDER) ? undefined : 'without EMBEDDING_PROVIDER=openai or auto',
  },
  {
    names: /^EMBEDDING_LOOPBACK_URLS$/,
    because: (env) => (env.EMBEDDING_PROVIDER === 'auto' ? undefined : 'without EMBEDDING_PROVIDER=auto'),
  },
  {
    names: /^EMBEDDING_MODEL_DIR$/,
    because: (env) =>
      env.EMBEDDING_PROVIDER === 'transformers' ? undefined : 'without EMBEDDING_PROVIDER=transformers',
  },
  {
    names: /^(EMBEDDING_(?!PROVIDER$)|SEARCH_SEMANTIC_)/,
    because: (env) => (env.EMBEDDING_PROVIDER === 'off' ? 'with EMBEDDING_PROVIDER=off' : undefined),
  },
  {
    names: /^RERANK_MODEL$/,
    because: (env) => (env.RERANK_PROVIDER === 'off' ? 'without RERANK_PROVIDER' : undefined),
  },
];

const KNOWN: readonly string[] = [
  ...Object.keys(environmentSchema.shape),
  ...SECRET_VARIABLES.map((name) => `${name}_FILE`),
];

/** What Kubernetes gives each container of services whose names begin with keepsake. */
const SERVICE_PARTS = ['_SERVICE_HOST', '_SERVICE_PORT', '_PORT'];

/**
 * What somebody has written that changes nothing, one sentence each: names that are not known, names like a known one, and
 * variables that have no effect beside the others. Values are not repeated.
 *
 * @param environment one that `loadConfig` takes
 * @param file what the file `.env` sets, over which the environment wins
 */
export function findVariableNotes(environment: NodeJS.ProcessEnv, file: NodeJS.ProcessEnv): string[] {
  const written = Object.keys(environment).filter((name) => (environment[name]?.trim() ?? '') !== '');
  const parsed = environmentSchema.safeParse(environment);
  return [
    ...written.flatMap((name) => unknownNote(name, Object.hasOwn(file, name))),
    ...Object.entries(file)
      .filter(([name, value]) => KNOWN.includes(name) && environment[name] !== value)
      .map(([name]) => `${name} in the file .env has no effect: the environment sets it too, and wins.`),
    ...(parsed.success
      ? KNOWN.flatMap((name) =>
          written.includes(name) ? [...idleNote(name, parsed.data), ...urlNotes(name, parsed.data)] : [],
        )
      : []),
  ];
}

function unknownNote(name: string, isInFile: boolean): string[] {
  if (KNOWN.includes(name)) return [];
  const meant = KNOWN.find((known) => isLike(name, known));
  const isOurs = isInFile || (name.startsWith('KEEPSAKE_') && !SERVICE_PARTS.some((part) => name.includes(part)));
  if (!isOurs && meant === undefined) return [];
  return [`${name} is not known and has no effect${meant === undefined ? '' : `; write ${meant}`}.`];
}

function idleNote(name: string, env: Environment): string[] {
  const because = IDLE.find(({ names, because: why }) => names.test(name) && why(env) !== undefined)?.because(env);
  return because === undefined ? [] : [`${name} has no effect ${because}.`];
}

/** Parts of a database URL that change nothing. */
function urlNotes(name: string, env: Environment): string[] {
  const url = name === 'DATABASE_URL' || name === 'DATABASE_DIRECT_URL' ? env[name] : undefined;
  return url === undefined ? [] : idlePartsOf(url).map((part) => `${name}: ${part}.`);
}

/** One letter more, less or other, or two that changed places; short names are too often like each other. */
function isLike(name: string, known: string): boolean {
  if (known.length < 8 || Math.abs(name.length - known.length) > 1) return false;
  let start = 0;
  while (start < name.length && name[start] === known[start]) start++;
  let end = 0;
  while (end < Math.min(name.length, known.length) - start && name.at(-1 - end) === known.at(-1 - end)) end++;
  const [left, right] = [name.slice(start, name.length - end), known.slice(start, known.length - end)];
  return (left.length <= 1 && right.length <= 1) || (left.length === 2 && left === `${right[1]}${right[0]}`);
}
