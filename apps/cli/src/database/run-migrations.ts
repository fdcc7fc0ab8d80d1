import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { loadConfig } from '#config';
import { connectDataSource, directOptions, EMBEDDED_FOLDER, type MigrationObserver, SchemaMigrator } from '#database';
import { KeepsakeLogger } from '#observability';
import { formatDuration } from '../duration.js';
import { ExitCode } from '../cli-error.js';
import { nothingHere } from '../server/find-server.js';
import { writeNotice } from '../terminal.js';

export async function runMigrations({ down, json }: { down: boolean; json: boolean }): Promise<ExitCode> {
  const { database, log } = loadConfig(process.env);
  const exists = database.url !== undefined || existsSync(join(database.dataDir, EMBEDDED_FOLDER));
  // Whoever names the folder wants the database there; in any folder that happens to be the current one nothing is made.
  const isWanted = !down && process.env['KEEPSAKE_DATA_DIR'] !== undefined;
  if (!exists && !isWanted) throw nothingHere(database.dataDir);
  // Standard output is for the result.
  Logger.overrideLogger(new KeepsakeLogger(log, process.stderr));
  const dataSource = await connectDataSource(directOptions(database));
  const durationsMs: Record<string, number> = {};
  const observer: MigrationObserver = {
    waiting: () => writeNotice(json, { waiting: true }, 'Another process migrates; this one waits.'),
    began: (name, number, total) =>
      writeNotice(
        json,
        { migrating: { name, number, total } },
        `${down ? 'Reverting' : 'Applying'} ${number} of ${total}: ${name}`,
      ),
    ended: (name, durationMs) => {
      durationsMs[name] = durationMs;
      writeNotice(json, { migrated: { name, durationMs } }, `  took ${formatDuration(durationMs)}`);
    },
  };
  try {
    const migrator = new SchemaMigrator(dataSource, database.url === undefined, observer);
    const [verb, names] = down
      ? (['Reverted', await migrator.down()] as const)
      : (['Applied', await migrator.up()] as const);
    const result = { [down ? 'reverted' : 'applied']: names, durationsMs };
    const text = names.length === 0 ? 'Nothing to do.' : `${verb} ${names.join(', ')}.`;
    console.log(json ? JSON.stringify(result) : text);
    return ExitCode.ok;
  } finally {
    await dataSource.destroy();
  }
}
