import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { loadConfig } from '#config';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { connectDataSource, dataSourceOptions } from './data-source.js';
import { findMissingGrants, MissingGrantsError, SchemaMigrator } from './schema-migrator.js';

describe('a role without CREATE', () => {
  let testDatabase: TestDatabase;
  let owner: pg.Client;
  let role: string;
  let url: URL;

  beforeEach(async () => {
    testDatabase = await createTestDatabase({ empty: true });
    owner = new pg.Client({ connectionString: testDatabase.url });
    await owner.connect();
    role = `role_${randomBytes(6).toString('hex')}`;
    const password = randomBytes(12).toString('hex');
    await owner.query(`CREATE ROLE ${role} LOGIN PASSWORD '${password}'`);
    url = new URL(testDatabase.url);
    url.username = role;
    url.password = password;
  });
  afterEach(async () => {
    await owner.query(`DROP OWNED BY ${role}`);
    await owner.query(`DROP ROLE ${role}`);
    await owner.end();
    await testDatabase.drop();
  });

  it('is shown what to grant before anything is made, and gets through once that is granted', async () => {
    const dataSource = await connectDataSource(dataSourceOptions(loadConfig({ DATABASE_URL: url.href }).database));
    try {
      const grants = await findMissingGrants(dataSource);
      expect(grants).toEqual([
        `GRANT CREATE ON DATABASE ${url.pathname.slice(1)} TO ${role}`,
        `GRANT USAGE, CREATE ON SCHEMA public TO ${role}`,
      ]);
      const migrator = new SchemaMigrator(dataSource, false);
      await expect(migrator.up()).rejects.toThrow(MissingGrantsError);
      const { rows } = await owner.query("SELECT FROM pg_tables WHERE schemaname = 'public'");
      expect(rows).toHaveLength(0);
      for (const grant of grants) await owner.query(grant);
      expect(await findMissingGrants(dataSource)).toEqual([]);
      expect((await migrator.up()).length).toBeGreaterThan(6);
    } finally {
      await dataSource.destroy();
    }
  }, 120_000);
});
