import { Logger } from '@nestjs/common';
import { DataSource, type DataSourceOptions, type Logger as StatementLogger } from 'typeorm';
import type pg from 'pg';
import { type DatabaseConfig, type DatabaseConnection, parseDatabaseUrl } from '#config';
import { EmbeddedDatabase } from './embedded/embedded-database.js';
import { migrations } from './migrations/index.js';
import { findPooling, PoolerError } from './pooling.js';
import { KeepsakeDataSource } from './keepsake-data-source.js';
import { SchemaMigrator, SchemaOutdatedError } from './schema-migrator.js';

const MAX_REPORTED_SQL = 500;

/**
 * What TypeORM reports, through the logger of the product rather than on standard output. Parameters are left out, since
 * they are content; a failed statement is reported by whoever receives its error.
 */
class TypeormLogger implements StatementLogger {
  private readonly logger = new Logger('Database');

  /** Only called for a migration that fails; its error does not name it. */
  logMigration(message: string): void {
    this.logger.error(message);
  }

  /** A connection of the pool that broke while nobody used it comes here. */
  log(level: 'log' | 'info' | 'warn', message: unknown): void {
    if (level === 'warn') this.logger.warn(message);
  }

  logQuery(): void {}
  logQueryError(): void {}

  /** The statement alone: its parameters are content. */
  logQuerySlow(ms: number, statement: string): void {
    const reported = statement.replaceAll(/\s+/g, ' ').trim().slice(0, MAX_REPORTED_SQL);
    this.logger.warn(`slow statement, ${Math.round(ms)} ms: ${reported}`);
  }

  logSchemaBuild(): void {}
}

/** What `connectDataSource` and `openDataSource` read besides TypeORM's own options. */
interface OpenOptions {
  /** Set where the server is the embedded one: its data folder. */
  readonly embeddedDataDir?: string;
  /** Of an outside server. */
  readonly outside?: OutsideDatabase;
  readonly migrateOnOpen: boolean;
}

interface OutsideDatabase {
  readonly connection: DatabaseConnection;
  readonly connectTimeoutMs: number;
  readonly statementTimeoutMs: number;
  /** Set where sessions have an address of their own, past a pooler: for migrations. */
  readonly direct?: DatabaseOptions;
}

export type DatabaseOptions = DataSourceOptions & OpenOptions;

/** How long a caller waits for the one connection of the embedded database before the wait is reported as an error. */
const EMBEDDED_WAIT_MS = 20_000;

export function dataSourceOptions(config: DatabaseConfig): DatabaseOptions {
  const { url, directUrl } = config;
  return {
    type: 'postgres',
    ...(url === undefined
      ? {
          embeddedDataDir: config.dataDir,
          username: 'postgres',
          database: 'postgres',
          connectTimeoutMS: EMBEDDED_WAIT_MS,
          extra: { keepAlive: true, application_name: 'keepsake' },
        }
      : outsideOptions(url, directUrl, config)),
    migrateOnOpen: config.migrateOnStart,
    poolSize: config.poolSize,
    installExtensions: false,
    logger: new TypeormLogger(),
    maxQueryExecutionTime: config.slowStatementMs,
    migrations,
    migrationsTableName: 'schema_migrations',
    migrationsTransactionMode: 'each',
  };
}

/** Where sessions have an address of their own, the options for that: migrations need one. */
export function directOptions(config: DatabaseConfig): DatabaseOptions {
  return dataSourceOptions({ ...config, url: config.directUrl });
}

function outsideOptions(url: string, directUrl: string | undefined, config: DatabaseConfig) {
  const connection = parseDatabaseUrl(url);
  const { host, port, user, password, database, ...extra } = connection;
  const hasDirect = directUrl !== undefined && directUrl !== url;
  const outside: OutsideDatabase = {
    connection,
    connectTimeoutMs: config.connectTimeoutMs,
    statementTimeoutMs: config.statementTimeoutMs,
    ...(hasDirect ? { direct: directOptions(config) } : {}),
  };
  return {
    outside,
    host,
    port,
    username: user,
    password,
    database,
    connectTimeoutMS: config.connectTimeoutMs,
    // A lost peer is noticed.
    extra: { keepAlive: true, ...extra },
  };
}

