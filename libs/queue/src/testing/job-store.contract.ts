import { newId, type WorkspaceId } from '#kernel';
import { eventually } from '#test/support/eventually.js';
import type { JobDefinition, JobResult } from '../job.js';
import type { JobFailure, JobProgress, JobState } from '../job-record.js';
import type { JobStore, ClaimedJob } from '../job-store.js';
import { testJob, testTick } from './job.factory.js';

/** What the contract needs besides the store itself. */
interface JobStoreUnderTest {
  readonly store: JobStore;
  readonly add: (
    job: JobDefinition<object>,
    payload: object,
    options?: { workspaceId?: WorkspaceId; runAt?: Date },
  ) => Promise<string>;
  readonly look: (id: string) => Promise<{
    state: JobState;
    progress: JobProgress | undefined;
    failure: JobFailure | undefined;
    result: JobResult | undefined;
  }>;
  /** As an administrator would. */
  readonly cancel: (id: string) => Promise<void>;
}

const failure: JobFailure = { code: 'broken', message: 'It did not work.' };

/** What workers rely on, whatever keeps the jobs. */
export function describeJobStore(open: () => JobStoreUnderTest): void {
  const prepared = async (job: JobDefinition<object> = testJob()) => {
    await open().store.prepare([job]);
    return job;
  };
  const taken = async (name: string): Promise<ClaimedJob> => {
    const job = await open().store.claim(name);
    if (job === undefined) throw new Error(`${name} has no due job.`);
    return job;
  };

  it('hands a job to exactly one of many workers', async () => {
    const { store, add } = open();
    const job = await prepared();
    const ids = [await add(job, { text: 'a' }), await add(job, { text: 'b' }), await add(job, { text: 'c' })];
    const jobs = await Promise.all(Array.from({ length: 12 }, () => store.claim(job.name)));
    expect(jobs.flatMap((one) => one?.id ?? []).sort()).toEqual([...ids].sort());
    expect(await store.claim(job.name)).toBeUndefined();
  });

  it('keeps the payload and the workspace of a job', async () => {
    const { add } = open();
    const job = await prepared();
    const workspaceId = newId<WorkspaceId>();
    const payload = { text: 'Grüße \u{1F9E0} "quoted" \\ ❌' };
    const id = await add(job, payload, { workspaceId });
    expect(await taken(job.name)).toEqual({ id, name: job.name, workspaceId, payload, attempt: 1, origin: undefined });
  });

  it('reports which names have a job due now', async () => {
    const { store, add } = open();
    const [due, later, idle] = [await prepared(), await prepared(), await prepared()];
    await add(due, { text: 'now' });
    await add(later, { text: 'in an hour' }, { runAt: new Date(Date.now() + 3_600_000) });
    expect(await store.findDue([due.name, later.name, idle.name])).toEqual([due.name]);
    expect(await store.claim(later.name)).toBeUndefined();
  });

  it('retries a failed job later, and keeps it as failed after the last attempt', async () => {
    const { store, add, look } = open();
    const job = await prepared(testJob({ retryLimit: 1 }));
    const id = await add(job, { text: 'a' });
    await store.fail(await taken(job.name), failure);
    expect(await look(id)).toMatchObject({ state: 'retrying', failure });
    expect(await store.claim(job.name)).toBeUndefined();
    const second = await eventually(() => store.claim(job.name), { what: 'the second attempt' });
    expect(second.attempt).toBe(2);
    await store.fail(second, failure);
    expect(await look(id)).toMatchObject({ state: 'failed', failure });
  });

  it('does not retry what can not succeed', async () => {
    const { store, add, look } = open();
    const job = await prepared();
    const id = await add(job, { text: 'a' });
    await store.fail(await taken(job.name), failure, { final: true });
    expect(await look(id)).toMatchObject({ state: 'failed', failure });
  });

  it('has a job that was given back due at once, without counting the attempt', async () => {
    const { store, add, look } = open();
    const job = await prepared();
    const id = await add(job, { text: 'a' });
    await store.release(await taken(job.name));
    expect((await look(id)).state).toBe('retrying');
    const again = await taken(job.name);
    expect(again.attempt).toBe(1);
    await store.complete(again);
    expect((await look(id)).state).toBe('completed');
  });

  it('leaves a cancelled job alone, whatever its worker still says', async () => {
    const { store, add, look, cancel } = open();
    const job = await prepared();
    const id = await add(job, { text: 'a' });
    const held = await taken(job.name);
    expect(await store.findRevoked([held])).toEqual([]);
    await cancel(id);
    expect(await store.findRevoked([held])).toEqual([held]);
    await store.complete(held);
    await store.fail(held, failure);
    await store.release(held);
    expect((await look(id)).state).toBe('cancelled');
  });

  it('counts what waits, runs, is tried again and is dead', async () => {
    const { store, add, cancel } = open();
    const [job, hopeless] = [await prepared(testJob({ retryDelaySeconds: 60 })), await prepared()];
    for (const text of ['a', 'b', 'c']) await add(job, { text });
    await cancel(await add(job, { text: 'd' }));
    await store.fail(await taken(job.name), failure);
    await taken(job.name);
    await add(hopeless, { text: 'e' });
    await store.fail(await taken(hopeless.name), failure, { final: true });
    await add(hopeless, { text: 'f' });
    await store.complete(await taken(hopeless.name));
    const own = (await store.depth()).filter(({ name }) => name === job.name || name === hopeless.name);
    const counted = own.map(({ name, state, jobs }) => [name === job.name ? 'job' : 'hopeless', state, jobs].join(' '));
    expect(counted.toSorted()).toEqual(['hopeless failed 1', 'job retrying 1', 'job running 1', 'job waiting 1']);
  });

  it('reports how far a running job is', async () => {
    const { store, add, look } = open();
    const job = await prepared();
    const id = await add(job, { text: 'a' });
    const held = await taken(job.name);
    expect((await look(id)).progress).toBeUndefined();
    await store.setProgress(held, { done: 1, total: 4 });
    expect((await look(id)).progress).toEqual({ done: 1, total: 4 });
    await store.setProgress({ ...held, attempt: 2 }, { done: 3, total: 4 });
    expect((await look(id)).progress).toEqual({ done: 1, total: 4 });
  });

  it('keeps what a job resolved with, instead of why an attempt before failed', async () => {
    const { store, add, look } = open();
    const job = await prepared();
    const [id, silent] = [await add(job, { text: 'a' }), await add(job, { text: 'b' })];
    await store.fail(await taken(job.name), failure);
    await store.complete(await taken(job.name));
    expect(await look(silent)).toMatchObject({ state: 'completed', failure: undefined, result: undefined });
    const again = await eventually(() => store.claim(job.name), { what: 'the second attempt' });
    await store.complete(again, { found: 2, names: ['x', 'y'] });
    expect(await look(id)).toMatchObject({
      state: 'completed',
      failure: undefined,
      result: { found: 2, names: ['x', 'y'] },
    });
  });

  it('adds one job in each period of a schedule, however many workers try', async () => {
    const { store } = open();
    const job = testTick();
    await prepared(job);
    const ticks = await Promise.all(Array.from({ length: 8 }, () => store.tick({ job, everySeconds: 3600 })));
    expect(ticks.filter(({ added }) => added)).toHaveLength(1);
    for (const { nextInMs } of ticks) {
      expect(nextInMs).toBeGreaterThan(0);
      expect(nextInMs).toBeLessThanOrEqual(3_600_000);
    }
    await store.complete(await taken(job.name));
    expect((await store.tick({ job, everySeconds: 3600 })).added).toBe(false);
  });

  it('begins a new period of a second with a new job', async () => {
    const { store } = open();
    const job = testTick();
    await prepared(job);
    await store.tick({ job, everySeconds: 1 });
    await store.complete(await taken(job.name));
    await eventually(async () => (await store.tick({ job, everySeconds: 1 })).added, { what: 'the next period' });
  });

  it('takes up what a dead process has left, and counts that attempt', async () => {
    const { store, add, look } = open();
    const job = await prepared(testJob({ retryLimit: 1 }));
    const id = await add(job, { text: 'a' });
    await taken(job.name);
    await store.recoverAbandoned();
    expect((await taken(job.name)).attempt).toBe(2);
    await store.recoverAbandoned();
    expect(await look(id)).toMatchObject({ state: 'failed', failure: { code: 'worker-died' } });
  });
}
