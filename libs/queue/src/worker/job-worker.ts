import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { DatabaseConfig, QueueConfig } from '#config';
import { isDatabaseUnavailable } from '#database';
import { DomainError, messageOf } from '#kernel';
import { findRequestContext, KeepsakeLogger, runInRequestContext, Tracer } from '#observability';
import type { JobContext, JobDefinition, JobResult } from '../job.js';
import type { JobFailure } from '../job-record.js';
import { JobCancellation, JobNotifier } from '../job-notifier.js';
import { JobMetrics, type JobOutcome } from '../job-metrics.js';
import { type JobHandler, JobRegistry } from '../job-registry.js';
import { JobStore, type ClaimedJob } from '../job-store.js';
import { AttemptEndedError, RunningJob } from './running-job.js';
import { JobScheduler } from './job-scheduler.js';

/** What is kept free at the end of the time to stop, so that unfinished jobs can still be given back. */
const GIVE_BACK_MS = 1_000;
/** How soon the outcome of a job is reported again to a database that was away. */
const RETRY_OUTCOME_MS = 500;
/** A handler may report every step; more than this is of no use to whoever looks. */
const PROGRESS_EVERY_MS = 200;
const MAX_MESSAGE_LENGTH = 1_000;

/**
 * Does the jobs of this process: as many at once as `WORKER_CONCURRENCY` says, of each name in turn. It looks for work
 * when it is woken and every `WORKER_POLL_SECONDS`, and outlives a database that goes away.
 *
 * A job runs at least once: its outcome is stored after the work, so a process that dies in between leaves a job that
 * is done again.
 */
@Injectable()
export class JobWorker implements BeforeApplicationShutdown {
  private readonly logger;
  private readonly pollMs: number;
  private readonly running = new Map<RunningJob, Promise<void>>();
  private scheduled: ReadonlySet<string> = new Set();
  private handlers: ReadonlyMap<string, JobHandler> = new Map();
  private stopping = false;
  private looping: Promise<void> | undefined;
  private databaseUnavailable = false;

  constructor(
    private readonly registry: JobRegistry,
    private readonly store: JobStore,
    private readonly wakeUp: JobNotifier,
    private readonly scheduler: JobScheduler,
    private readonly cancellation: JobCancellation,
    private readonly config: QueueConfig,
    private readonly databaseConfig: DatabaseConfig,
    private readonly metrics: JobMetrics,
    private readonly tracer: Tracer,
    logger: KeepsakeLogger,
  ) {
    this.logger = logger.channel('jobs');
    this.pollMs = config.pollSeconds * 1000;
  }

  /** @throws Error where a declared job has no handler. */
  async start(): Promise<void> {
    this.handlers = this.registry.requireHandlers();
    this.scheduled = new Set(this.registry.schedules.map(({ job }) => job.name));
    if (this.databaseConfig.url === undefined) await this.store.recoverAbandoned();
    this.cancellation.listen((id) => this.cancel(id));
    this.scheduler.start();
    this.looping = this.loop();
  }

  /**
   * Takes nothing new and waits for what runs, for at most `timeoutMs`; what is unfinished then is aborted and given
   * back, so that another process (or the next start) does it at once.
   */
  async stop(timeoutMs: number): Promise<void> {
    if (this.looping === undefined) return;
    this.stopping = true;
    this.scheduler.stop();
    this.wakeUp.notify();
    const giveUp = setTimeout(() => this.endAll(), Math.max(0, timeoutMs - GIVE_BACK_MS));
    await this.looping;
    await Promise.all(this.running.values());
    clearTimeout(giveUp);
    this.looping = undefined;
  }

  /** An application that closes without having stopped its work (a start that failed half-way) gives everything back at once. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.stop(0);
  }

  private endAll(): void {
    for (const running of this.running.keys()) running.end('stopping');
  }

  private async loop(): Promise<void> {
    while (!this.stopping) {
      try {
        await this.endLost();
        await this.claimDue();
        this.reportDatabase('back');
      } catch (error) {
        if (isDatabaseUnavailable(error)) this.reportDatabase('away');
        else this.logger.error({ err: error }, 'looking for jobs failed');
      }
      if (!this.stopping) await this.wakeUp.wait(this.pollMs);
    }
  }

  /** Takes due jobs until there are none, or as many run as may. Names take turns, so a long queue does not starve others. */
  private async claimDue(): Promise<void> {
    while (!this.stopping && this.running.size < this.config.concurrency) {
      const due = await this.store.findDue([...this.handlers.keys()]);
      let taken = 0;
      for (const name of due) {
        if (this.stopping || this.running.size >= this.config.concurrency) return;
        const handler = this.handlers.get(name);
        const job = handler && (await this.store.claim(name));
        if (handler === undefined || job === undefined) continue;
        this.run(handler, job);
        taken++;
      }
      if (taken === 0) return;
    }
  }

