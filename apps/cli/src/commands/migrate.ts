import type { Command } from '../command.js';
import { JSON_OPTION, parseOptions } from '../parse-options.js';

const synopsis = 'migrate [--down] [--json]';

export const migrate: Command = {
  synopsis,
  summary: 'Bring the schema up to date; with --down take all of it back, and every row with it',
  async run(args) {
    const { values } = parseOptions(args, synopsis, { down: { type: 'boolean', default: false }, ...JSON_OPTION });
    const { runMigrations } = await import('../database/run-migrations.js');
    return runMigrations(values);
  },
};
