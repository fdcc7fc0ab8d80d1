import { z } from 'zod';
import { projectSlug } from '#project';
import type { JobDefinition } from '#queue';

/** What one job warms at most; what is beyond is told in its result. */
export const WARMING_BOUNDS = { targets: 50, seconds: 60 } as const;

const payload = z.union([
  z.strictObject({ project: projectSlug }),
  z.strictObject({ session: z.uuid() }),
  z.strictObject({ principal: z.string().min(1).max(300) }),
]);

/** One of a project by its slug, a session by its id, or a principal (`key:<id>`, `jwt:<subject>`) with all that it reads. */
export type WarmingCommand = z.infer<typeof payload>;

/** Loads what readers ask first, by their own calls. */
export const cacheWarming: JobDefinition<WarmingCommand> = {
  name: 'cache-warming',
  payload,
  retryLimit: 3,
  retryDelaySeconds: 5,
  timeoutSeconds: 2 * WARMING_BOUNDS.seconds,
};
