import pg from 'pg';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { UserProcess } from '../testing/user-process.js';
import { ManualClock } from '#kernel/testing';
import { COLUMNS_OF_PEOPLE } from './postgres-user-rows.js';

describe('columns that name people', () => {
  let database: TestDatabase;
  let process: UserProcess;

  beforeAll(async () => {
    database = await createTestDatabase();
    process = await UserProcess.start(database.url, new ManualClock(), {});
  }, 120_000);
  afterAll(async () => {
    await process?.stop();
    await database?.drop();
  });

  it('are all known to the erasure of users', async () => {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const { rows } = await client.query(
      `SELECT table_name || '.' || column_name AS name FROM information_schema.columns
       WHERE table_schema = 'public' AND data_type = 'text' AND column_name ~ '(_by|_author|^author|user_id|principal_id)$'`,
    );
    await client.end();
    expect(rows.map(({ name }: { name: string }) => name).toSorted()).toEqual(COLUMNS_OF_PEOPLE.toSorted());
  });
});
