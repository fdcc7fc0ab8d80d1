import PgBoss from 'pg-boss';
import { Database, KeepsakeDataSource } from '#database';
import { DomainError, newId, type WorkspaceId } from '#kernel';
import { runInRequestContext, type TraceSpan } from '#observability';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { eventually } from '#test/support/eventually.js';
import type { JobDefinition } from '../job.js';
import { JobCancellation, JobNotifier } from '../job-notifier.js';
import { JobRegistry } from '../job-registry.js';
import { JobService } from '../job.service.js';
import type { JobScope } from '../job-store.js';
import { testJob, testTick, type TestPayload } from '../testing/job.factory.js';
import { describeJobStore } from '../testing/job-store.contract.js';
import { createPgBoss } from './create-pg-boss.js';
import { PgBossJobQueue } from './pg-boss-job-queue.js';
import { PgBossJobRepository } from './pg-boss-job.repository.js';
import { PgBossJobStore } from './pg-boss-job.store.js';

class CountingWakeUp extends JobNotifier {
  calls = 0;

  override notify(): void {
    this.calls++;
    super.notify();
  }
}

/** All of one process, on a database that several share. */
async function openProcess(url: string) {
  const dataSource = await new KeepsakeDataSource({ type: 'postgres', url, installExtensions: false }).initialize();
  const database = new Database(dataSource);
  const boss = createPgBoss(database);
  const jobsDeclared: JobDefinition<object>[] = [];
  const registry = new JobRegistry(jobsDeclared);
  const wakeUp = new CountingWakeUp();
  const repository = new PgBossJobRepository(boss, database);
  return {
    database,
    boss,
    declare: (job: JobDefinition<object>) => void jobsDeclared.push(job),
    registry,
    wakeUp,
    repository,
    store: new PgBossJobStore(boss, database),
    queue: new PgBossJobQueue(boss, database, registry, wakeUp),
    jobs: new JobService(repository, database, wakeUp, new JobCancellation()),
    close: () => dataSource.destroy(),
  };
}

const everywhere = (workspaceId: WorkspaceId): JobScope => ({ workspaceId, includeSpanning: true });

