import { Logger } from '@nestjs/common';
import { loadConfig } from '#config';
import { connectDataSource, dataSourceOptions, SchemaMigrator } from '#database';
import { KeepsakeLogger } from '#observability';
import type { Command } from '../command.js';
import { ExitCode } from '../exit-code.js';
import { parseOptions } from '../parse-options.js';

const synopsis = 'migrate [--down] [--json]';

export const migrate: Command = {
  synopsis,
  summary: 'Bring the schema up to date; with --down take all of it back, and every row with it',
  async run(args) {
    const { values } = parseOptions(args, synopsis, { down: { type: 'boolean' }, json: { type: 'boolean' } });
    const { database, log } = loadConfig(process.env);
    // Standard output is for the result.
    Logger.overrideLogger(new KeepsakeLogger(log, process.stderr));
    const dataSource = await connectDataSource(dataSourceOptions(database));
    try {
      const migrator = new SchemaMigrator(dataSource, database.url === undefined);
      const [verb, names] = values.down
        ? (['Reverted', await migrator.down()] as const)
        : (['Applied', await migrator.up()] as const);
      if (values.json) console.log(JSON.stringify(values.down ? { reverted: names } : { applied: names }));
      else console.log(names.length === 0 ? 'Nothing to do.' : `${verb} ${names.join(', ')}.`);
      return ExitCode.ok;
    } finally {
      await dataSource.destroy();
    }
  },
};
