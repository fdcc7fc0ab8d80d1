import { createDatabase } from '#test/setup/test-database.mjs';

/** A database of one test file's own. */
export interface TestDatabase {
  readonly url: string;
  /** Ends the connections that are left to it as well. */
  drop(): Promise<void>;
}

/**
 * A new database with the product's schema: a copy of the one that the run's setup migrated, made in some tens of
 * milliseconds. Nothing in it is shared with other test files.
 *
 * @param options `empty: true` for a database without the schema, for tests of the migrations themselves
 */
export async function createTestDatabase({ empty = false } = {}): Promise<TestDatabase> {
  const template = empty ? undefined : variable('TEST_DATABASE_TEMPLATE');
  return createDatabase(variable('TEST_DATABASE_URL'), { template });
}

function variable(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: the setup of the jest project sets it, run the test through jest`);
  return value;
}
