import { DataSource, type DataSourceOptions } from 'typeorm';
import type { DatabaseConfig } from '#config';
import { EmbeddedDatabase } from './embedded/embedded-database.js';
import { migrations } from './migrations/index.js';

/** Marks options whose server is the embedded one: the name of its data folder. */
interface EmbeddedOptions {
  readonly embeddedDataDir?: string;
}

/** How long a caller waits for the one connection of the embedded database before the wait is told as an error. */
const EMBEDDED_WAIT_MS = 20_000;

export function dataSourceOptions(config: DatabaseConfig): DataSourceOptions & EmbeddedOptions {
  const embedded = config.url === undefined;
  return {
    type: 'postgres',
    ...(embedded ? { embeddedDataDir: config.dataDir, username: 'postgres', database: 'postgres' } : { url: config.url }),
    poolSize: config.poolSize,
    connectTimeoutMS: embedded ? EMBEDDED_WAIT_MS : config.connectTimeoutMs,
    installExtensions: false,
    migrations,
    migrationsTableName: 'schema_migrations',
    migrationsTransactionMode: 'each',
    extra: {
      // A lost peer is noticed, and nothing on the server outlives its statement for long.
      keepAlive: true,
      application_name: 'keepsake',
      ...(embedded ? {} : { statement_timeout: config.statementTimeoutMs, idle_in_transaction_session_timeout: 60_000 }),
    },
  };
}

/** Connects; where the options name a data folder, the embedded server is started first and ended after the pool. */
export async function connectDataSource(options: DataSourceOptions & EmbeddedOptions): Promise<DataSource> {
  if (options.embeddedDataDir === undefined) return new DataSource(options).initialize();
  const server = await EmbeddedDatabase.open(options.embeddedDataDir);
  const dataSource = new EmbeddedDataSource({ ...options, host: server.host, port: server.port } as DataSourceOptions, server);
  try {
    return await dataSource.initialize();
  } catch (error) {
    await server.close();
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
