export { type AuditLine, insertAuditLine } from './audit-lines.js';
export { Database } from './database.js';
export { brokenConstraintOf, isDatabaseUnavailable, sqlStateOf } from './database-errors.js';
export { DatabaseModule } from './database.module.js';
export { connectDataSource, dataSourceOptions, directOptions } from './data-source.js';
export { DataFolderLock, DataFolderLockedError, describeOwner } from './embedded/data-folder-lock.js';
export { EMBEDDED_FOLDER } from './embedded/embedded-database.js';
export { InstallationSecrets } from './installation-secrets.js';
export { KeepsakeDataSource } from './keepsake-data-source.js';
export {
  findMissingGrants,
  type MigrationObserver,
  MissingGrantsError,
  SchemaMigrator,
  SchemaOutdatedError,
} from './schema-migrator.js';
export { findPooling, PoolerError } from './pooling.js';
export { type Place, ProjectRows, ROWS_FINGERPRINT } from './project-rows.js';
export { Snapshots } from './snapshots.js';
export { HEX_BYTES, JSON_TEXT, Table } from './table.js';
export { TransactionRunner } from './transaction-runner.js';
