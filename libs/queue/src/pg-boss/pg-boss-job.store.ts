import { Injectable } from '@nestjs/common';
import PgBoss from 'pg-boss';
import { Database } from '#database';
import { newId } from '#kernel';
import type { JobDefinition, JobResult, ScheduleDefinition } from '../job.js';
import type { JobDepth, JobFailure, JobProgress } from '../job-record.js';
import { JobStore, type ClaimedJob } from '../job-store.js';
import { DUE_AT_ONCE, type JobData } from './pg-boss-job-queue.js';
import { stateOfRow } from './pg-boss-job.repository.js';

/** Any number, the same in every release: it names the lock of queue making among advisory locks. */
const PREPARE_LOCK = 7_236_412;
/** A worker gives an attempt up by itself; only after this much more is it taken for dead. */
const EXPIRY_GRACE_SECONDS = 15;
/** pg-boss forgets jobs that wait longer than this. Nothing that was promised is forgotten: ten years. */
const RETENTION_MINUTES = 10 * 365 * 24 * 60;
/** The key of a schedule's jobs: one waits at a time. */
const TICK = 'tick';

@Injectable()
export class PgBossJobStore extends JobStore {
  constructor(
    private readonly boss: PgBoss,
    private readonly database: Database,
  ) {
    super();
  }

  async prepare(definitions: readonly JobDefinition<object>[]): Promise<void> {
    // Starts nothing; refuses tables that another version of pg-boss made.
    await this.boss.start();
    if ((await this.findOutdated(definitions)).length === 0) return;
    // Two processes that make partitions at once would deadlock on pg-boss's list of queues.
    await this.database.run(
      async () => {
        await this.database.query('SELECT pg_advisory_xact_lock($1)', [PREPARE_LOCK]);
        for (const { name, settings, exists } of await this.findOutdated(definitions)) {
          if (exists) await this.boss.updateQueue(name, settings);
          else await this.boss.createQueue(name, settings);
        }
      },
      { retries: 3 },
    );
  }

  async findDue(names: readonly string[]): Promise<string[]> {
    const rows = await this.database.query<{ name: string }>(
      `SELECT due.name FROM unnest($1::text[]) AS due (name)
       WHERE EXISTS (SELECT FROM pgboss.job WHERE job.name = due.name AND job.state < 'active' AND job.start_after < now())`,
      [names],
    );
    return rows.map(({ name }) => name);
  }

  async claim(name: string): Promise<ClaimedJob | undefined> {
    // pg-boss hides what goes wrong in `fetch`; the loop must know.
    let failure: { error: unknown } | undefined;
    const db = {
      executeSql: async (text: string, values: unknown[]) => {
        try {
          return { rows: await this.database.query(text, values) };
        } catch (error) {
          failure = { error };
          throw error;
        }
      },
    };
    const [job] = await this.boss.fetch<JobData>(name, { includeMetadata: true, db });
    if (failure !== undefined) throw failure.error;
    if (job === undefined) return undefined;
    return {
      id: job.id,
      name,
      workspaceId: job.data.workspaceId,
      payload: job.data.payload,
      attempt: job.retryCount + 1,
      origin: job.data.origin,
    };
  }

  async complete(job: ClaimedJob, result?: JobResult): Promise<void> {
    await this.boss.complete(job.name, job.id, result);
  }

  async fail(job: ClaimedJob, failure: JobFailure, { final = false } = {}): Promise<void> {
    await this.database.run(async () => {
      // pg-boss would also fail a job that waits again, or that another process runs by now.
      if ((await this.findRevoked([job])).length > 0) return;
      if (final)
        await this.database.query('UPDATE pgboss.job SET retry_limit = retry_count WHERE name = $1 AND id = $2', [
          job.name,
          job.id,
        ]);
      await this.boss.fail(job.name, job.id, failure);
    });
  }

  async release(job: ClaimedJob): Promise<void> {
    // Without a time of its start, the next attempt is not counted as another one.
    await this.database.query(
      `UPDATE pgboss.job SET state = 'retry', started_on = NULL, start_after = now() + $3::interval
       WHERE name = $1 AND id = $2 AND state = 'active' AND retry_count + 1 = $4`,
      [job.name, job.id, DUE_AT_ONCE, job.attempt],
    );
  }

  async recoverAbandoned(): Promise<void> {
    await this.database.query(
      `UPDATE pgboss.job SET
         state = (CASE WHEN retry_count < retry_limit THEN 'retry' ELSE 'failed' END)::pgboss.job_state,
         completed_on = CASE WHEN retry_count < retry_limit THEN NULL ELSE now() END,
         start_after = now() + $1::interval,
         output = $2::jsonb
       WHERE state = 'active'`,
      [
        DUE_AT_ONCE,
        JSON.stringify({ code: 'worker-died', message: 'The process ended in the middle.' } satisfies JobFailure),
      ],
    );
  }

