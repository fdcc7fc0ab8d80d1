import { DataSource, type DataSourceOptions } from 'typeorm';
import type { DatabaseConfig } from '#config';
import { EmbeddedDatabase } from './embedded/embedded-database.js';
import { migrations } from './migrations/index.js';
import { SchemaMigrator, SchemaOutdatedError } from './schema-migrator.js';
import { TypeormLogger } from './typeorm-logger.js';

/** What `connectDataSource` and `openDataSource` read besides TypeORM's own options. */
interface OpenOptions {
  /** Set where the server is the embedded one: its data folder. */
  readonly embeddedDataDir?: string;
  readonly migrateOnOpen: boolean;
}

export type DatabaseOptions = DataSourceOptions & OpenOptions;

/** How long a caller waits for the one connection of the embedded database before the wait is told as an error. */
const EMBEDDED_WAIT_MS = 20_000;

export function dataSourceOptions(config: DatabaseConfig): DatabaseOptions {
  const embedded = config.url === undefined;
  return {
    type: 'postgres',
    ...(embedded
      ? { embeddedDataDir: config.dataDir, username: 'postgres', database: 'postgres' }
      : { url: config.url }),
    migrateOnOpen: config.migrateOnStart,
    poolSize: config.poolSize,
    connectTimeoutMS: embedded ? EMBEDDED_WAIT_MS : config.connectTimeoutMs,
    installExtensions: false,
    logger: new TypeormLogger(),
    migrations,
    migrationsTableName: 'schema_migrations',
    migrationsTransactionMode: 'each',
    extra: {
      // A lost peer is noticed, and nothing on the server outlives its statement for long.
      keepAlive: true,
      application_name: 'keepsake',
      ...(embedded
        ? {}
        : {
            statement_timeout: config.statementTimeoutMs,
            idle_in_transaction_session_timeout: 60_000,
            // Statements here take milliseconds and come many at a time: starting workers for one of them, or compiling
            // it, takes longer than it does, and takes the processors from the others.
            options: '-c max_parallel_workers_per_gather=0 -c jit=off',
          }),
    },
  };
}

/** Connects; where the options name a data folder, the embedded server is started first and ended after the pool. */
export async function connectDataSource(options: DatabaseOptions): Promise<DataSource> {
  if (options.embeddedDataDir === undefined) return new DataSource(options).initialize();
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

/**
 * Connects and makes sure of the schema, so that nothing ever works on an older one.
 * @throws SchemaOutdatedError where migrations are missing and the options say not to apply them.
 */
export async function openDataSource(options: DatabaseOptions): Promise<DataSource> {
  const dataSource = await connectDataSource(options);
  try {
    const migrator = new SchemaMigrator(dataSource, options.embeddedDataDir !== undefined);
    if (options.migrateOnOpen) await migrator.up();
    else if (!(await migrator.isCurrent())) throw new SchemaOutdatedError();
    return dataSource;
  } catch (error) {
    await dataSource.destroy();
    throw error;
  }
}

class EmbeddedDataSource extends DataSource {
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
