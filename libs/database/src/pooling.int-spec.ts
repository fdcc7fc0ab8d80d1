import type { DataSource } from 'typeorm';
import { loadConfig, parseDatabaseUrl } from '#config';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { Pooler } from '#test/support/pooler.js';
import { connectDataSource, dataSourceOptions, openDataSource } from './data-source.js';
import { Database } from './database.js';
import { findPooling, PoolerError } from './pooling.js';

describe('behind PgBouncer', () => {
  let testDatabase: TestDatabase;
  const poolers: Pooler[] = [];
  const sources: DataSource[] = [];

  beforeAll(async () => {
    testDatabase = await createTestDatabase();
  });
  afterEach(async () => {
    for (const source of sources.splice(0)) await source.destroy();
    for (const pooler of poolers.splice(0)) await pooler.close();
  });
  afterAll(() => testDatabase.drop());

  const pooled = async (mode: 'session' | 'transaction', size?: number) => {
    const pooler = await Pooler.to(testDatabase.url, mode, size);
    poolers.push(pooler);
    return pooler.urlFor(testDatabase.url);
  };
  const connect = async (environment: NodeJS.ProcessEnv) => {
    const source = await connectDataSource(dataSourceOptions(loadConfig(environment).database));
    sources.push(source);
    return source;
  };
  const settingOf = async (source: DataSource, name: string) => {
    const [row] = await source.query<{ value: string }[]>('SELECT current_setting($1) AS value', [name]);
    return row?.value;
  };

  it('the mode of a pooler is found out, and that there is none', async () => {
    const find = (url: string) => findPooling(parseDatabaseUrl(url), 2_000);
    expect(await find(testDatabase.url)).toBe('none');
    expect(await find(await pooled('session'))).toBe('session');
    for (const size of [1, 2, 20]) expect(await find(await pooled('transaction', size))).toBe('transaction');
  });

  it('"unsupported startup parameter": a session pool works, with every setting in force', async () => {
    const source = await connect({ DATABASE_URL: await pooled('session'), DATABASE_STATEMENT_TIMEOUT_MS: '7000' });
    expect(await settingOf(source, 'statement_timeout')).toBe('7s');
    expect(await settingOf(source, 'idle_in_transaction_session_timeout')).toBe('1min');
    expect(await settingOf(source, 'jit')).toBe('off');
    expect(await settingOf(source, 'max_parallel_workers_per_gather')).toBe('0');
  });

  it('a transaction pool alone is refused, with what to set', async () => {
    const refused = connect({ DATABASE_URL: await pooled('transaction') });
    await expect(refused).rejects.toThrow(PoolerError);
    await expect(refused).rejects.toThrow(/transaction mode.*set DATABASE_DIRECT_URL/);
  });

  it('a direct URL that leads to the same transaction pool is refused by its name', async () => {
    const url = await pooled('transaction');
    const refused = connect({ DATABASE_URL: url, DATABASE_DIRECT_URL: await pooled('transaction') });
    await expect(refused).rejects.toThrow(/^DATABASE_DIRECT_URL leads through/);
  });

  it('a transaction pool works beside a direct URL: what needs a session goes there', async () => {
    const source = await connect({
      DATABASE_URL: await pooled('transaction', 2),
      DATABASE_DIRECT_URL: testDatabase.url,
    });
    const database = new Database(source, testDatabase.url);
    const limits = await database.session(async (query) => {
      await query('SET statement_timeout = 1234');
      const seen: string[] = [];
      for (let time = 0; time < 3; time++) {
        const rows = await query<{ limit: string }>("SELECT current_setting('statement_timeout') AS limit");
        seen.push(...rows.map(({ limit }) => limit));
      }
      return seen;
    });
    expect(limits).toEqual(['1234ms', '1234ms', '1234ms']);
    const sums = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        database.run(async () => {
          await database.query('SELECT pg_sleep(0.005)');
          return database.query<{ sum: number }>('SELECT $1::int + 1 AS sum', [index]);
        }),
      ),
    );
    expect(sums.flat().map(({ sum }) => sum)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
  });

  it('the schema is made over the direct URL', async () => {
    const empty = await createTestDatabase({ empty: true });
    try {
      const pooler = await Pooler.to(empty.url, 'transaction', 2);
      poolers.push(pooler);
      const environment = { DATABASE_URL: pooler.urlFor(empty.url), DATABASE_DIRECT_URL: empty.url };
      const source = await openDataSource(dataSourceOptions(loadConfig(environment).database));
      const [row] = await source.query<{ count: string }[]>('SELECT count(*) FROM schema_migrations');
      expect(Number(row?.count)).toBeGreaterThan(6);
      await source.destroy();
    } finally {
      for (const pooler of poolers.splice(0)) await pooler.close();
      await empty.drop();
    }
  }, 120_000);
});
