import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { Database } from './database.js';
import { KeepsakeDataSource } from './keepsake-data-source.js';
import { Snapshots } from './snapshots.js';

describe('reading a moment over many connections', () => {
  let testDatabase: TestDatabase;
  let dataSource: KeepsakeDataSource;
  let database: Database;

  beforeAll(async () => {
    testDatabase = await createTestDatabase({ empty: true });
    const options = { type: 'postgres', url: testDatabase.url, installExtensions: false } as const;
    dataSource = await new KeepsakeDataSource(options).initialize();
    database = new Database(dataSource);
    await database.query('CREATE TABLE things (id integer)');
    await database.query('INSERT INTO things VALUES (1)');
  });
  afterAll(async () => {
    await dataSource?.destroy();
    await testDatabase?.drop();
  });

  const count = async () => (await database.query('SELECT FROM things')).length;
  const add = () => database.outside(() => database.query('INSERT INTO things VALUES (2)'));
  const unasked = () => Promise.reject(new Error('There is a snapshot, so no mark is needed.'));

  it('sees nothing of what others commit meanwhile, and holds nobody up', async () => {
    const seen = await new Snapshots(database, false).read(unasked, async () => {
      const before = await count();
      await add();
      return [before, await count()];
    });
    expect(seen).toEqual([1, 1]);
    expect(await count()).toBe(2);
  });

  it('writes nothing itself', async () => {
    const writing = database.run(() => database.query('INSERT INTO things VALUES (3)'), { snapshot: true });
    await expect(writing).rejects.toMatchObject({ code: '25006' });
  });
});
