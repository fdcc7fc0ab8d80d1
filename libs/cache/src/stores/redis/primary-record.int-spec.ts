import { Database, KeepsakeDataSource } from '#database';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { PostgresPrimaryRecord } from './primary-record.js';

describe('the record of the servers that take the writes', () => {
  let database: TestDatabase;
  let source: KeepsakeDataSource;
  let record: PostgresPrimaryRecord;

  beforeAll(async () => {
    database = await createTestDatabase();
    source = await new KeepsakeDataSource({
      type: 'postgres',
      url: database.url,
      installExtensions: false,
    }).initialize();
    record = new PostgresPrimaryRecord(new Database(source), 'ks');
  });

  beforeEach(() => source.query('TRUNCATE cache_primaries'));

  afterAll(async () => {
    await source.destroy();
    await database.drop();
  });

  it('begins a term with the first servers, of which nothing is to be made again', async () => {
    expect(await record.current()).toBeUndefined();
    const first = await record.agree('one');
    expect(first).toMatchObject({ renewed: [], ageMs: undefined });
    expect(await record.agree('one')).toEqual(first);
    expect(await record.current()).toBe(first.term);
  });

  it('begins another term with other servers, and with the first ones when they come back', async () => {
    const first = await record.agree('one');
    const second = await record.agree('two');
    const third = await record.agree('one');
    expect(new Set([first.term, second.term, third.term]).size).toBe(3);
    expect(third).toMatchObject({ renewed: [], ageMs: expect.any(Number) });
  });

  it('notes a node once, in the term it was made again in and in no other', async () => {
    const { term: before } = await record.agree('one');
    const { term } = await record.agree('two');
    await record.noteRenewed(before, 'node');
    expect((await record.agree('two')).renewed).toEqual([]);
    await Promise.all([1, 2, 3].map(() => record.noteRenewed(term, 'node')));
    expect((await record.agree('two')).renewed).toEqual(['node']);
    expect((await record.agree('one')).renewed).toEqual([]);
  });

  it('gives many that ask at once one term', async () => {
    await record.agree('one');
    const terms = await Promise.all(Array.from({ length: 20 }, () => record.agree('two')));
    expect(new Set(terms.map(({ term }) => term)).size).toBe(1);
  });

  it('keeps namespaces apart', async () => {
    const other = new PostgresPrimaryRecord(new Database(source), 'other');
    const { term } = await record.agree('one');
    await other.agree('two');
    expect(await record.current()).toBe(term);
  });
});