  async setProgress(job: ClaimedJob, progress: JobProgress): Promise<void> {
    await this.database.query(
      `UPDATE pgboss.job SET data = jsonb_set(data, '{progress}', $3::jsonb)
       WHERE name = $1 AND id = $2 AND state = 'active' AND retry_count + 1 = $4`,
      [job.name, job.id, JSON.stringify(progress), job.attempt],
    );
  }

  async findRevoked(jobs: readonly ClaimedJob[]): Promise<ClaimedJob[]> {
    if (jobs.length === 0) return [];
    const held = await this.database.query<{ id: string; attempt: number }>(
      `SELECT id, retry_count + 1 AS attempt FROM pgboss.job
       WHERE name = ANY($1::text[]) AND id = ANY($2::uuid[]) AND state = 'active'`,
      [jobs.map(({ name }) => name), jobs.map(({ id }) => id)],
    );
    return jobs.filter((job) => !held.some(({ id, attempt }) => id === job.id && attempt === job.attempt));
  }

  async tick({ job, everySeconds }: ScheduleDefinition): Promise<{ added: boolean; nextInMs: number }> {
    const data: JobData = { payload: {} };
    // One row for each period: pg-boss numbers the periods by the database's clock.
    const id = await this.boss.send(job.name, data, {
      id: newId(),
      startAfter: DUE_AT_ONCE,
      singletonKey: TICK,
      singletonSeconds: everySeconds,
    });
    const [clock] = await this.database.query<{ now_ms: number }>(
      'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now_ms',
    );
    const periodMs = everySeconds * 1000;
    return { added: id !== null, nextInMs: periodMs - ((clock?.now_ms ?? 0) % periodMs) };
  }

  async maintain(schedules: readonly ScheduleDefinition[]): Promise<void> {
    await this.boss.maintain();
    // Runs of schedules are many and alike. A row must outlive its period, or the period would have a second one.
    await this.database.query(
      `DELETE FROM pgboss.job USING unnest($1::text[], $2::int[]) AS schedule (name, every_seconds)
       WHERE job.name = schedule.name AND job.singleton_on IS NOT NULL AND job.state > 'active'
         AND job.completed_on < now() - CASE WHEN job.state = 'completed' THEN interval '1 hour' ELSE interval '1 day' END
         AND job.singleton_on AT TIME ZONE 'UTC' < now() - 2 * schedule.every_seconds * interval '1 second'`,
      [schedules.map(({ job }) => job.name), schedules.map(({ everySeconds }) => everySeconds)],
    );
  }

  async oldestDueSeconds(): Promise<number> {
    const [row] = await this.database.query<{ seconds: number }>(
      `SELECT COALESCE(extract(epoch FROM now() - min(start_after)), 0)::float8 AS seconds
       FROM pgboss.job WHERE state < 'active' AND start_after < now()`,
    );
    return row?.seconds ?? 0;
  }

  async depth(): Promise<JobDepth[]> {
    const rows = await this.database.query<{ name: string; state: keyof typeof stateOfRow; jobs: number }>(
      `SELECT name, state, count(*)::int AS jobs FROM pgboss.job
       WHERE state IN ('created', 'retry', 'active', 'failed') GROUP BY name, state`,
    );
    return rows.map(({ name, state, jobs }) => ({ name, state: stateOfRow[state] as JobDepth['state'], jobs }));
  }

  private async findOutdated(definitions: readonly JobDefinition<object>[]) {
    const queues = new Map((await this.boss.getQueues()).map((queue) => [queue.name, queue]));
    return definitions
      .map(({ name, retryLimit, retryDelaySeconds, timeoutSeconds }) => {
        const settings = {
          name,
          // One job of a key waits; the others that wait have keys of their own.
          policy: 'short',
          retryLimit,
          retryDelay: retryDelaySeconds,
          retryBackoff: true,
          expireInSeconds: timeoutSeconds + EXPIRY_GRACE_SECONDS,
          retentionMinutes: RETENTION_MINUTES,
        } as const;
        const queue = queues.get(name);
        const isCurrent =
          queue !== undefined &&
          Object.entries(settings).every(([key, value]) => queue[key as keyof typeof queue] === value);
        return { name, settings, exists: queue !== undefined, isCurrent };
      })
      .filter(({ isCurrent }) => !isCurrent);
  }
}
