import { z } from 'zod';
import type { JobDefinition } from '#queue';

/** Indexes anew what an older release, or another search language, has indexed. */
export const searchReindex: JobDefinition<Record<string, never>> = {
  name: 'search-reindex',
  payload: z.strictObject({}),
  retryLimit: 2,
  retryDelaySeconds: 30,
  timeoutSeconds: 3_000,
};

export const SEARCH_REINDEX_SECONDS = 3_600;
