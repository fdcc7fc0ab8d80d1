import { newId, type WorkspaceId } from '#kernel';
import type { JobDefinition, JobResult, ScheduleDefinition } from '../job.js';
import type { JobOrigin } from '../job-queue.js';
import { type JobDepth, type JobFailure, type JobProgress, type JobState, openStates } from '../job-record.js';
import { JobStore, type ClaimedJob } from '../job-store.js';

interface FakeJob {
  readonly id: string;
  readonly name: string;
  readonly workspaceId: WorkspaceId | undefined;
  readonly payload: unknown;
  readonly origin: JobOrigin | undefined;
  state: JobState;
  dueMs: number;
  begun: number;
  progress: JobProgress | undefined;
  failure: JobFailure | undefined;
  result: JobResult | undefined;
  period: number | undefined;
}

const isDue = (job: FakeJob) => (job.state === 'waiting' || job.state === 'retrying') && job.dueMs <= Date.now();

/** Jobs in memory, of one process. */
export class FakeJobStore extends JobStore {
  readonly jobs: FakeJob[] = [];
  /** While set, every call fails with it, as if the database were away. */
  outage: Error | undefined;
  private readonly definitions = new Map<string, JobDefinition<object>>();

  add(
    job: Pick<JobDefinition<object>, 'name'>,
    payload: unknown,
    options: { workspaceId?: WorkspaceId; runAt?: Date; period?: number; origin?: JobOrigin } = {},
  ): string {
    const { workspaceId, runAt, period, origin } = options;
    const dueMs = runAt?.getTime() ?? 0;
    const id = newId();
    this.jobs.push({
      id,
      name: job.name,
      workspaceId,
      payload,
      origin,
      period,
      dueMs,
      state: 'waiting',
      begun: 0,
      progress: undefined,
      failure: undefined,
      result: undefined,
    });
    return id;
  }

  get(id: string): FakeJob {
    const job = this.jobs.find((one) => one.id === id);
    if (job === undefined) throw new Error(`There is no job ${id}.`);
    return job;
  }

  async prepare(definitions: readonly JobDefinition<object>[]): Promise<void> {
    this.failInOutage();
    for (const definition of definitions) this.definitions.set(definition.name, definition);
  }

  async findDue(names: readonly string[]): Promise<string[]> {
    this.failInOutage();
    return names.filter((name) => this.jobs.some((job) => job.name === name && isDue(job)));
  }

  async claim(name: string): Promise<ClaimedJob | undefined> {
    this.failInOutage();
    const job = this.jobs.find((one) => one.name === name && isDue(one));
    if (job === undefined) return undefined;
    job.state = 'running';
    job.begun++;
    return {
      id: job.id,
      name,
      workspaceId: job.workspaceId,
      payload: job.payload,
      attempt: job.begun,
      origin: job.origin,
    };
  }

  async complete(taken: ClaimedJob, result?: JobResult): Promise<void> {
    this.failInOutage();
    const job = this.findHeld(taken);
    if (job === undefined) return;
    Object.assign(job, { state: 'completed', failure: undefined, result });
  }

  async fail(taken: ClaimedJob, failure: JobFailure, { final = false } = {}): Promise<void> {
    this.failInOutage();
    const job = this.findHeld(taken);
    if (job !== undefined) this.endAttempt(job, failure, final);
  }

  async release(taken: ClaimedJob): Promise<void> {
    this.failInOutage();
    const job = this.findHeld(taken);
    if (job === undefined) return;
    job.state = 'retrying';
    job.begun--;
    job.dueMs = 0;
  }

  async recoverAbandoned(): Promise<void> {
    this.failInOutage();
    for (const job of this.jobs.filter(({ state }) => state === 'running')) {
      this.endAttempt(job, { code: 'worker-died', message: 'The process ended in the middle.' }, false);
      job.dueMs = 0;
    }
  }

  async setProgress(taken: ClaimedJob, progress: JobProgress): Promise<void> {
    this.failInOutage();
    const job = this.findHeld(taken);
    if (job !== undefined) job.progress = progress;
  }

  async findRevoked(jobs: readonly ClaimedJob[]): Promise<ClaimedJob[]> {
    this.failInOutage();
    return jobs.filter((job) => this.findHeld(job) === undefined);
  }

  async tick({ job, everySeconds }: ScheduleDefinition): Promise<{ added: boolean; nextInMs: number }> {
    this.failInOutage();
    const periodMs = everySeconds * 1000;
    const period = Math.floor(Date.now() / periodMs);
    const added = !this.jobs.some((one) => one.name === job.name && one.period === period);
    if (added) this.add(job, {}, { period });
    return { added, nextInMs: periodMs - (Date.now() % periodMs) };
  }

  async maintain(): Promise<void> {
    this.failInOutage();
  }

  async oldestDueSeconds(): Promise<number> {
    this.failInOutage();
    const due = this.jobs.filter(isDue).map(({ dueMs }) => Date.now() - dueMs);
    return due.length === 0 ? 0 : Math.max(...due) / 1000;
  }

  async depth(): Promise<JobDepth[]> {
    this.failInOutage();
    const names = [...new Set(this.jobs.map(({ name }) => name))];
    return names
      .flatMap((name) =>
        openStates.map((state) => ({
          name,
          state,
          jobs: this.jobs.filter((job) => job.name === name && job.state === state).length,
        })),
      )
      .filter(({ jobs }) => jobs > 0);
  }

  private endAttempt(job: FakeJob, failure: JobFailure, final: boolean): void {
    const { retryLimit = 0, retryDelaySeconds = 1 } = this.definitions.get(job.name) ?? {};
    job.failure = failure;
    job.state = final || job.begun > retryLimit ? 'failed' : 'retrying';
    job.dueMs = Date.now() + retryDelaySeconds * 1000 * 2 ** (job.begun - 1);
  }

  private findHeld(taken: ClaimedJob): FakeJob | undefined {
    return this.jobs.find(({ id, state, begun }) => id === taken.id && state === 'running' && begun === taken.attempt);
  }

  private failInOutage(): void {
    if (this.outage !== undefined) throw this.outage;
  }
}
