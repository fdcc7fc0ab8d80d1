import { UsageError } from './cli-error.js';
import { type Command, JSON_OPTION, SERVER_OPTIONS } from './command.js';
import { parseOptions } from './parse-options.js';
import { exportCommand, forget, importCommand, importTranscript, tombstones } from './project-commands.js';
import {
  BENCH_SYNOPSIS,
  benchUsage,
  CACHE_SYNOPSIS,
  KEYS_SYNOPSIS,
  LIMITS_SYNOPSIS,
  SETTINGS_SYNOPSIS,
  USERS_SYNOPSIS,
} from './usage.js';

const SERVE_SYNOPSIS = 'serve [--json]';

const serve: Command = {
  synopsis: SERVE_SYNOPSIS,
  summary: 'Serve the API, and do the background work unless WORKER_ENABLED=false',
  async run(args) {
    const { values } = parseOptions(args, SERVE_SYNOPSIS, JSON_OPTION);
    const { runServer } = await import('./server/run-server.js');
    return runServer(values);
  },
};

const WORKER_SYNOPSIS = 'worker [--json]';

const worker: Command = {
  synopsis: WORKER_SYNOPSIS,
  summary: 'Do the background work of a server on PostgreSQL, in a process of its own',
  async run(args) {
    const { values } = parseOptions(args, WORKER_SYNOPSIS, JSON_OPTION);
    const { runWorker } = await import('./server/run-server.js');
    return runWorker(values);
  },
};

const MIGRATE_SYNOPSIS = 'migrate [--down] [--json]';

const migrate: Command = {
  synopsis: MIGRATE_SYNOPSIS,
  summary: 'Bring the schema up to date; with --down take all of it back, and every row with it',
  async run(args) {
    const { values } = parseOptions(args, MIGRATE_SYNOPSIS, {
      down: { type: 'boolean', default: false },
      ...JSON_OPTION,
    });
    const { runMigrations } = await import('./database/run-migrations.js');
    return runMigrations(values);
  },
};

const DOCTOR_SYNOPSIS = 'doctor [--json]';

const doctor: Command = {
  synopsis: DOCTOR_SYNOPSIS,
  summary: 'Check the configuration, the database, Redis, the data folder and the port, and say what to change',
  async run(args) {
    const { values } = parseOptions(args, DOCTOR_SYNOPSIS, JSON_OPTION);
    const { runDoctor } = await import('./doctor/run-doctor.js');
    return runDoctor(values);
  },
};

const keysOptions = {
  name: { type: 'string' },
  scopes: { type: 'string' },
  expires: { type: 'string' },
  ...SERVER_OPTIONS,
} as const;

const keys: Command = {
  synopsis: KEYS_SYNOPSIS,
  summary: 'Hand out and take back the API keys of a workspace',
  async run(args) {
    const { values, positionals } = parseOptions(args, KEYS_SYNOPSIS, keysOptions, 2);
    const { runKeys } = await import('./keys/run-keys.js');
    return runKeys(positionals, values);
  },
};

const text = { type: 'string' } as const;
const flag = { type: 'boolean', default: false } as const;

const cacheOptions = {
  scope: text,
  limit: text,
  all: flag,
  project: text,
  session: text,
  context: text,
  user: text,
  tag: text,
  key: text,
  family: text,
  ttl: text,
  enabled: text,
  stale: text,
  'stale-if-error': text,
  reason: text,
  yes: flag,
  'no-wait': flag,
  ...SERVER_OPTIONS,
} as const;

const cache: Command = {
  synopsis: CACHE_SYNOPSIS,
  summary: 'See what the cache of the running server does; invalidate, warm and set it',
  async run(args) {
    const { values, positionals } = parseOptions(args, CACHE_SYNOPSIS, cacheOptions, 2);
    const { runCache } = await import('./cache/run-cache.js');
    return runCache(positionals, values);
  },
};

const limitsOptions = {
  tier: { type: 'string' },
  reason: { type: 'string' },
  yes: { type: 'boolean', default: false },
  ...SERVER_OPTIONS,
} as const;

const limits: Command = {
  synopsis: LIMITS_SYNOPSIS,
  summary: 'See what is left of the rate limits of a credential, and give all of it back',
  async run(args) {
    const { values, positionals } = parseOptions(args, LIMITS_SYNOPSIS, limitsOptions, 2);
    const { runLimits } = await import('./limits/run-limits.js');
    return runLimits(positionals, values);
  },
};

