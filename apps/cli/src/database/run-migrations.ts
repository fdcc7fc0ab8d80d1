import { Logger } from '@nestjs/common';
import { loadConfig } from '#config';
import { connectDataSource, dataSourceOptions, SchemaMigrator } from '#database';
import { KeepsakeLogger } from '#observability';
import { ExitCode } from '../exit-code.js';

export async function runMigrations({ down, json }: { down: boolean; json: boolean }): Promise<ExitCode> {
  const { database, log } = loadConfig(process.env);
  // Standard output is for the result.
  Logger.overrideLogger(new KeepsakeLogger(log, process.stderr));
  const dataSource = await connectDataSource(dataSourceOptions(database));
  try {
    const migrator = new SchemaMigrator(dataSource, database.url === undefined);
    const [verb, names] = down
      ? (['Reverted', await migrator.down()] as const)
      : (['Applied', await migrator.up()] as const);
    if (json) console.log(JSON.stringify(down ? { reverted: names } : { applied: names }));
    else console.log(names.length === 0 ? 'Nothing to do.' : `${verb} ${names.join(', ')}.`);
    return ExitCode.ok;
  } finally {
    await dataSource.destroy();
  }
}
