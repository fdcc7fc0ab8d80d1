import type { WorkspaceId } from '#kernel';
import type { JobOrigin } from '../job-queue.js';
import type { JobProgress } from '../job-record.js';

/** What a row keeps in its `data`: the payload in an envelope that names the tenant. */
export interface JobData {
  readonly workspaceId?: WorkspaceId;
  readonly payload: object;
  /** Absent where no request asked for it. */
  readonly origin?: JobOrigin;
  /** Absent until a handler says it. */
  readonly progress?: JobProgress;
}

/**
 * When a job is due that has no date. Not `now`: pg-boss asks for `start_after < now()`, which a worker that looks
 * within the same tick of the clock would miss.
 */
export const DUE_AT_ONCE = '-1 second';
