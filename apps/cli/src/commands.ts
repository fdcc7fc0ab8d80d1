import type { Command } from './command.js';
import { bench } from './commands/bench.js';
import { cache } from './commands/cache.js';
import { doctor } from './commands/doctor.js';
import { exportCommand } from './commands/export.js';
import { importCommand } from './commands/import.js';
import { keys } from './commands/keys.js';
import { limits } from './commands/limits.js';
import { mcp } from './commands/mcp.js';
import { migrate } from './commands/migrate.js';
import { serve } from './commands/serve.js';
import { worker } from './commands/worker.js';

export const commands: Readonly<Record<string, Command>> = {
  serve,
  worker,
  mcp,
  migrate,
  keys,
  cache,
  limits,
  export: exportCommand,
  import: importCommand,
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
