import type { ContextId, ProjectId, SessionId, WorkspaceId } from '#kernel';
import type { Context } from '../context.js';
import type { NewContext } from '../store/context.repository.js';

/** The place of a version in its project. */
export interface VersionRef {
  readonly label: string;
  readonly version: number;
}

/** A version that is there, without its text. */
export interface KnownVersion extends VersionRef {
  readonly id: ContextId;
  readonly contentHash: string;
}

/** Contexts as they move from one installation to another: all versions of a label together, labels in the order of their bytes. */
export abstract class ContextTransferRepository {
  /** Differs whenever a context of the project has changed. */
  abstract mark(workspaceId: WorkspaceId, projectId: ProjectId): Promise<string>;

  /** Versions, archived or not. */
  abstract count(workspaceId: WorkspaceId, projectId: ProjectId): Promise<number>;

  /**
   * Versions, archived or not, by label and number, from behind `after`: as many as `bytes` hold, at least one where
   * there is one, at most `limit`.
   */
  abstract listVersions(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    after: VersionRef | undefined,
    limit: number,
    bytes: number,
  ): Promise<readonly Context[]>;

  /** Sessions that stored a version that is still there, in the order of their ids. */
  abstract listSessionIds(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    after: SessionId | undefined,
    limit: number,
  ): Promise<readonly SessionId[]>;

  /** Those of these sessions that stored something in the project. */
  abstract sessionsHere(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    among: readonly SessionId[],
  ): Promise<readonly SessionId[]>;

  /** Every version of these labels, by label and number. */
  abstract findVersions(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    labels: readonly string[],
  ): Promise<readonly KnownVersion[]>;

  /** Those of these ids that the workspace has, and what they are where they are of the project. */
  abstract findTaken(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    ids: readonly ContextId[],
  ): Promise<ReadonlyMap<ContextId, VersionRef | undefined>>;

  /** Adds versions to locked lines, under numbers that are free there. None becomes the newest by it. */
  abstract insert(workspaceId: WorkspaceId, versions: readonly NewContext[]): Promise<void>;

  /** Deletes versions of locked lines, which keep their last number. */
  abstract remove(workspaceId: WorkspaceId, ids: readonly ContextId[]): Promise<void>;

  /**
   * Says everything but the text of versions anew, with another revision of those that said something else. One that is
   * archived by it is not the newest any more. @returns the ids of those that changed
   */
  abstract describe(workspaceId: WorkspaceId, versions: readonly DescribedVersion[]): Promise<readonly ContextId[]>;
}

export type DescribedVersion = Pick<
  Context,
  | 'id'
  | 'tags'
  | 'priority'
  | 'priorityDetected'
  | 'sessionId'
  | 'metadata'
  | 'createdAt'
  | 'updatedAt'
  | 'archivedAt'
  | 'archiveReason'
>;
