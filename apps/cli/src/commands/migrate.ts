import { parseArgs } from 'node:util';
import { loadConfig } from '#config';
import { connectDataSource, dataSourceOptions, SchemaMigrator } from '#database';
import type { Command } from '../command.js';

export const migrate: Command = {
  synopsis: 'migrate [--down] [--json]',
  summary: 'Bring the schema up to date (or, with --down, take all of it back)',
  async run(args) {
    const { values } = parseArgs({
      args: [...args],
      options: { down: { type: 'boolean' }, json: { type: 'boolean' } },
    });
    const { database } = loadConfig(process.env);
    const dataSource = await connectDataSource(dataSourceOptions(database));
    try {
      const migrator = new SchemaMigrator(dataSource, database.url === undefined);
      const applied = values.down === true ? (await migrator.down(), []) : await migrator.up();
      console.log(
        values.json === true
          ? JSON.stringify({ applied })
          : applied.length === 0
            ? 'Nothing to apply.'
            : `Applied ${applied.join(', ')}.`,
      );
      return 0;
    } finally {
      await dataSource.destroy();
    }
  },
};