describe('jobs in PostgreSQL', () => {
  let testDatabase: TestDatabase;
  let here: Awaited<ReturnType<typeof openProcess>>;
  let there: Awaited<ReturnType<typeof openProcess>>;

  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    here = await openProcess(testDatabase.url);
    there = await openProcess(testDatabase.url);
  });

  afterAll(async () => {
    await here.close();
    await there.close();
    await testDatabase.drop();
  });

  async function declared(job: JobDefinition<TestPayload> = testJob()): Promise<JobDefinition<TestPayload>> {
    for (const process of [here, there]) process.declare(job);
    await here.store.prepare([job]);
    return job;
  }

  const idOf = (id: string | undefined): string => {
    if (id === undefined) throw new Error('The job was not added.');
    return id;
  };

  describe('PgBossJobStore', () => {
    const nowhere = newId<WorkspaceId>();
    const find = async (id: string) => {
      const [row] = await here.database.query<{ workspace: WorkspaceId | null }>(
        `SELECT data ->> 'workspaceId' AS workspace FROM pgboss.job WHERE id = $1`,
        [id],
      );
      return here.jobs.get(everywhere(row?.workspace ?? nowhere), id);
    };
    describeJobStore(() => ({
      store: here.store,
      add: async (job, payload, options) => {
        if (!here.registry.isDeclared(job.name)) here.declare(job);
        return idOf(await here.queue.enqueue(job, payload, options));
      },
      look: find,
      cancel: async (id) => void (await here.repository.cancel(await find(id))),
    }));
  });

  describe('adding a job', () => {
    it('takes part in the surrounding transaction: rolled back it is gone, committed it is there', async () => {
      const job = await declared();
      const before = here.wakeUp.calls;
      await expect(
        here.database.run(async () => {
          await here.queue.enqueue(job, { text: 'lost' });
          throw new Error('changed my mind');
        }),
      ).rejects.toThrow('changed my mind');
      expect(await there.store.findDue([job.name])).toEqual([]);
      expect(here.wakeUp.calls).toBe(before);
      await here.database.run(async () => {
        await here.queue.enqueue(job, { text: 'kept' });
        expect(await there.store.findDue([job.name])).toEqual([]);
        expect(here.wakeUp.calls).toBe(before);
      });
      expect(here.wakeUp.calls).toBe(before + 1);
      expect((await there.store.claim(job.name))?.payload).toEqual({ text: 'kept' });
    });

    it('takes along who asked for it: the request and its trace', async () => {
      const job = await declared();
      const headers = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, tracestate: 'vendor=opaque' };
      const trace: TraceSpan = { headers, startChild: () => trace, set: () => undefined, end: () => undefined };
      const id = await runInRequestContext({ requestId: 'r-1', trace }, () => here.queue.enqueue(job, { text: 'a' }));
      await here.queue.enqueue(job, { text: 'nobody asked' });
      expect((await here.jobs.get(everywhere(newId()), idOf(id))).requestId).toBe('r-1');
      expect((await there.store.claim(job.name))?.origin).toEqual({ requestId: 'r-1', ...headers });
      expect((await there.store.claim(job.name))?.origin).toBeUndefined();
    });

    it('refuses a payload that does not fit, and a job that nobody declared', async () => {
      const job = await declared();
      await expect(here.queue.enqueue(job, { text: 7 } as unknown as TestPayload)).rejects.toThrow();
      await expect(here.queue.enqueue(testJob({ name: 'unknown' }), { text: 'a' })).rejects.toThrow('is not declared');
      expect(await here.store.findDue([job.name])).toEqual([]);
    });

    it('adds no second job of a key while the first waits, in each workspace for itself', async () => {
      const job = await declared();
      const [one, other] = [newId<WorkspaceId>(), newId<WorkspaceId>()];
      const add = (workspaceId: WorkspaceId) =>
        here.queue.enqueue(job, { text: 'a' }, { workspaceId, singletonKey: 'k' });
      expect(await add(one)).toBeDefined();
      expect(await add(one)).toBeUndefined();
      expect(await add(other)).toBeDefined();
      expect(await here.queue.enqueue(job, { text: 'a' }, { workspaceId: one })).toBeDefined();
    });

    it('adds a second job of a key while the first runs: that one may have read too early', async () => {
      const job = await declared();
      await here.queue.enqueue(job, { text: 'first' }, { singletonKey: 'k' });
      await there.store.claim(job.name);
      expect(await here.queue.enqueue(job, { text: 'second' }, { singletonKey: 'k' })).toBeDefined();
    });

    it('keeps the waiting job of a key from starting before the transaction that relies on it has ended', async () => {
      const job = await declared();
      await here.queue.enqueue(job, { text: 'waiting' }, { singletonKey: 'k' });
      await here.database.run(async () => {
        expect(await here.queue.enqueue(job, { text: 'a' }, { singletonKey: 'k' })).toBeUndefined();
        expect(await there.store.claim(job.name)).toBeUndefined();
      });
      expect((await there.store.claim(job.name))?.payload).toEqual({ text: 'waiting' });
    });

    it('leaves one waiting job of a key when many processes add it at once', async () => {
      const job = await declared();
      const added = await Promise.all(
        Array.from({ length: 20 }, (_, count) =>
          (count % 2 === 0 ? here : there).queue.enqueue(job, { text: 'a' }, { singletonKey: 'k' }),
        ),
      );
      expect(added.filter((id) => id !== undefined)).toHaveLength(1);
    });
  });

  describe('making room for jobs', () => {
    it('is safe for processes that start at once', async () => {
      const jobs = Array.from({ length: 4 }, () => testJob()) as unknown as JobDefinition<object>[];
      await Promise.all([here.store.prepare(jobs), there.store.prepare(jobs.toReversed()), here.store.prepare(jobs)]);
      const names = (await here.boss.getQueues()).map(({ name }) => name);
      expect(names).toEqual(expect.arrayContaining(jobs.map(({ name }) => name)));
    });

    it('takes over changed settings', async () => {
      const job = await declared(testJob({ retryLimit: 5 }));
      await here.store.prepare([{ ...job, retryLimit: 0 }]);
      const id = idOf(await here.queue.enqueue(job, { text: 'a' }));
      expect((await here.jobs.get(everywhere(newId()), id)).maxAttempts).toBe(1);
    });

    it('refuses the tables of another version of pg-boss', async () => {
      await here.database.query('UPDATE pgboss.version SET version = version + 1');
      try {
        await expect(new PgBossJobStore(createPgBoss(here.database), here.database).prepare([])).rejects.toThrow(
          'requires migrations',
        );
      } finally {
        await here.database.query('UPDATE pgboss.version SET version = version - 1');
      }
    });

    it('has the tables that this version of pg-boss makes', async () => {
      const fresh = await createTestDatabase({ empty: true });
      const made = await openProcess(fresh.url);
      try {
        await made.database.query(PgBoss.getConstructionPlans('pgboss'));
        const columns = (process: typeof here) =>
          process.database.query(
            `SELECT table_name, column_name, data_type, udt_name, is_nullable, column_default FROM information_schema.columns
             WHERE table_schema = 'pgboss' AND table_name !~ '^j[0-9a-f]{56}$' ORDER BY table_name, ordinal_position`,
          );
        const functions = (process: typeof here) =>
          process.database.query<{ source: string }>(
            `SELECT proname, regexp_replace(prosrc, '\\s+', ' ', 'g') AS source FROM pg_proc
             WHERE pronamespace = 'pgboss'::regnamespace ORDER BY proname`,
          );
        expect(await columns(here)).toEqual(await columns(made));
        expect(await functions(here)).toEqual(await functions(made));
      } finally {
        await made.close();
        await fresh.drop();
      }
    });
  });

  describe('looking after the queue', () => {
    it('retries a job whose process died, once its time is over', async () => {
      const job = await declared(testJob({ timeoutSeconds: 60 }));
      const id = idOf(await here.queue.enqueue(job, { text: 'a' }));
      await there.store.claim(job.name);
      await here.store.maintain([]);
      expect((await here.jobs.get(everywhere(newId()), id)).state).toBe('running');
      await here.database.query(`UPDATE pgboss.job SET started_on = now() - interval '76 seconds' WHERE id = $1`, [id]);
      await here.store.maintain([]);
      expect(await here.jobs.get(everywhere(newId()), id)).toMatchObject({
        state: 'retrying',
        failure: { code: 'worker-died' },
      });
    });

    it('removes old runs of schedules, but not before their period is over', async () => {
      const [minutely, daily] = [testTick(), testTick()];
      const schedules = [
        { job: minutely, everySeconds: 60 },
        { job: daily, everySeconds: 86_400 },
      ];
      await here.store.prepare(schedules.map(({ job }) => job as unknown as JobDefinition<object>));
      for (const schedule of schedules) {
        await here.store.tick(schedule);
        const taken = await here.store.claim(schedule.job.name);
        if (taken === undefined) throw new Error('nothing was taken');
        await here.store.complete(taken);
      }
      const names = schedules.map(({ job }) => job.name);
      await here.database.query(
        `UPDATE pgboss.job SET completed_on = now() - interval '2 hours', singleton_on = singleton_on - interval '2 hours' WHERE name = ANY($1)`,
        [names],
      );
      await here.store.maintain(schedules);
      const left = await here.database.query<{ name: string }>('SELECT name FROM pgboss.job WHERE name = ANY($1)', [
        names,
      ]);
      expect(left).toEqual([{ name: daily.name }]);
    });

    it('leaves no broken transaction behind when a statement of its own fails', async () => {
      await here.database.query('ALTER TABLE pgboss.archive RENAME TO archive_elsewhere');
      try {
        await expect(here.boss.maintain()).rejects.toThrow('archive');
      } finally {
        await here.database.query('ALTER TABLE pgboss.archive_elsewhere RENAME TO archive');
      }
      await Promise.all(Array.from({ length: 12 }, () => here.database.query('SELECT 1')));
      await here.store.maintain([]);
    });

    it('never forgets a job that waits', async () => {
      const job = await declared();
      const id = idOf(await here.queue.enqueue(job, { text: 'a' }));
      const [row] = await here.database.query<{ years: number }>(
        `SELECT extract(epoch FROM keep_until - now())::float8 / 31536000 AS years FROM pgboss.job WHERE id = $1`,
        [id],
      );
      expect(row?.years).toBeGreaterThan(9);
    });
  });

  describe('looking at jobs', () => {
    it('shows each workspace its own jobs, and what spans workspaces only on request', async () => {
      const job = await declared();
      const [one, other] = [newId<WorkspaceId>(), newId<WorkspaceId>()];
      const own = idOf(await here.queue.enqueue(job, { text: 'own' }, { workspaceId: one }));
      const foreign = idOf(await here.queue.enqueue(job, { text: 'foreign' }, { workspaceId: other }));
      const spanning = idOf(await here.queue.enqueue(job, { text: 'all' }));
      const seen = async (scope: JobScope) =>
        (await here.jobs.list(scope, { name: job.name }, undefined, 10)).map(({ id }) => id);
      expect(await seen({ workspaceId: one, includeSpanning: false })).toEqual([own]);
      expect(await seen({ workspaceId: one, includeSpanning: true })).toEqual([spanning, own]);
      const scope = { workspaceId: one, includeSpanning: false };
      for (const id of [foreign, spanning, newId()]) {
        for (const call of [here.jobs.get(scope, id), here.jobs.retry(scope, id), here.jobs.cancel(scope, id)])
          await expect(call).rejects.toMatchObject({ code: 'job-not-found' });
      }
      expect((await here.jobs.get({ workspaceId: other, includeSpanning: false }, foreign)).state).toBe('waiting');
      expect(await here.jobs.count(scope)).toEqual([
        expect.objectContaining({ name: job.name, states: expect.objectContaining({ waiting: 1, running: 0 }) }),
      ]);
    });

    it('pages from the newest to the oldest by id', async () => {
      const job = await declared();
      const workspaceId = newId<WorkspaceId>();
      const scope = { workspaceId, includeSpanning: false };
      const ids: string[] = [];
      for (let count = 0; count < 5; count++)
        ids.push(idOf(await here.queue.enqueue(job, { text: String(count) }, { workspaceId })));
      const first = await here.jobs.list(scope, {}, undefined, 3);
      const rest = await here.jobs.list(scope, { state: 'waiting' }, first.at(-1)?.id, 3);
      expect([...first, ...rest].map(({ id }) => id)).toEqual(ids.toReversed());
      expect(await here.jobs.list(scope, { state: 'running' }, undefined, 3)).toEqual([]);
    });

    it('retries a dead letter and a cancelled job, and no other', async () => {
      const job = await declared(testJob({ retryLimit: 0 }));
      const scope = everywhere(newId());
      const id = idOf(await here.queue.enqueue(job, { text: 'a' }));
      await expect(here.jobs.retry(scope, id)).rejects.toMatchObject({ code: 'job-not-retryable' });
      const taken = await here.store.claim(job.name);
      if (taken === undefined) throw new Error('nothing was taken');
      await here.store.fail(taken, { code: 'broken', message: 'It did not work.' });
      expect(await here.jobs.get(scope, id)).toMatchObject({ state: 'failed', attempts: 1, maxAttempts: 1 });
      expect(await here.jobs.retry(scope, id)).toMatchObject({
        state: 'retrying',
        failure: undefined,
        finishedAt: undefined,
      });
      expect((await here.store.claim(job.name))?.attempt).toBe(2);
      await here.jobs.cancel(scope, id);
      await expect(here.jobs.cancel(scope, id)).rejects.toMatchObject({ code: 'job-not-cancellable' });
      expect((await here.jobs.retry(scope, id)).state).toBe('retrying');
      await eventually(() => here.store.claim(job.name));
    });

    it('reports errors of the domain alone', async () => {
      await expect(here.jobs.get(everywhere(newId()), newId())).rejects.toBeInstanceOf(DomainError);
    });
  });
});
