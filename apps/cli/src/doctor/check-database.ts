import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { type DatabaseConfig, parseDatabaseUrl } from '#config';
import {
  connectDataSource,
  DataFolderLock,
  dataSourceOptions,
  describeOwner,
  EMBEDDED_FOLDER,
  findMissingGrants,
  findPooling,
  MissingGrantsError,
  PoolerError,
  SchemaMigrator,
} from '#database';
import { describeError } from '../describe-error.js';
import { type Finding, misconfigured, ok, unavailable, warning } from './finding.js';

const PART = 'database';
/** The oldest PostgreSQL that the tests run on. */
const OLDEST_VERSION = 17;
/** Those that the migrations make: nothing works without the first. */
const NEEDED_EXTENSION = 'pg_trgm';
const VECTOR_EXTENSION = 'vector';

/** Reachable, of a fitting version, with its extensions, and with the schema of this release. Changes nothing. */
export async function checkDatabase(config: DatabaseConfig): Promise<Finding[]> {
  const isEmbedded = config.url === undefined;
  if (isEmbedded) {
    if (!existsSync(join(config.dataDir, EMBEDDED_FOLDER)))
      return [ok(PART, 'The embedded database will be made at the first start.')];
    const owner = await DataFolderLock.findOwner(config.dataDir);
    if (owner !== undefined) return [ok(PART, `The embedded database is in the hands of ${describeOwner(owner)}.`)];
  }
  let dataSource: DataSource;
  try {
    dataSource = await connectDataSource(dataSourceOptions(config));
  } catch (error) {
    const { message } = describeError(error);
    return [error instanceof PoolerError ? misconfigured(PART, message) : unavailable(PART, message)];
  }
  try {
    return [
      ...(await checkConnection(config)),
      await checkVersion(dataSource),
      await checkExtensions(dataSource),
      await checkSchema(dataSource, config),
    ];
  } finally {
    await dataSource.destroy();
  }
}

/** What is between: a pooler, and a connection that anybody on the way could answer. */
async function checkConnection({ url, connectTimeoutMs }: DatabaseConfig): Promise<Finding[]> {
  if (url === undefined) return [];
  const connection = parseDatabaseUrl(url);
  const pooling = await findPooling(connection, connectTimeoutMs);
  const isUnchecked = typeof connection.ssl === 'object' && connection.ssl.rejectUnauthorized === false;
  return [
    ...(pooling === 'none' ? [] : [ok('pooler', `a pooler in ${pooling} mode is between`)]),
    ...(isUnchecked
      ? [
          warning(
            'database TLS',
            "is encrypted, but the server's certificate is not checked: write sslmode=verify-full into DATABASE_URL, and sslrootcert where the authority is not a public one.",
          ),
        ]
      : []),
  ];
}

async function checkVersion(dataSource: DataSource): Promise<Finding> {
  const [row] = await dataSource.query<{ version: string }[]>("SELECT current_setting('server_version') AS version");
  const version = row?.version ?? '0';
  if (Number.parseInt(version, 10) < OLDEST_VERSION)
    return warning(PART, `PostgreSQL ${version} is older than what is tested: use ${OLDEST_VERSION} or newer.`);
  return ok(PART, `PostgreSQL ${version}`);
}

async function checkExtensions(dataSource: DataSource): Promise<Finding> {
  const rows = await dataSource.query<{ name: string }[]>(
    'SELECT name FROM pg_available_extensions WHERE name = ANY($1)',
    [[NEEDED_EXTENSION, VECTOR_EXTENSION]],
  );
  const has = (name: string) => rows.some((row) => row.name === name);
  if (!has(NEEDED_EXTENSION))
    return unavailable(
      'extensions',
      `${NEEDED_EXTENSION} must be installed on the database server (on Debian: postgresql-contrib).`,
    );
  if (!has(VECTOR_EXTENSION))
    return warning(
      'extensions',
      'pgvector is not installed on the database server: vectors are compared outside of it, slowly in large projects (on Debian: postgresql-17-pgvector).',
    );
  return ok('extensions', `${NEEDED_EXTENSION}, ${VECTOR_EXTENSION}`);
}

async function checkSchema(dataSource: DataSource, config: DatabaseConfig): Promise<Finding> {
  if (await new SchemaMigrator(dataSource, config.url === undefined).isCurrent()) return ok('schema', 'up to date');
  const grants = config.url === undefined ? [] : await findMissingGrants(dataSource);
  if (grants.length > 0) return unavailable('schema', new MissingGrantsError(grants).message);
  if (config.migrateOnStart) return ok('schema', 'will be brought up to date at the next start');
  return unavailable('schema', 'is older than this release: run `keepsake migrate`, or set DATABASE_MIGRATE=true');
}
