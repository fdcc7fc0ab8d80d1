import type { Command } from './command.js';
import { migrate } from './commands/migrate.js';
import { serve } from './commands/serve.js';

export const commands: Readonly<Record<string, Command>> = { serve, migrate };

export function usage(): string {
  const width = Math.max(...Object.values(commands).map(({ synopsis }) => synopsis.length));
  return [
    'Usage: keepsake <command>',
    '',
    ...Object.values(commands).map(({ synopsis, summary }) => `  ${synopsis.padEnd(width)}  ${summary}`),
  ].join('\n');
}
