import { Writable } from 'node:stream';
import type { DatabaseConfig, LogConfig, QueueConfig } from '#config';
import { newId, type WorkspaceId } from '#kernel';
import { findRequestContext, KeepsakeLogger } from '#observability';
import { metricsOfATest, NoTracer } from '#observability/testing';
import { eventually } from '#test/support/eventually.js';
import type { JobContext, JobDefinition, JobWork } from '../job.js';
import { JobCancellation, JobNotifier } from '../job-notifier.js';
import { JobMetrics } from '../job-metrics.js';
import { JobRegistry } from '../job-registry.js';
import { FakeJobStore } from '../testing/fake-job-store.js';
import { testJob, testTick, type TestPayload } from '../testing/job.factory.js';
import { JobScheduler } from './job-scheduler.js';
import { JobWorker } from './job-worker.js';

type Work = JobWork<TestPayload>;

/** Work that goes on until the test lets it end, or its signal says so. */
class HeldWork {
  running = 0;
  readonly ended: unknown[] = [];
  private readonly open: (() => void)[] = [];

  readonly handle: Work = async (_payload, { signal }) => {
    this.running++;
    try {
      await new Promise<void>((settle, fail) => {
        this.open.push(settle);
        signal.addEventListener('abort', () => fail(new Error('stopped in the middle')), { once: true });
      });
    } finally {
      this.running--;
      this.ended.push(signal.reason);
    }
  };

  release(): void {
    for (const settle of this.open.splice(0)) settle();
  }
}

const away = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });

