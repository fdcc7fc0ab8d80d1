import { z } from 'zod';
import type { JobDefinition } from '#queue';

/** Hands over the work of idle and expired sessions. Due again soon, so a failed sweep need not be retried long. */
export const sessionSweep: JobDefinition<Record<string, never>> = {
  name: 'session-sweep',
  payload: z.strictObject({}),
  retryLimit: 1,
  retryDelaySeconds: 5,
  timeoutSeconds: 300,
};
