import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { DatabaseConfig } from '#config';
import { ErrorTranslator } from '#kernel';
import { HealthRegistry, ScrapedMetrics } from '#observability';
import { Database } from './database.js';
import { DatabaseErrorTranslator, isDatabaseUnavailable } from './database-errors.js';
import { DatabaseHealth } from './database.health.js';
import { DatabaseTime } from './database-time.js';
import { DatabaseMetrics } from './database.metrics.js';
import { type DatabaseOptions, dataSourceOptions, openDataSource } from './data-source.js';
import type { KeepsakeDataSource } from './keepsake-data-source.js';
import { EmbeddedMaintenance } from './embedded/embedded-maintenance.js';
import { InstallationSecrets } from './installation-secrets.js';
import { Snapshots } from './snapshots.js';
import { TransactionRunner } from './transaction-runner.js';

/** The connection, embedded or outside, with the schema up to date, and the transaction runner. Features add their entities with `TypeOrmModule.forFeature`. */
@Global()
@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      inject: [DatabaseConfig],
      useFactory: (config: DatabaseConfig) => ({
        ...dataSourceOptions(config),
        autoLoadEntities: true,
        retryAttempts: 10,
        retryDelay: 1000,
        toRetry: (error: unknown) => config.url !== undefined && isDatabaseUnavailable(error),
      }),
      dataSourceFactory: (options) => openDataSource(options as DatabaseOptions),
    }),
  ],
  providers: [
    {
      provide: Database,
      inject: [DataSource, DatabaseConfig],
      useFactory: (dataSource: KeepsakeDataSource, { url, directUrl }: DatabaseConfig) =>
        new Database(dataSource, directUrl === url ? undefined : directUrl),
    },
    { provide: TransactionRunner, useExisting: Database },
    InstallationSecrets,
    {
      provide: Snapshots,
      inject: [Database, DatabaseConfig],
      useFactory: (database: Database, config: DatabaseConfig) => new Snapshots(database, config.url === undefined),
    },
    { provide: ErrorTranslator, useClass: DatabaseErrorTranslator },
    {
      provide: EmbeddedMaintenance,
      inject: [DatabaseConfig, Database],
      useFactory: (config: DatabaseConfig, database: Database) =>
        config.url === undefined ? new EmbeddedMaintenance(database) : undefined,
    },
    {
      provide: DatabaseTime,
      inject: [DatabaseConfig, Database],
      useFactory: (config: DatabaseConfig, database: Database) =>
        new DatabaseTime(config.url === undefined ? undefined : database),
    },
    {
      provide: DatabaseMetrics,
      inject: [DataSource, ScrapedMetrics],
      useFactory: (dataSource: DataSource, metrics: ScrapedMetrics) => new DatabaseMetrics(dataSource, metrics),
    },
    {
      provide: DatabaseHealth,
      inject: [Database, HealthRegistry],
      useFactory: (database: Database, registry: HealthRegistry) => new DatabaseHealth(database, registry),
    },
  ],
  exports: [Database, TransactionRunner, InstallationSecrets, Snapshots, ErrorTranslator, TypeOrmModule],
})
export class DatabaseModule {}
