import type { Page } from '#http';
import type { EntryId, ProjectId, SessionId, WorkspaceId } from '#kernel';
import type { EntryKind, SessionEntry } from '../session-entry.js';

export interface EntryFilter {
  readonly kind?: EntryKind;
  /** Only those that are open (true), or only those that were resolved (false). */
  readonly open?: boolean;
}

/** How much of a kind there is in a session's work. */
export interface EntryCount {
  readonly kind: EntryKind;
  readonly total: number;
  /** Neither resolved nor of a kind that can't be open. */
  readonly open: number;
}

/** The log of sessions. Nothing here is ever removed but with its session or project. */
export abstract class SessionEntryRepository {
  abstract insert(entry: SessionEntry): Promise<void>;

  /** Oldest first. */
  abstract list(
    workspaceId: WorkspaceId,
    sessionId: SessionId,
    filter: EntryFilter,
    after: EntryId | undefined,
    limit: number,
  ): Promise<Page<SessionEntry, [EntryId]>>;

  /** Those of `ids` that exist in the project, locked until the surrounding transaction ends, in no order. */
  abstract findForResolving(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    ids: readonly EntryId[],
  ): Promise<readonly SessionEntry[]>;

  /** Resolves those of `ids` that are still open. */
  abstract resolve(workspaceId: WorkspaceId, ids: readonly EntryId[], by: EntryId, at: Date): Promise<void>;

  /** Open todos of a project, whichever sessions wrote them: most urgent first, then oldest first. */
  abstract listOpenTodos(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    limit: number,
  ): Promise<readonly SessionEntry[]>;

  abstract countOpenTodos(workspaceId: WorkspaceId, projectId: ProjectId): Promise<number>;

  /** What a session wrote in a project, by kind; a kind it has none of is left out. */
  abstract countWork(
    workspaceId: WorkspaceId,
    sessionId: SessionId,
    projectId: ProjectId,
  ): Promise<readonly EntryCount[]>;

  /**
   * What a session leaves in a project, resolved things left out: of each kind at most `perKind`, the most urgent
   * todos and the newest of the rest. Ordered by kind; within it todos by urgency, then everything oldest first.
   */
  abstract listWork(
    workspaceId: WorkspaceId,
    sessionId: SessionId,
    projectId: ProjectId,
    perKind: number,
  ): Promise<readonly SessionEntry[]>;

  /** Everything a session wrote in a project, oldest first, from behind `after`. */
  abstract listAll(
    workspaceId: WorkspaceId,
    sessionId: SessionId,
    projectId: ProjectId,
    after: EntryId | undefined,
    limit: number,
  ): Promise<Page<SessionEntry, [EntryId]>>;
}
