import pg from 'pg';

const TABLES = `
  SELECT quote_ident(tablename) AS name FROM pg_tables
  WHERE schemaname = 'public' AND tablename NOT LIKE 'cache_%' ORDER BY tablename`;

/**
 * Takes every table of the product out of reach while `work` runs: whatever asks the database meanwhile fails, so what
 * is answered did not ask. The outbox of the cache stays.
 */
export async function withoutTables<Result>(databaseUrl: string, work: () => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>(TABLES);
    const move = (from: string, to: string) =>
      client.query(rows.map(({ name }) => `ALTER TABLE ${from}.${name} SET SCHEMA ${to}`).join(';'));
    await client.query('CREATE SCHEMA away');
    await move('public', 'away');
    try {
      return await work();
    } finally {
      await move('away', 'public');
      await client.query('DROP SCHEMA away');
    }
  } finally {
    await client.end();
  }
}