const settingsOptions = {
  redaction: { type: 'string' },
  detect: { type: 'string' },
  ignore: { type: 'string' },
  'preference-schema': { type: 'string' },
  ...SERVER_OPTIONS,
} as const;

const settings: Command = {
  synopsis: SETTINGS_SYNOPSIS,
  summary: 'Show or change what is set of a workspace: what is done about secrets, and the schema of preferences',
  async run(args) {
    const { values, positionals } = parseOptions(args, SETTINGS_SYNOPSIS, settingsOptions, 1);
    const { runSettings } = await import('./settings/run-settings.js');
    return runSettings(positionals, { ...values, preferenceSchema: values['preference-schema'] });
  },
};

const usersOptions = {
  yes: { type: 'boolean', default: false },
  ...SERVER_OPTIONS,
} as const;

const users: Command = {
  synopsis: USERS_SYNOPSIS,
  summary: 'Erase a user with everything that is theirs, and show what was removed and what a scan still found',
  async run(args) {
    const { values, positionals } = parseOptions(args, USERS_SYNOPSIS, usersOptions, 2);
    const { runUsers } = await import('./users/run-users.js');
    return runUsers(positionals, values);
  },
};

const MCP_SYNOPSIS = 'mcp [--profile core|full] [--project <slug>] [--results structured|text] [--workspace <slug>]';

const mcpOptions = {
  profile: { type: 'string', default: 'core' },
  project: { type: 'string' },
  results: { type: 'string' },
  workspace: { type: 'string', default: 'default' },
} as const;

const mcp: Command = {
  synopsis: MCP_SYNOPSIS,
  summary: 'Speak the Model Context Protocol on standard input and output, for the running server',
  async run(args) {
    const { profile, project, results, workspace } = parseOptions(args, MCP_SYNOPSIS, mcpOptions).values;
    if (profile !== 'core' && profile !== 'full') throw new UsageError('--profile takes core or full.', MCP_SYNOPSIS);
    if (results !== undefined && results !== 'structured' && results !== 'text')
      throw new UsageError('--results takes structured or text.', MCP_SYNOPSIS);
    const { runMcp } = await import('./mcp/run-mcp.js');
    return runMcp({ profile, project, results, workspace });
  },
};

const benchOptions = {
  seconds: { type: 'string', default: '3' },
  callers: { type: 'string', default: '16' },
  ...SERVER_OPTIONS,
} as const;

const bench: Command = {
  synopsis: BENCH_SYNOPSIS,
  summary: 'Measure the running server, or the cache on the Redis of REDIS_URL; bounded, and nothing stays behind',
  async run(args) {
    const { values, positionals } = parseOptions(args, BENCH_SYNOPSIS, benchOptions, 1);
    const [subject = 'server'] = positionals;
    if (subject !== 'server' && subject !== 'redis')
      throw benchUsage(`There is no benchmark ${JSON.stringify(subject)}.`);
    const seconds = /^\d+(?:\.\d+)?$/.test(values.seconds) ? Number(values.seconds) : Number.NaN;
    if (!(seconds >= 0.05 && seconds <= 60)) throw benchUsage('--seconds takes a number from 0.05 to 60.');
    const callers = /^\d+$/.test(values.callers) ? Number(values.callers) : Number.NaN;
    if (!(callers >= 1 && callers <= 256)) throw benchUsage('--callers takes a number from 1 to 256.');
    const { benchRedis, benchServer } = await import('./bench/run-bench.js');
    return subject === 'redis'
      ? benchRedis({ seconds, json: values.json })
      : benchServer({ seconds, callers, workspace: values.workspace, json: values.json });
  },
};

export const commands: Readonly<Record<string, Command>> = {
  serve,
  worker,
  mcp,
  migrate,
  keys,
  cache,
  limits,
  settings,
  export: exportCommand,
  import: importCommand,
  'import-transcript': importTranscript,
  forget,
  tombstones,
  users,
  bench,
  doctor,
};

export function usage(): string {
  const lines = [
    ...Object.values(commands).map(({ synopsis, summary }) => [synopsis, summary] as const),
    ['help [<command>]', 'Show this text, or how to call one command'] as const,
    ['--version', 'Show the version'] as const,
  ];
  return [
    'Usage: keepsake <command> [options]',
    '',
    ...lines.map(([synopsis, summary]) => `  ${synopsis}\n      ${summary}`),
    '',
    'The configuration comes from the environment and from a file .env in the current folder; .env.example lists it.',
  ].join('\n');
}
