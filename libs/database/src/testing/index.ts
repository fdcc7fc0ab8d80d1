export { FakeTransactionRunner } from './fake-transaction-runner.js';
export { SCHEMA_SNAPSHOT, type SchemaObject, withoutMigrationHistory } from './schema-snapshot.js';
