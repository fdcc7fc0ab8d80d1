import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { DatabaseConfig } from '#config';
import { ErrorTranslator } from '#kernel';
import { HealthRegistry } from '#observability';
import { Database } from './database.js';
import { DatabaseErrorTranslator, isDatabaseAway } from './database-errors.js';
import { DatabaseHealth } from './database.health.js';
import { connectDataSource, dataSourceOptions } from './data-source.js';
import { SchemaMigrator } from './schema-migrator.js';
import { TransactionRunner } from './transaction-runner.js';

/** The connection, embedded or outside, and the transaction runner. Features add their entities with `TypeOrmModule.forFeature`. */
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
        toRetry: (error: unknown) => config.url !== undefined && isDatabaseAway(error),
      }),
      dataSourceFactory: (options) => connectDataSource(options as DataSourceOptions),
    }),
  ],
  providers: [
    { provide: Database, inject: [DataSource], useFactory: (dataSource: DataSource) => new Database(dataSource) },
    { provide: TransactionRunner, useExisting: Database },
    { provide: ErrorTranslator, useClass: DatabaseErrorTranslator },
    {
      provide: SchemaMigrator,
      inject: [DataSource, DatabaseConfig],
      useFactory: (dataSource: DataSource, config: DatabaseConfig) => new SchemaMigrator(dataSource, config.url === undefined),
    },
    { provide: DatabaseHealth, inject: [Database, HealthRegistry], useFactory: (database: Database, registry: HealthRegistry) => new DatabaseHealth(database, registry) },
  ],
  exports: [Database, TransactionRunner, ErrorTranslator, SchemaMigrator, TypeOrmModule],
})
export class DatabaseModule {}
