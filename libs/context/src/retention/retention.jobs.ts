import { z } from 'zod';
import type { JobDefinition } from '#queue';

/** Keeps every project to its retention policy. Days are its measure, so once an hour is often enough. */
export const contextRetention: JobDefinition<Record<string, never>> = {
  name: 'context-retention',
  payload: z.strictObject({}),
  retryLimit: 2,
  retryDelaySeconds: 60,
  timeoutSeconds: 1800,
};

export const RETENTION_INTERVAL_SECONDS = 3600;
