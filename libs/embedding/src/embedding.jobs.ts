import { z } from 'zod';
import type { JobDefinition, ScheduleDefinition } from '#queue';

/** Contexts of one job: their texts are in memory together. */
export const CONTEXTS_PER_JOB = 32;

/** Embeds contexts that were just written, or that a change of model left without vectors. */
export const contextEmbedding: JobDefinition<{ contextIds: string[] }> = {
  name: 'context-embedding',
  payload: z.strictObject({ contextIds: z.array(z.uuid()).min(1).max(CONTEXTS_PER_JOB) }),
  retryLimit: 8,
  retryDelaySeconds: 10,
  timeoutSeconds: 300,
};

/** Finds contexts without vectors of the current model, and clears away what models of the past left behind. */
export const embeddingBackfill: ScheduleDefinition = {
  job: {
    name: 'embedding-backfill',
    payload: z.strictObject({}),
    retryLimit: 2,
    retryDelaySeconds: 30,
    // Building the index of a new model over a million vectors takes its time.
    timeoutSeconds: 6 * 3_600,
  },
  everySeconds: 60,
};