  private run(handler: JobHandler, job: ClaimedJob): void {
    const running = new RunningJob(job, handler.job.timeoutSeconds * 1000);
    const attributes = { 'keepsake.job': job.name, 'keepsake.job.id': job.id, 'keepsake.job.attempt': job.attempt };
    const trace = this.tracer.start(`job ${job.name}`, 'consumer', attributes, job.origin);
    const context = { requestId: job.origin?.requestId ?? `job:${job.id}`, trace };
    const done = runInRequestContext(context, () => this.attempt(handler, running)).finally(() => {
      trace?.end();
      this.running.delete(running);
      this.wakeUp.notify();
    });
    this.running.set(running, done);
  }

  /** Never rejects: whatever happens is the job's outcome. */
  private async attempt(handler: JobHandler, running: RunningJob): Promise<void> {
    const { job, signal } = running;
    const startedAt = performance.now();
    const report = (outcome: JobOutcome, more: object = {}) => {
      const durationMs = performance.now() - startedAt;
      this.metrics.ended(job.name, outcome, durationMs);
      findRequestContext()?.trace?.set({ 'keepsake.job.outcome': outcome });
      this.logger[levelOf(outcome, this.scheduled.has(job.name))](
        { job: job.name, jobId: job.id, attempt: job.attempt, durationMs: Math.round(durationMs), ...more },
        `job ${outcome}`,
      );
    };
    const payload = handler.job.payload.safeParse(job.payload);
    if (!payload.success) {
      const failure = { code: 'invalid-payload', message: 'The stored payload does not fit the job.' };
      report('dead', { failure });
      return this.settle(running, () => this.store.fail(job, failure, { final: true }));
    }
    let result: JobResult | void;
    try {
      const { id: jobId, workspaceId, attempt } = job;
      const progress = this.progressOf(job);
      // An error that is thrown before the first await is an outcome like any other.
      const work = Promise.resolve().then(() =>
        handler.work(payload.data, { jobId, workspaceId, attempt, signal, progress }),
      );
      result = await running.finish(work);
    } catch (error) {
      return this.settleFailure(handler.job, running, error, report);
    }
    report('completed');
    await this.settle(running, () => this.store.complete(job, result ?? undefined));
  }

  /** The last step is always written down, others where the last writing is long enough ago. */
  private progressOf(job: ClaimedJob): JobContext['progress'] {
    let reportedAtMs = Number.NEGATIVE_INFINITY;
    return async (done, total) => {
      const nowMs = performance.now();
      if (done < total && nowMs - reportedAtMs < PROGRESS_EVERY_MS) return;
      reportedAtMs = nowMs;
      await this.store.setProgress(job, { done, total });
    };
  }

  private settleFailure(
    definition: JobDefinition<object>,
    running: RunningJob,
    error: unknown,
    report: (outcome: JobOutcome, more?: object) => void,
  ): Promise<void> {
    const { job } = running;
    const why = error instanceof AttemptEndedError ? error.why : undefined;
    if (why === 'cancelled') {
      report('cancelled');
      return Promise.resolve();
    }
    if (why === 'stopping') {
      report('given back');
      return this.settle(running, () => this.store.release(job));
    }
    report(job.attempt > definition.retryLimit ? 'dead' : 'failed', { err: error });
    return this.settle(running, () => this.store.fail(job, failureOf(error)));
  }

  /** Stores an outcome, again and again while the database is away, until the process has to stop. */
  private async settle(running: RunningJob, store: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        return await store();
      } catch (error) {
        const { name, id } = running.job;
        if (!isDatabaseUnavailable(error) || this.stopping) {
          this.logger.error(
            { err: error, job: name, jobId: id },
            'the outcome of a job could not be stored: it will run again',
          );
          return;
        }
        await new Promise((settle) => setTimeout(settle, RETRY_OUTCOME_MS));
      }
    }
  }

  /** Ends the attempts of jobs that were cancelled in another process. */
  private async endLost(): Promise<void> {
    const running = [...this.running.keys()];
    const lost = new Set(await this.store.findRevoked(running.map(({ job }) => job)));
    // A job that has settled meanwhile is not lost, only done.
    for (const one of running) if (lost.has(one.job) && this.running.has(one)) one.end('cancelled');
  }

  private cancel(id: string): void {
    for (const running of this.running.keys()) if (running.job.id === id) running.end('cancelled');
  }

  private reportDatabase(now: 'away' | 'back'): void {
    if ((now === 'away') === this.databaseUnavailable) return;
    this.databaseUnavailable = now === 'away';
    if (this.databaseUnavailable) this.logger.warn('the database is unavailable: jobs wait');
    else this.logger.info('the database is back');
  }
}

/** Schedules that run every second would fill the log with nothing. */
function levelOf(outcome: JobOutcome, isScheduled: boolean): 'debug' | 'info' | 'warn' {
  if (outcome !== 'completed') return 'warn';
  return isScheduled ? 'debug' : 'info';
}

function failureOf(error: unknown): JobFailure {
  if (error instanceof AttemptEndedError) return { code: error.why, message: error.message };
  if (error instanceof DomainError) return { code: error.code, message: error.detail.slice(0, MAX_MESSAGE_LENGTH) };
  const message = messageOf(error);
  return { code: 'error', message: message.slice(0, MAX_MESSAGE_LENGTH) };
}
