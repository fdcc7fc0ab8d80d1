import type { HandoverId, ProjectId, SessionId, WorkspaceId } from '#kernel';
import type { Place } from '#project';
import type { Handover } from '../handover.js';

/** Handovers as they move from one installation to another: many at once, in the order of their ids. */
export abstract class HandoverTransferRepository {
  /** Differs whenever a handover of the project has changed. */
  abstract mark(workspaceId: WorkspaceId, projectId: ProjectId): Promise<string>;

  abstract list(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    after: HandoverId | undefined,
    limit: number,
  ): Promise<readonly Handover[]>;

  /** Sessions that left or took over one of the project's, in the order of their ids. */
  abstract listSessionIds(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    after: SessionId | undefined,
    limit: number,
  ): Promise<readonly SessionId[]>;

  /** Those of these sessions that left or took over one of the project's. */
  abstract sessionsHere(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    among: readonly SessionId[],
  ): Promise<readonly SessionId[]>;

  abstract places(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    ids: readonly HandoverId[],
  ): Promise<ReadonlyMap<HandoverId, Place>>;

  /** The ones that these sessions left in the project by themselves, not by hand. */
  abstract leftBy(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    sessionIds: readonly SessionId[],
  ): Promise<ReadonlyMap<SessionId, HandoverId>>;

  /** With their acknowledgements. */
  abstract insert(handovers: readonly Handover[]): Promise<void>;

  /** Everything but the project. */
  abstract replace(handovers: readonly Handover[]): Promise<void>;
}
