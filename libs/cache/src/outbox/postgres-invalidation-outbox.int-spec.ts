import { setTimeout as pass } from 'node:timers/promises';
import { Database, KeepsakeDataSource } from '#database';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { eventually } from '#test/support/eventually.js';
import { TcpProxy } from '#test/support/tcp-proxy.js';
import type { Tag } from '../families/tag.js';
import { invalidationOutboxContract } from '../testing/invalidation-outbox.contract.js';
import { PgNotifyChannel } from './pg-notify-channel.js';
import { PostgresInvalidationOutbox } from './postgres-invalidation-outbox.js';

describe('the outbox in PostgreSQL', () => {
  let database: TestDatabase;
  let sources: KeepsakeDataSource[];
  let outboxes: PostgresInvalidationOutbox[] = [];

  beforeAll(async () => {
    database = await createTestDatabase();
    sources = await Promise.all(
      [1, 2].map(() =>
        new KeepsakeDataSource({ type: 'postgres', url: database.url, installExtensions: false }).initialize(),
      ),
    );
  });

  afterEach(async () => {
    await Promise.all(outboxes.map((outbox) => outbox.close()));
    outboxes = [];
    await sources[0]?.query('TRUNCATE cache_invalidations');
  });

  afterAll(async () => {
    await Promise.all(sources.map((source) => source.destroy()));
    await database.drop();
  });

  function open(source: number, url?: string): { readonly outbox: PostgresInvalidationOutbox; readonly sql: Database } {
    const sql = new Database(sources[source] as KeepsakeDataSource);
    const outbox = new PostgresInvalidationOutbox(
      sql,
      'relay',
      url === undefined ? undefined : new PgNotifyChannel(url),
    );
    outboxes.push(outbox);
    return { outbox, sql };
  }

  it.each(invalidationOutboxContract.map((contract) => [contract.name, contract] as const))(
    '%s',
    async (_name, contract) => {
      const { outbox, sql } = open(0);
      await contract.run({ outbox, other: open(1).outbox, inTransaction: (work) => sql.run(work), passMs: pass });
      expect(outbox.transaction).toBeUndefined();
    },
  );

  it('forgets what was appended in a transaction that was rolled back, and shows nothing before the commit', async () => {
    const { outbox, sql } = open(0);
    const { outbox: other } = open(1);
    let hooks = 0;
    const failed = sql.run(async () => {
      await outbox.append(['w:a:x' as Tag]);
      await outbox.afterCommit(() => void hooks++);
      expect((await other.overdue(0, 10)).rows).toEqual([]);
      throw new Error('changed its mind');
    });
    await expect(failed).rejects.toThrow('changed its mind');
    expect((await other.overdue(0, 10)).rows).toEqual([]);
    expect(hooks).toBe(0);
  });

  it('a row whose transaction commits late is no longer recent, and a look from before the commit has not seen it', async () => {
    const { outbox, sql } = open(0);
    const { outbox: other } = open(1);
    let before = '';
    await sql.run(async () => {
      await outbox.append(['w:a:late' as Tag]);
      await pass(300);
      before = (await other.overdue(0, 10)).snapshot;
    });
    expect(await other.recent(250, 10)).toEqual([]);
    expect(await other.recent(250, 10, before)).toEqual([expect.objectContaining({ tags: ['w:a:late'] })]);
    const { rows, snapshot } = await other.overdue(60_000, 10, before);
    expect(rows).toEqual([]);
    expect(await other.recent(250, 10, snapshot)).toEqual([]);
    expect((await other.overdue(60_000, 10, snapshot)).rows).toHaveLength(1);
    expect(await other.claim(60_000, 10, snapshot)).toHaveLength(1);
  });

  it('rows and claims of a clock that was set back are due at once, also of erasures', async () => {
    const { outbox, sql } = open(0);
    const id = await outbox.append(['w:a:future' as Tag]);
    const erasure = await outbox.appendErasure('future');
    const ahead = `clock_timestamp() + interval '5 minutes'`;
    for (const table of ['cache_invalidations', 'cache_erasures'])
      await sql.query(`UPDATE ${table} SET created_at = ${ahead}, claimed_until = ${ahead} WHERE id = ANY($1)`, [
        [id, erasure],
      ]);
    expect((await outbox.overdue(250, 10)).rows).toHaveLength(1);
    expect((await outbox.recent(1_000, 10))[0]?.ageMs).toBeLessThan(0);
    expect(await outbox.oldestAgeMs()).toBe(0);
    expect(await outbox.claim(250, 10)).toHaveLength(1);
    expect(await outbox.claim(250, 10)).toEqual([]);
    expect(await outbox.claimErasures(250)).toHaveLength(1);
    await sql.query('DELETE FROM cache_erasures WHERE id = $1', [erasure]);
  });

  it('T56 writes a row for a process without a shared tier where others have one, and knows whether they are there', async () => {
    const sql = new Database(sources[0] as KeepsakeDataSource);
    const outbox = new PostgresInvalidationOutbox(sql, 'writer');
    await sql.query('TRUNCATE cache_primaries');
    expect(await outbox.append(['w:a:x' as Tag])).toBeUndefined();
    expect((await outbox.overdue(0, 10)).rows).toEqual([]);
    await sql.query(`INSERT INTO cache_primaries (namespace, identity, term) VALUES ('ks', 'one', gen_random_uuid())`);
    expect(await outbox.append(['w:a:x' as Tag])).toEqual(expect.any(String));
    expect([(await outbox.overdue(0, 10)).rows, await outbox.hasRelays()]).toEqual([[expect.anything()], true]);
    await sql.query(`UPDATE cache_primaries SET seen_at = clock_timestamp() - interval '1 minute'`);
    expect(await outbox.hasRelays()).toBe(false);
    await sql.query('TRUNCATE cache_primaries');
  });

  it('calls the relays of other processes, also after their connection was lost', async () => {
    const address = new URL(database.url);
    const link = await TcpProxy.to({ host: address.hostname, port: Number(address.port) });
    try {
      const { outbox: listening } = open(1, link.urlFor(database.url));
      const { outbox: calling } = open(0, database.url);
      let calls = 0;
      listening.onNotify(() => calls++);
      // Called once when it listens: what was called before is not lost.
      await eventually(() => calls === 1);
      await calling.notify();
      await eventually(() => calls === 2);
      link.resetAll();
      await eventually(() => calls === 3);
      await calling.notify();
      await eventually(() => calls === 4);
      const looks = await Promise.all([listening.overdue(0, 10), listening.overdue(0, 10)]);
      expect(looks.map(({ rows }) => rows)).toEqual([[], []]);
    } finally {
      await link.close();
    }
  });
});
