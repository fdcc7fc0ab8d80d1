import { Injectable } from '@nestjs/common';
import PgBoss from 'pg-boss';
import { Database } from '#database';
import type { JobResult } from '../job.js';
import { type JobCounts, type JobFailure, type JobRecord, type JobState, jobStates } from '../job-record.js';
import { type JobFilter, type JobScope } from '../job-store.js';
import { DUE_AT_ONCE, type JobData } from './pg-boss-job-queue.js';

type RowState = 'created' | 'retry' | 'active' | 'completed' | 'cancelled' | 'failed';

export const stateOfRow = {
  created: 'waiting',
  retry: 'retrying',
  active: 'running',
  completed: 'completed',
  failed: 'failed',
  cancelled: 'cancelled',
} as const satisfies Record<RowState, JobState>;

const rowStateOf = Object.fromEntries(Object.entries(stateOfRow).map(([row, state]) => [state, row])) as Record<
  JobState,
  RowState
>;

interface Row {
  readonly id: string;
  readonly name: string;
  readonly state: RowState;
  readonly data: JobData;
  readonly output: unknown;
  readonly retry_count: number;
  readonly retry_limit: number;
  readonly start_after: Date;
  readonly started_on: Date | null;
  readonly created_on: Date;
  readonly completed_on: Date | null;
}

const COLUMNS =
  'id, name, state, data, output, retry_count, retry_limit, start_after, started_on, created_on, completed_on';

/** What administrators ask and do. Every call sees only what `scope` allows; another job does not exist for it. */
@Injectable()
export class PgBossJobRepository {
  constructor(
    private readonly boss: PgBoss,
    private readonly database: Database,
  ) {}

  /** Newest first. */
  async list(scope: JobScope, filter: JobFilter, after: string | undefined, limit: number): Promise<JobRecord[]> {
    const rows = await this.database.query<Row>(
      `SELECT ${COLUMNS} FROM pgboss.job
       WHERE ${within(scope)} AND ($2::uuid IS NULL OR id < $2) AND ($3::text IS NULL OR name = $3)
         AND ($4::text IS NULL OR state = $4::pgboss.job_state)
       ORDER BY id DESC LIMIT $5`,
      [
        scope.workspaceId,
        after ?? null,
        filter.name ?? null,
        filter.state === undefined ? null : rowStateOf[filter.state],
        limit,
      ],
    );
    return rows.map(toRecord);
  }

  async find(scope: JobScope, id: string): Promise<JobRecord | undefined> {
    const [row] = await this.database.query<Row>(
      `SELECT ${COLUMNS} FROM pgboss.job WHERE ${within(scope)} AND id = $2`,
      [scope.workspaceId, id],
    );
    return row === undefined ? undefined : toRecord(row);
  }

  /** Makes a failed or cancelled job due again, with one attempt more. Whether it was in such a state. */
  async retry(job: JobRecord): Promise<boolean> {
    // A run of a schedule gives up its place in its period, which another may have taken.
    const rows = await this.database.query(
      `UPDATE pgboss.job SET state = 'retry', start_after = now() + $3::interval, completed_on = NULL, singleton_on = NULL,
         output = NULL, retry_limit = GREATEST(retry_limit, retry_count + 1)
       WHERE name = $1 AND id = $2 AND state IN ('failed', 'cancelled') RETURNING id`,
      [job.name, job.id, DUE_AT_ONCE],
    );
    return rows.length > 0;
  }

  /** Cancels a job that is not finished. Whether it was not. */
  async cancel(job: JobRecord): Promise<boolean> {
    // The types of pg-boss do not say what it answers.
    const { affected } = (await this.boss.cancel(job.name, job.id)) as unknown as { affected: number };
    return affected > 0;
  }

  /** By name. */
  async count(scope: JobScope): Promise<JobCounts[]> {
    const rows = await this.database.query<{ name: string; state: RowState; jobs: number; due_seconds: number | null }>(
      `SELECT name, state, count(*)::int AS jobs,
         max(extract(epoch FROM now() - start_after)) FILTER (WHERE state < 'active' AND start_after < now())::float8 AS due_seconds
       FROM pgboss.job WHERE ${within(scope)} GROUP BY name, state ORDER BY name`,
      [scope.workspaceId],
    );
    const byName = new Map<string, { states: Record<JobState, number>; oldestDueSeconds: number }>();
    for (const { name, state, jobs, due_seconds } of rows) {
      const counts = byName.get(name) ?? { states: noJobs(), oldestDueSeconds: 0 };
      counts.states[stateOfRow[state]] = jobs;
      counts.oldestDueSeconds = Math.max(counts.oldestDueSeconds, due_seconds ?? 0);
      byName.set(name, counts);
    }
    return [...byName].map(([name, counts]) => ({ name, ...counts }));
  }
}

/** The rows that a caller may see, as a condition on `$1`, the workspace. */
function within(scope: JobScope): string {
  const own = `data ->> 'workspaceId' = $1::text`;
  return scope.includeSpanning ? `(${own} OR data ->> 'workspaceId' IS NULL)` : own;
}

function noJobs(): Record<JobState, number> {
  return Object.fromEntries(jobStates.map((state) => [state, 0])) as Record<JobState, number>;
}

function toRecord(row: Row): JobRecord {
  const state = stateOfRow[row.state];
  return {
    id: row.id,
    name: row.name,
    state,
    workspaceId: row.data.workspaceId,
    payload: row.data.payload,
    requestId: row.data.origin?.requestId,
    progress: row.data.progress,
    attempts: row.started_on === null ? row.retry_count : row.retry_count + 1,
    maxAttempts: row.retry_limit + 1,
    createdAt: row.created_on,
    dueAt: row.start_after,
    startedAt: row.started_on ?? undefined,
    finishedAt: row.completed_on ?? undefined,
    // A completed job has the result of its handler where others have the failure of their last attempt.
    failure: state === 'completed' ? undefined : toFailure(row.output),
    result: state === 'completed' ? ((row.output as JobResult | null) ?? undefined) : undefined,
  };
}

/** pg-boss's own note about an attempt that outlived its time says less than ours. */
function toFailure(output: unknown): JobFailure | undefined {
  if (typeof output !== 'object' || output === null) return undefined;
  const { code, message } = output as Partial<JobFailure>;
  if (typeof code === 'string' && typeof message === 'string') return { code, message };
  return { code: 'worker-died', message: 'The attempt outlived its time: its process ended or hung.' };
}
