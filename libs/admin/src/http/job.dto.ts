import { z } from 'zod';
import { entityId, pageOf, pageQuery } from '#http';
import { type JobCounts, type JobRecord, jobStates } from '#queue';

const all = z
  .enum(['true', 'false'])
  .default('false')
  .transform((value) => value === 'true')
  .meta({ description: 'Also jobs that span workspaces; for operators.' });

export const jobParams = z.strictObject({ id: entityId() });
export const reachQuery = z.strictObject({ all });
export const jobsQuery = z.strictObject({
  ...pageQuery,
  all,
  name: z.string().min(1).max(100).optional(),
  state: z.enum(jobStates).optional(),
});

export const jobResponse = z
  .object({
    id: z.uuid(),
    name: z.string(),
    state: z.enum(jobStates).meta({ description: '`failed` jobs are the dead letters: every attempt failed.' }),
    spansWorkspaces: z.boolean(),
    payload: z.record(z.string(), z.unknown()),
    requestId: z
      .string()
      .nullable()
      .meta({ description: 'Of the request that added it: its lines in the log have it too.' }),
    progress: z
      .number()
      .min(0)
      .max(1)
      .meta({ description: '1 once it is completed; 0 where nothing was reported yet.' }),
    steps: z
      .object({ done: z.int(), total: z.int() })
      .nullable()
      .meta({ description: 'Progress, where the job reports it.' }),
    attempts: z.int(),
    maxAttempts: z.int(),
    createdAt: z.iso.datetime(),
    dueAt: z.iso.datetime(),
    startedAt: z.iso.datetime().nullable(),
    finishedAt: z.iso.datetime().nullable(),
    failure: z.object({ code: z.string(), message: z.string() }).nullable(),
    result: z
      .record(z.string(), z.unknown())
      .nullable()
      .meta({ description: 'The result of a completed job, where it has one.' }),
  })
  .meta({ id: 'Job' });

export const jobsResponse = pageOf(jobResponse);

export const jobStatsResponse = z
  .object({
    jobs: z.array(
      z.object({
        name: z.string(),
        states: z.object(Object.fromEntries(jobStates.map((state) => [state, z.int()]))),
        oldestDueSeconds: z.number().meta({ description: 'How long the job has waited that could have run first.' }),
      }),
    ),
    totals: z.object(Object.fromEntries(jobStates.map((state) => [state, z.int()]))),
  })
  .meta({ id: 'JobStats' });

export function toJobResponse(job: JobRecord): z.infer<typeof jobResponse> {
  return {
    id: job.id,
    name: job.name,
    state: job.state,
    spansWorkspaces: job.workspaceId === undefined,
    payload: { ...job.payload },
    requestId: job.requestId ?? null,
    progress: fractionOf(job),
    steps: job.progress ?? null,
    attempts: job.attempts,
    maxAttempts: job.maxAttempts,
    createdAt: job.createdAt.toISOString(),
    dueAt: job.dueAt.toISOString(),
    startedAt: job.startedAt?.toISOString() ?? null,
    finishedAt: job.finishedAt?.toISOString() ?? null,
    failure: job.failure ?? null,
    result: job.result === undefined ? null : { ...job.result },
  };
}

function fractionOf({ state, progress }: JobRecord): number {
  if (state === 'completed') return 1;
  if (progress === undefined || progress.total <= 0) return 0;
  return Math.min(1, Math.max(0, progress.done / progress.total));
}

export function toJobStatsResponse(counts: readonly JobCounts[]): z.infer<typeof jobStatsResponse> {
  const totalOf = (state: (typeof jobStates)[number]) => counts.reduce((sum, { states }) => sum + states[state], 0);
  return {
    jobs: counts.map(({ name, states, oldestDueSeconds }) => ({
      name,
      states,
      oldestDueSeconds: Math.round(oldestDueSeconds),
    })),
    totals: Object.fromEntries(jobStates.map((state) => [state, totalOf(state)])),
  };
}
