import { z } from 'zod';
import type { ErasureReport } from './erasure.js';

const counts = z.record(z.string(), z.int());

export const erasureResponse = z
  .object({
    id: z.uuid(),
    state: z.enum(['running', 'finished']).meta({
      description: 'running: its job is not done yet, see GET /v1/jobs/{id}. finished: nothing was found any more.',
    }),
    job: z.uuid().nullable().meta({ description: 'Its job, which jobs show for a while after its end.' }),
    requestedAt: z.iso.datetime().meta({ description: 'What was written later is new and stays.' }),
    finishedAt: z.iso.datetime().nullable(),
    removed: counts.meta({ description: 'How much was removed so far, by kind.' }),
    anonymised: counts.meta({
      description:
        'Memory of the workspace that the user wrote with tokens of their own (subject = user), by kind: it stays and no longer says who wrote it.',
    }),
    found: counts.nullable().meta({
      description:
        'By place, what the last scan of tables and caches found of the ids of the user and of what was removed. All 0 where it is finished; null: not looked yet.',
    }),
    kept: counts.nullable().meta({
      description:
        'What stays, by kind: memory about the user, whose texts hold the name, and revocations of lost tokens, until they expire.',
    }),
  })
  .meta({ id: 'UserErasure' });

export const requestResponse = z
  .object({
    job: z.object({ id: z.uuid().nullable() }).meta({ description: 'Look at it with GET /v1/jobs/{id}.' }),
    erasure: erasureResponse,
  })
  .meta({ id: 'UserErasureRequest' });

export function toErasureResponse(erasure: ErasureReport): z.infer<typeof erasureResponse> {
  const { id, jobId, requestedAt, finishedAt, removed, anonymised, found, kept } = erasure;
  return {
    id,
    state: finishedAt === null ? 'running' : 'finished',
    job: jobId,
    requestedAt: requestedAt.toISOString(),
    finishedAt: finishedAt?.toISOString() ?? null,
    removed: { ...removed },
    anonymised: { ...anonymised },
    found,
    kept,
  };
}
