import type { ProjectId, SessionId } from '#kernel';
import type { Priority } from './priority.js';

/** All that are given must hold. */
export interface ContextFilter {
  readonly projectId: ProjectId;
  readonly label?: string;
  readonly labelPrefix?: string;
  readonly priority?: Priority;
  /** Every one of them. */
  readonly tags?: readonly string[];
  readonly sessionId?: SessionId;
  /** `latest`: the newest version of each label; `active`: every one that is not archived; `archived`: those alone. */
  readonly which: 'latest' | 'active' | 'archived';
}