describe('JobWorker', () => {
  let declared: JobDefinition<object>[];
  let registry: JobRegistry;
  let store: FakeJobStore;
  let wakeUp: JobNotifier;
  let cancellation: JobCancellation;
  let worker: JobWorker;
  let lines: string[];

  function build(config: Partial<QueueConfig> = {}): void {
    declared = [];
    registry = new JobRegistry(declared);
    store = new FakeJobStore();
    wakeUp = new JobNotifier();
    cancellation = new JobCancellation();
    lines = [];
    const log = new Writable({ write: (chunk, _, done) => (lines.push(String(chunk)), done()) });
    const queueConfig: QueueConfig = {
      workerEnabled: true,
      pollSeconds: 60,
      concurrency: 4,
      metricsPort: undefined,
      ...config,
    };
    worker = new JobWorker(
      registry,
      store,
      wakeUp,
      new JobScheduler(registry, store, wakeUp),
      cancellation,
      queueConfig,
      { url: undefined } as DatabaseConfig,
      new JobMetrics(metricsOfATest().metrics, store, registry),
      new NoTracer(),
      new KeepsakeLogger({ level: 'debug', format: 'json', slowRequestMs: 1_000 } satisfies LogConfig, log),
    );
  }

  async function handled(work: Work, overrides: Partial<JobDefinition<TestPayload>> = {}) {
    const job = testJob(overrides);
    declared.push(job);
    registry.register({ job, work });
    await store.prepare([job]);
    return job;
  }

  function enqueue(job: Pick<JobDefinition<TestPayload>, 'name'>, payload: unknown = { text: 'a' }): string {
    const id = store.add(job, payload);
    wakeUp.notify();
    return id;
  }

  beforeEach(() => build());
  afterEach(() => worker.stop(0));

  it('does not start while a declared job has no handler', async () => {
    declared.push(testJob({ name: 'orphan' }));
    await expect(worker.start()).rejects.toThrow('No handler for the jobs orphan');
  });

  it('does not start with a handler of a job that nobody declared', async () => {
    registry.register({ job: testJob({ name: 'stray' }), work: async () => undefined });
    await expect(worker.start()).rejects.toThrow('Handlers without a declared job: stray');
  });

  it('works in the name of the request that added the job, or in its own', async () => {
    const seen: (string | undefined)[] = [];
    const job = await handled(async () => void seen.push(findRequestContext()?.requestId));
    await worker.start();
    store.add(job, { text: 'a' }, { origin: { requestId: 'r-1' } });
    const id = enqueue(job);
    await eventually(() => seen.length === 2, { what: 'both jobs' });
    expect(seen).toEqual(['r-1', `job:${id}`]);
    await eventually(() => lines.filter((line) => line.includes('job completed')).length === 2, {
      what: 'their lines',
    });
    const reported = lines.filter((line) => line.includes('job completed')).map((line) => JSON.parse(line).requestId);
    expect(reported).toEqual(['r-1', `job:${id}`]);
  });

  it('writes down how far a job is now and then, the last step always, and what it resolved with', async () => {
    const reported = jest.spyOn(store, 'setProgress');
    const job = await handled(async (_payload, context) => {
      for (let done = 1; done <= 1_000; done++) await context.progress(done, 1_000);
      return { found: 7 };
    });
    await worker.start();
    const id = enqueue(job);
    await eventually(() => store.get(id).state === 'completed', { what: 'the job' });
    expect(store.get(id)).toMatchObject({ progress: { done: 1_000, total: 1_000 }, result: { found: 7 } });
    expect(reported.mock.calls[0]?.[1]).toEqual({ done: 1, total: 1_000 });
    expect(reported.mock.calls.length).toBeLessThan(50);
  });

  it('does a job as soon as it is woken, long before its next look', async () => {
    const seen: [TestPayload, Pick<JobContext, 'jobId' | 'attempt' | 'workspaceId'>][] = [];
    const job = await handled(async (payload, { jobId, attempt, workspaceId }) => {
      seen.push([payload, { jobId, attempt, workspaceId }]);
    });
    await worker.start();
    const workspaceId = newId<WorkspaceId>();
    const id = store.add(job, { text: 'soon' }, { workspaceId });
    wakeUp.notify();
    await eventually(() => store.get(id).state === 'completed', { timeoutMs: 2_000 });
    expect(seen).toEqual([[{ text: 'soon' }, { jobId: id, attempt: 1, workspaceId }]]);
  });

  it('takes up what the process before it left running', async () => {
    const job = await handled(async () => undefined);
    const id = store.add(job, { text: 'a' });
    await store.claim(job.name);
    await worker.start();
    await eventually(() => store.get(id).state === 'completed');
    expect(store.get(id).begun).toBe(2);
  });

  it('keeps the reason of a failure, and no stack', async () => {
    const job = await handled(() => Promise.reject(new Error('no such thing')), { retryLimit: 0 });
    await worker.start();
    const id = enqueue(job);
    await eventually(() => store.get(id).state === 'failed');
    expect(store.get(id).failure).toEqual({ code: 'error', message: 'no such thing' });
  });

  it('treats an error thrown before the first await like any other', async () => {
    const job = await handled(
      () => {
        throw new Error('at once');
      },
      { retryLimit: 0 },
    );
    await worker.start();
    const id = enqueue(job);
    await eventually(() => store.get(id).state === 'failed');
    expect(store.get(id).failure?.message).toBe('at once');
  });

  it('makes a job whose payload does not fit a dead letter at once', async () => {
    let calls = 0;
    const job = await handled(async () => void calls++);
    await worker.start();
    const id = enqueue(job, { text: 7 });
    await eventually(() => store.get(id).state === 'failed');
    expect(store.get(id).failure?.code).toBe('invalid-payload');
    expect(calls).toBe(0);
    expect(lines.join('')).not.toContain('"text"');
  });

  it('aborts an attempt at its time limit, even if it does not listen', async () => {
    const signals: AbortSignal[] = [];
    const job = await handled(
      (_, { signal }) => {
        signals.push(signal);
        return new Promise(() => undefined);
      },
      { retryLimit: 0, timeoutSeconds: 0.05 },
    );
    await worker.start();
    const id = enqueue(job);
    await eventually(() => store.get(id).state === 'failed');
    expect(store.get(id).failure?.code).toBe('timeout');
    expect(signals[0]?.aborted).toBe(true);
  });

  it('runs as many jobs at once as it may, of each name in turn', async () => {
    build({ concurrency: 2 });
    const [long, short] = [new HeldWork(), new HeldWork()];
    const longJob = await handled(long.handle);
    const shortJob = await handled(short.handle);
    for (let count = 0; count < 5; count++) store.add(longJob, { text: 'l' });
    store.add(shortJob, { text: 's' });
    await worker.start();
    await eventually(() => long.running === 1 && short.running === 1);
    short.release();
    await eventually(() => long.running === 2);
    expect(store.jobs.filter(({ state }) => state === 'running')).toHaveLength(2);
    await eventually(() => {
      long.release();
      return store.jobs.every(({ state }) => state === 'completed');
    });
  });

  it('stops a job that is cancelled in this process at once', async () => {
    const work = new HeldWork();
    const job = await handled(work.handle);
    await worker.start();
    const id = enqueue(job);
    await eventually(() => work.running === 1);
    store.get(id).state = 'cancelled';
    cancellation.notify(id);
    await eventually(() => work.ended.length === 1);
    expect(store.get(id).state).toBe('cancelled');
  });

  it('stops a job that was cancelled elsewhere at its next look', async () => {
    const work = new HeldWork();
    const job = await handled(work.handle);
    await worker.start();
    const id = enqueue(job);
    await eventually(() => work.running === 1);
    store.get(id).state = 'cancelled';
    wakeUp.notify();
    await eventually(() => work.ended.length === 1);
  });

  it('waits for running jobs when it stops, and takes nothing new', async () => {
    const work = new HeldWork();
    const job = await handled(work.handle);
    await worker.start();
    const running = enqueue(job);
    await eventually(() => work.running === 1);
    const stopped = worker.stop(60_000);
    const late = enqueue(job);
    work.release();
    await stopped;
    expect(store.get(running).state).toBe('completed');
    expect(store.get(late).state).toBe('waiting');
  });

  it('gives back what is unfinished when the time to stop is over, and does not count the attempt', async () => {
    const work = new HeldWork();
    const job = await handled(work.handle);
    await worker.start();
    const id = enqueue(job);
    await eventually(() => work.running === 1);
    await worker.stop(0);
    expect(store.get(id)).toMatchObject({ state: 'retrying', begun: 0 });
    expect(work.ended).toEqual([expect.objectContaining({ why: 'stopping' })]);
  });

  it('T45 outlives a database that goes away, and stores the outcome when it is back', async () => {
    build({ pollSeconds: 1 });
    const work = new HeldWork();
    const job = await handled(work.handle);
    await worker.start();
    const id = enqueue(job);
    await eventually(() => work.running === 1);
    store.outage = away;
    work.release();
    wakeUp.notify();
    await eventually(() => lines.some((line) => line.includes('the database is unavailable')));
    expect(store.get(id).state).toBe('running');
    store.outage = undefined;
    await eventually(() => store.get(id).state === 'completed');
    await eventually(() => lines.some((line) => line.includes('the database is back')));
  });

  it('does the job of a schedule once in each period', async () => {
    const job = testTick();
    let runs = 0;
    declared.push(job);
    registry.register({ job, work: async () => void runs++, everySeconds: 1 });
    await store.prepare(registry.declared);
    await worker.start();
    await eventually(() => runs >= 3);
    const periods = store.jobs.map(({ period }) => period);
    expect(new Set(periods).size).toBe(periods.length);
  });
});
