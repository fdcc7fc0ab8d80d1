import { setImmediate } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { eventually } from '#test/support/eventually.js';
import { TcpProxy } from '#test/support/tcp-proxy.js';
import { Database } from './database.js';
import { KeepsakeDataSource } from './keepsake-data-source.js';
import { isDatabaseUnavailable, sqlStateOf } from './database-errors.js';

/** Lets so many callers go on together, once all of them have come. */
function barrier(callers: number): () => Promise<void> {
  let open: () => void;
  const opened = new Promise<void>((settle) => (open = settle));
  let missing = callers;
  return () => {
    missing -= 1;
    if (missing === 0) open();
    return opened;
  };
}

describe('transactions on PostgreSQL', () => {
  let testDatabase: TestDatabase;
  let dataSource: KeepsakeDataSource;
  let database: Database;
  /** Another client of the same database. */
  let observer: KeepsakeDataSource;

  const connect = (url: string) =>
    new KeepsakeDataSource({ type: 'postgres', url, installExtensions: false }).initialize();
  const insert = (name: string) => database.query('INSERT INTO things (name, count) VALUES ($1, 0)', [name]);
  const seen = async (): Promise<string[]> =>
    (await observer.query<{ name: string }[]>('SELECT name FROM things ORDER BY name')).map(({ name }) => name);
  const transactionId = async () =>
    (await database.query<{ id: string }>('SELECT pg_current_xact_id()::text AS id'))[0]?.id;

  beforeAll(async () => {
    testDatabase = await createTestDatabase({ empty: true });
    dataSource = await connect(testDatabase.url);
    observer = await connect(testDatabase.url);
    database = new Database(dataSource);
    await database.query('CREATE TABLE things (name text PRIMARY KEY, count int NOT NULL)');
    Logger.overrideLogger(false);
  });
  beforeEach(() => database.query('TRUNCATE things'));
  afterAll(async () => {
    Logger.overrideLogger(['fatal', 'error', 'warn', 'log']);
    await dataSource?.destroy();
    await observer?.destroy();
    await testDatabase?.drop();
  });

  it('a server that answers no more costs its callers and the pool no longer than a statement may take', async () => {
    const { hostname, port } = new URL(testDatabase.url);
    const link = await TcpProxy.to({ host: hostname, port: Number(port) });
    const url = link.urlFor(testDatabase.url);
    const options = { type: 'postgres', url, poolSize: 1, installExtensions: false } as const;
    const source = await new KeepsakeDataSource(options, 100).initialize();
    try {
      const lost = new Database(source);
      // Who changes how long his statements may take is waited for.
      await lost.query('SET statement_timeout = 6000; SELECT pg_sleep(5.5)');
      link.blackHole();
      const error: unknown = await lost.query('SELECT 1').catch((reason: unknown) => reason);
      expect(isDatabaseUnavailable(error)).toBe(true);
      link.heal();
      expect(await lost.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    } finally {
      await source.destroy();
      await link.close();
    }
  }, 120_000);

  it('a run inside a run joins it, and both commit together', async () => {
    await database.run(async () => {
      await insert('outer');
      const outer = await transactionId();
      await database.run(async () => {
        await insert('inner');
        expect(await transactionId()).toBe(outer);
      });
      expect(await seen()).toEqual([]);
    });
    expect(await seen()).toEqual(['inner', 'outer']);
  });

  it('rolls everything back and rejects with the error of the work itself', async () => {
    const error = new Error('no');
    const work = database.run(async () => {
      await insert('a');
      await database.run(() => insert('b'));
      throw error;
    });
    await expect(work).rejects.toBe(error);
    expect(await seen()).toEqual([]);
  });

  it('does not report as committed what PostgreSQL has rolled back after a swallowed error', async () => {
    const ran: string[] = [];
    const work = database.run(async () => {
      await insert('a');
      await database.afterCommit(() => void ran.push('hook'));
      await insert('a').catch(() => undefined);
      return 'done';
    });
    await expect(work).rejects.toMatchObject({ code: '23505' });
    expect(await seen()).toEqual([]);
    expect(ran).toEqual([]);
  });

  it('work before a commit is the last of its transaction, and takes it back where it fails', async () => {
    const order: string[] = [];
    await database.run(async () => {
      await database.beforeCommit(async () => {
        order.push('last');
        await insert('last');
      });
      await database.run(() => insert('joined'));
      order.push('work');
    });
    expect([order, await seen()]).toEqual([
      ['work', 'last'],
      ['joined', 'last'],
    ]);
    const failed = database.run(async () => {
      await insert('work');
      await database.beforeCommit(() => Promise.reject(new Error('no')));
    });
    await expect(failed).rejects.toThrow('no');
    expect(await seen()).toEqual(['joined', 'last']);
    const caught = database.run(async () => {
      await database.beforeCommit(async () => void (await insert('late')));
      await insert('last').catch(() => undefined);
    });
    await expect(caught).rejects.toMatchObject({ code: '23505' });
    await database.beforeCommit(async () => void (await insert('at once')));
    expect(await seen()).toEqual(['at once', 'joined', 'last']);
  });

  it('T45 reports a connection that breaks between two statements as a database that is away', async () => {
    const work = database.run(async () => {
      const { manager } = database;
      const [row] = await database.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      await observer.query('SELECT pg_terminate_backend($1)', [row?.pid]);
      await eventually(() => manager.queryRunner?.isReleased);
      await insert('a');
    });
    const error: unknown = await work.catch((thrown: unknown) => thrown);
    expect(isDatabaseUnavailable(error)).toBe(true);
    await database.run(() => insert('b'));
    expect(await seen()).toEqual(['b']);
  });

  it('keeps transactions that run at the same time apart', async () => {
    const meet = barrier(4);
    await Promise.allSettled(
      [0, 1, 2, 3].map((index) =>
        database.run(async () => {
          await insert(`row ${index}`);
          await meet();
          if (index % 2 === 0) throw new Error('no');
        }),
      ),
    );
    expect(await seen()).toEqual(['row 1', 'row 3']);
  });

  it('gives the rows of a SELECT, and of RETURNING', async () => {
    expect(await insert('a')).toEqual([]);
    expect(await database.query('UPDATE things SET count = 7 RETURNING name, count')).toEqual([
      { name: 'a', count: 7 },
    ]);
    expect(await database.query('SELECT count FROM things')).toEqual([{ count: 7 }]);
    expect(await database.query('DELETE FROM things RETURNING name')).toEqual([{ name: 'a' }]);
  });

  it('what outlives its transaction goes to the pool', async () => {
    let late: Promise<unknown> = Promise.resolve();
    await database.run(async () => {
      late = (async () => {
        while (database.inTransaction) await setImmediate();
        await insert('late');
      })();
    });
    await late;
    expect(await seen()).toEqual(['late']);
  });

  describe('hooks after the commit', () => {
    it('run in order when others can see the write, before run resolves', async () => {
      const reported: unknown[] = [];
      await database.run(async () => {
        await insert('a');
        await database.run(() => database.afterCommit(async () => void reported.push(await seen())));
        await database.afterCommit(() => void reported.push('second'));
        reported.push('work');
      });
      expect(reported).toEqual(['work', ['a'], 'second']);
    });

    it('never run after a rollback', async () => {
      const reported: string[] = [];
      const work = database.run(async () => {
        await database.afterCommit(() => void reported.push('hook'));
        throw new Error('no');
      });
      await expect(work).rejects.toThrow('no');
      expect(reported).toEqual([]);
    });

    it('a failing one undoes nothing and does not stop the next', async () => {
      const reported: string[] = [];
      const result = await database.run(async () => {
        await insert('a');
        await database.afterCommit(() => Promise.reject(new Error('no')));
        await database.afterCommit(() => void reported.push('second'));
        return 'done';
      });
      expect(result).toBe('done');
      expect(reported).toEqual(['second']);
      expect(await seen()).toEqual(['a']);
    });

    it('may write themselves, in a transaction of their own', async () => {
      await database.run(() =>
        database.afterCommit(async () => {
          await database.run(() => insert('from the hook'));
        }),
      );
      expect(await seen()).toEqual(['from the hook']);
    });

    it('run at once outside a transaction', async () => {
      const reported: string[] = [];
      await database.afterCommit(() => void reported.push('hook'));
      expect(reported).toEqual(['hook']);
    });
  });

  describe('retries', () => {
    const count = (name: string) => database.query('UPDATE things SET count = count + 1 WHERE name = $1', [name]);

    it('of a real deadlock: both transactions come to their end, and the loser leaves its hooks behind', async () => {
      await insert('a');
      await insert('b');
      const meet = barrier(2);
      let attempts = 0;
      let hooks = 0;
      const crossing = (first: string, second: string) =>
        database.run(
          async () => {
            attempts += 1;
            await database.afterCommit(() => void (hooks += 1));
            await count(first);
            await meet();
            await count(second);
          },
          { retries: 3 },
        );
      await Promise.all([crossing('a', 'b'), crossing('b', 'a')]);
      // Three where one deadlock was enough; the two that begin again may meet once more.
      expect(attempts).toBeGreaterThanOrEqual(3);
      expect(hooks).toBe(2);
      expect(await observer.query('SELECT count FROM things')).toEqual([{ count: 2 }, { count: 2 }]);
    });

    /** Reads, lets another client change what was read, and changes it too. */
    async function overtaken(): Promise<void> {
      await database.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
      await database.query('SELECT count FROM things');
      if (overtakings-- > 0) await observer.query('UPDATE things SET count = count + 10');
      await count('a');
    }
    let overtakings: number;

    it('of a real serialization failure: the work is done once, on what the other has left', async () => {
      await insert('a');
      overtakings = 2;
      await database.run(overtaken, { retries: 2 });
      expect(await observer.query('SELECT count FROM things')).toEqual([{ count: 21 }]);
    });

    it('end: then the failure is reported', async () => {
      await insert('a');
      overtakings = 2;
      const error: unknown = await database.run(overtaken, { retries: 1 }).catch((thrown: unknown) => thrown);
      expect(sqlStateOf(error)).toBe('40001');
      expect(overtakings).toBe(0);
    });

    it('are not for other errors', async () => {
      let attempts = 0;
      const work = database.run(
        async () => {
          attempts += 1;
          throw new Error('no');
        },
        { retries: 3 },
      );
      await expect(work).rejects.toThrow('no');
      expect(attempts).toBe(1);
    });
  });

  describe('T46 a query beside the running transaction', () => {
    it.each([
      ['of the data source', () => dataSource.query('SELECT 1')],
      ['of its manager', () => dataSource.manager.query('SELECT 1')],
      ['in a transaction of its own', () => dataSource.transaction((manager) => manager.query('SELECT 1'))],
    ])('%s is refused at once, and the transaction goes on', async (_, alongside) => {
      await database.run(async () => {
        await insert('a');
        await expect(alongside()).rejects.toThrow('beside the running transaction');
        await insert('b');
      });
      expect(await seen()).toEqual(['a', 'b']);
    });

    it('is allowed to background work, which takes no part in it', async () => {
      const work = database.run(async () => {
        await database.outside(() => insert('background'));
        await insert('work');
        throw new Error('no');
      });
      await expect(work).rejects.toThrow('no');
      expect(await seen()).toEqual(['background']);
    });
  });
});
