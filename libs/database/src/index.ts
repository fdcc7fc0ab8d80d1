export { Database } from './database.js';
export { brokenConstraintOf, isDatabaseAway, sqlStateOf } from './database-errors.js';
export { DatabaseModule } from './database.module.js';
export { connectDataSource, dataSourceOptions } from './data-source.js';
export { DataFolderLock, DataFolderLockedError } from './embedded/data-folder-lock.js';
export { EMBEDDED_FOLDER } from './embedded/embedded-database.js';
export { type MigrationObserver, SchemaMigrator, SchemaOutdatedError } from './schema-migrator.js';
export { Snapshots } from './snapshots.js';
export { type TransactionOptions, TransactionRunner } from './transaction-runner.js';
