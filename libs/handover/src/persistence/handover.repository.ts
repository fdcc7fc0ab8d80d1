import type { Page } from '#http';
import type { ContextId, HandoverId, ProjectId, SessionId, WorkspaceId } from '#kernel';
import type { Acknowledgement, Handover } from '../handover.js';

export interface HandoverFilter {
  readonly projectId?: ProjectId;
  readonly sessionId?: SessionId;
}

export abstract class HandoverRepository {
  /** Keeps one made by hand; from then on it has the newest content of its project. */
  abstract insert(handover: Handover): Promise<Handover>;

  /**
   * Keeps the one that a session leaves in a project, or gives the one it left there before this reason and content;
   * from then on it has the newest content of the project.
   * An acknowledgement stands unless there is something new in the content besides its statistics. Safe for
   * concurrent callers: there is never a second one.
   */
  abstract leave(handover: Handover): Promise<Handover>;

  abstract find(workspaceId: WorkspaceId, id: HandoverId): Promise<Handover | undefined>;

  /** Finds and keeps it from being changed by others until the surrounding transaction ends. */
  abstract findForChange(workspaceId: WorkspaceId, id: HandoverId): Promise<Handover | undefined>;

  /** The one that the session left in the project, not those made by hand. */
  abstract findLeft(
    workspaceId: WorkspaceId,
    sessionId: SessionId,
    projectId: ProjectId,
  ): Promise<Handover | undefined>;

  /** The one with the newest content. */
  abstract findLatest(workspaceId: WorkspaceId, projectId: ProjectId): Promise<Handover | undefined>;

  /** In the order they were made, newest first. */
  abstract list(
    workspaceId: WorkspaceId,
    filter: HandoverFilter,
    after: HandoverId | undefined,
    limit: number,
  ): Promise<Page<Handover, [HandoverId]>>;

  abstract count(workspaceId: WorkspaceId, projectId: ProjectId): Promise<number>;

  /** Unless it is acknowledged; undefined where there is none. */
  abstract acknowledge(
    workspaceId: WorkspaceId,
    id: HandoverId,
    acknowledgement: Acknowledgement,
  ): Promise<Handover | undefined>;

  /** Takes versions of contexts that were deleted out of the handovers of their project, which get another revision. */
  abstract removeContexts(workspaceId: WorkspaceId, projectId: ProjectId, ids: readonly ContextId[]): Promise<void>;
}