/**
 * Connects; where the options name a data folder, the embedded server is started first and ended after the pool.
 * @throws PoolerError where a pooler keeps no session and the options name no other address
 */
export async function connectDataSource(options: DatabaseOptions): Promise<KeepsakeDataSource> {
  if (options.embeddedDataDir === undefined) return connectOutside(options);
  const server = await EmbeddedDatabase.open(options.embeddedDataDir);
  const dataSource = new EmbeddedDataSource(
    { ...options, host: server.host, port: server.port } as DataSourceOptions,
    server,
  );
  try {
    return await dataSource.initialize();
  } catch (error) {
    await server.close();
    throw error;
  }
}

async function connectOutside(options: DatabaseOptions): Promise<KeepsakeDataSource> {
  const { outside, extra, ...rest } = options;
  if (outside === undefined) return new KeepsakeDataSource(options).initialize();
  const { connection, connectTimeoutMs, statementTimeoutMs, direct } = outside;
  const isShared = (await findPooling(connection, connectTimeoutMs)) === 'transaction';
  if (isShared && direct === undefined) throw new PoolerError('DATABASE_URL');
  if (direct?.outside !== undefined) {
    const pooling = await findPooling(direct.outside.connection, connectTimeoutMs);
    if (pooling === 'transaction') throw new PoolerError('DATABASE_DIRECT_URL');
  }
  const settings = sessionSettings(statementTimeoutMs);
  // Poolers refuse most settings among the parameters of a start, and one that shares its sessions gives them to others.
  const onConnect = isShared ? undefined : (client: pg.PoolClient) => client.query(settings);
  const dataSource = await new KeepsakeDataSource(
    { ...rest, extra: { ...extra, onConnect } },
    statementTimeoutMs,
  ).initialize();
  if (isShared) await reportMissingTimeLimit(dataSource, statementTimeoutMs);
  return dataSource;
}

/** Nothing on the server outlives its statement for long. */
function sessionSettings(statementTimeoutMs: number): string {
  const settings = {
    statement_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: 60_000,
    // Statements here take milliseconds and come many at a time: starting workers for one of them, or compiling it,
    // takes longer than it does, and takes the processors from the others.
    max_parallel_workers_per_gather: 0,
    jit: 'off',
  };
  return Object.entries(settings)
    .map(([name, value]) => `SET ${name} = ${value}`)
    .join('; ');
}

/** Behind a pooler that shares its sessions, time limits are those of the role. */
async function reportMissingTimeLimit(dataSource: DataSource, statementTimeoutMs: number): Promise<void> {
  const [row] = await dataSource.query<{ limit: string }[]>("SELECT current_setting('statement_timeout') AS limit");
  if (row?.limit === '0')
    new Logger('Database').warn(
      `Behind a pooler in transaction mode DATABASE_STATEMENT_TIMEOUT_MS is not in force. Write: ALTER ROLE CURRENT_USER SET statement_timeout = ${statementTimeoutMs}`,
    );
}

/**
 * Connects and makes sure of the schema, so that nothing ever works on an older one.
 * @throws SchemaOutdatedError where migrations are missing and the options say not to apply them.
 */
export async function openDataSource(options: DatabaseOptions): Promise<KeepsakeDataSource> {
  const dataSource = await connectDataSource(options);
  try {
    const migrator = new SchemaMigrator(dataSource, options.embeddedDataDir !== undefined);
    if (await migrator.isCurrent()) return dataSource;
    if (!options.migrateOnOpen) throw new SchemaOutdatedError();
    const { direct } = options.outside ?? {};
    if (direct === undefined) await migrator.up();
    else await migrateBy(direct);
    return dataSource;
  } catch (error) {
    await dataSource.destroy();
    throw error;
  }
}

async function migrateBy(options: DatabaseOptions): Promise<void> {
  const dataSource = await connectDataSource(options);
  try {
    await new SchemaMigrator(dataSource, false).up();
  } finally {
    await dataSource.destroy();
  }
}

class EmbeddedDataSource extends KeepsakeDataSource {
  constructor(
    options: DataSourceOptions,
    private readonly server: EmbeddedDatabase,
  ) {
    super(options);
  }

  override async destroy(): Promise<void> {
    await super.destroy();
    await this.server.close();
  }
}
