import { loadConfig } from '#config';
import { connectDataSource, dataSourceOptions, SchemaMigrator } from '#database';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { checkDatabase } from './checks.js';

describe('the doctor, of the database', () => {
  let testDatabase: TestDatabase;

  beforeAll(async () => {
    testDatabase = await createTestDatabase({ empty: true });
  });
  afterAll(() => testDatabase.drop());

  const look = (environment: NodeJS.ProcessEnv) => {
    const { database, search } = loadConfig({ DATABASE_URL: testDatabase.url, ...environment });
    return checkDatabase(database, search);
  };

  it('reports that the schema is missing, that it will be made, or that it is there; and changes nothing', async () => {
    expect(await look({ DATABASE_MIGRATE: 'false' })).toEqual([
      { part: 'database', status: 'ok', detail: expect.stringMatching(/^PostgreSQL \d+/) },
      { part: 'extensions', status: 'ok', detail: expect.stringContaining('pg_trgm') },
      {
        part: 'schema',
        status: 'failed',
        cause: 'unavailable',
        detail: expect.stringContaining('run `keepsake migrate`'),
      },
    ]);
    expect((await look({})).at(-1)).toMatchObject({
      part: 'schema',
      status: 'ok',
      detail: expect.stringContaining('will'),
    });

    const dataSource = await connectDataSource(
      dataSourceOptions(loadConfig({ DATABASE_URL: testDatabase.url }).database),
    );
    await new SchemaMigrator(dataSource, false).up();
    await dataSource.destroy();
    expect((await look({ DATABASE_MIGRATE: 'false' })).at(-1)).toMatchObject({ status: 'ok', detail: 'up to date' });
  });

  it('reports a search language that the database does not have', async () => {
    const findings = await look({ SEARCH_LANGUAGE: 'klingon' });
    expect(findings.at(-1)).toEqual({
      part: 'search',
      status: 'failed',
      cause: 'configuration',
      detail: expect.stringMatching(/^SEARCH_LANGUAGE \(now "klingon"\): write /),
    });
  });

  it.each([
    ['nothing listens', (url: URL) => (url.port = '1'), "The database can't be reached"],
    [
      'the name of the host is unknown',
      (url: URL) => (url.hostname = 'nowhere.invalid'),
      "The database can't be reached",
    ],
    ['the password is wrong', (url: URL) => (url.password = 'hunter2'), 'The database refuses the connection'],
    ['there is no such database', (url: URL) => (url.pathname = '/nowhere'), 'The database refuses the connection'],
  ])('reports where %s what to check, and no password', async (_, change, detail) => {
    const url = new URL(testDatabase.url);
    change(url);
    const [finding, ...others] = await look({ DATABASE_URL: url.href });
    expect(finding).toMatchObject({ part: 'database', status: 'failed', detail: expect.stringContaining(detail) });
    expect(finding?.detail).toContain('DATABASE_URL');
    expect(finding?.detail).not.toContain('hunter2');
    expect(others).toEqual([]);
  });
});
