import type { ContextId, ProjectId, WorkspaceId } from '#kernel';
import type { Session } from '#session';
import type { UsedContext } from './handover.js';

/** A context that whoever starts to work must know of. */
export interface ContextPreview {
  readonly id: ContextId;
  readonly label: string;
  readonly version: number;
  readonly preview: string;
}

/** What handovers and wake-ups need to know of contexts. */
export abstract class SessionContexts {
  /** Versions that the session stored or recalled in its present project, and how many there are in all. */
  abstract usedBy(
    session: Session,
    limit: number,
  ): Promise<{ readonly items: readonly UsedContext[]; readonly total: number }>;

  /** The newest versions of the project's `always_check` contexts. */
  abstract alwaysCheck(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    limit: number,
  ): Promise<readonly ContextPreview[]>;

  /** Labels of the project that have a version, and of them those to be always checked. */
  abstract count(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
  ): Promise<{ readonly total: number; readonly alwaysCheck: number }>;
}
