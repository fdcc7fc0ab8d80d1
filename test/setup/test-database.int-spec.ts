import { Client } from 'pg';
import { createTestDatabase } from '#test/support/database.js';
import { createDatabase, dropStaleDatabases } from './test-database.mjs';

async function tablesOf(url: string): Promise<string[]> {
  return (
    await query(url, "SELECT tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')")
  ).map(({ tablename }) => tablename);
}

async function query(url: string, sql: string, values: unknown[] = []) {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql, values)).rows;
  } finally {
    await client.end();
  }
}

async function exists(name: string): Promise<boolean> {
  const rows = await query(String(process.env['TEST_DATABASE_URL']), 'SELECT FROM pg_database WHERE datname = $1', [
    name,
  ]);
  return rows.length === 1;
}

describe('the database of a test file', () => {
  it('has the schema of the product, and shares nothing with that of another', async () => {
    const [one, other] = await Promise.all([createTestDatabase(), createTestDatabase()]);
    expect(await tablesOf(one.url)).not.toEqual([]);
    expect(await tablesOf(one.url)).toEqual(await tablesOf(other.url));
    await query(one.url, 'CREATE TABLE only_here ()');
    expect(await tablesOf(other.url)).not.toContain('only_here');
    await Promise.all([one.drop(), other.drop()]);
  });

  it('is empty on request', async () => {
    const database = await createTestDatabase({ empty: true });
    expect(await tablesOf(database.url)).toEqual([]);
    await database.drop();
  });

  it('can be dropped while somebody is still connected to it', async () => {
    const database = await createTestDatabase();
    const client = new Client({ connectionString: database.url });
    const broken = new Promise<Error>((resolve) => client.on('error', resolve));
    await client.connect();
    await database.drop();
    expect(await broken).toMatchObject({ message: expect.stringMatching(/terminat/) });
    await expect(query(database.url, 'SELECT')).rejects.toMatchObject({ code: '3D000' });
  });

  it('is dropped by a later run when its own was killed long ago, and not before', async () => {
    const serverUrl = String(process.env['TEST_DATABASE_URL']);
    const old = `keepsake_test_${Date.now() - 7 * 60 * 60 * 1_000}_file_0a`;
    await query(serverUrl, `CREATE DATABASE ${old}`);
    const fresh = await createDatabase(serverUrl);
    await dropStaleDatabases(serverUrl);
    expect(await exists(old)).toBe(false);
    expect(await exists(fresh.name)).toBe(true);
    await fresh.drop();
  });
});
