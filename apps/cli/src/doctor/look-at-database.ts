import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import type { DatabaseConfig } from '#config';
import { connectDataSource, DataFolderLock, dataSourceOptions, EMBEDDED_FOLDER, SchemaMigrator } from '#database';
import { describeError } from '../describe-error.js';
import { type Finding, ok, unavailable, warning } from './finding.js';

const PART = 'database';
/** The oldest PostgreSQL that the tests run on. */
const OLDEST_VERSION = 17;
/** Those that the migrations make. */
const EXTENSIONS = ['pg_trgm'];

/** Reachable, of a fitting version, with its extensions, and with the schema of this release. Changes nothing. */
export async function lookAtDatabase(config: DatabaseConfig): Promise<Finding[]> {
  const isEmbedded = config.url === undefined;
  if (isEmbedded) {
    if (!existsSync(join(config.dataDir, EMBEDDED_FOLDER)))
      return [ok(PART, 'The embedded database will be made at the first start.')];
    const owner = DataFolderLock.findOwnerPid(config.dataDir);
    if (owner !== undefined) return [ok(PART, `The embedded database is in the hands of process ${owner}.`)];
  }
  let dataSource: DataSource;
  try {
    dataSource = await connectDataSource(dataSourceOptions(config));
  } catch (error) {
    return [unavailable(PART, describeError(error).message)];
  }
  try {
    return [
      await lookAtVersion(dataSource),
      await lookAtExtensions(dataSource),
      await lookAtSchema(dataSource, config),
    ];
  } finally {
    await dataSource.destroy();
  }
}

async function lookAtVersion(dataSource: DataSource): Promise<Finding> {
  const [row] = await dataSource.query<{ version: string }[]>("SELECT current_setting('server_version') AS version");
  const version = row?.version ?? '0';
  if (Number.parseInt(version, 10) < OLDEST_VERSION)
    return warning(PART, `PostgreSQL ${version} is older than what is tested: use ${OLDEST_VERSION} or newer.`);
  return ok(PART, `PostgreSQL ${version}`);
}

async function lookAtExtensions(dataSource: DataSource): Promise<Finding> {
  const rows = await dataSource.query<{ name: string }[]>(
    'SELECT name FROM pg_available_extensions WHERE name = ANY($1)',
    [EXTENSIONS],
  );
  const missing = EXTENSIONS.filter((name) => !rows.some((row) => row.name === name));
  if (missing.length > 0)
    return unavailable(
      'extensions',
      `${missing.join(', ')} must be installed on the database server (on Debian: postgresql-contrib).`,
    );
  return ok('extensions', EXTENSIONS.join(', '));
}

async function lookAtSchema(dataSource: DataSource, config: DatabaseConfig): Promise<Finding> {
  if (await new SchemaMigrator(dataSource, config.url === undefined).isCurrent()) return ok('schema', 'up to date');
  if (config.migrateOnStart) return ok('schema', 'will be brought up to date at the next start');
  return unavailable('schema', 'is older than this release: run `keepsake migrate`, or set DATABASE_MIGRATE=true');
}
