import type { EntryId, ProjectId, SessionId, WorkspaceId } from '#kernel';
import type { Place } from '#project';
import type { Session } from '../session.js';
import type { SessionEntry } from '../session-entry.js';

/** What an entry was settled by, and when. */
export interface Resolution {
  readonly id: EntryId;
  readonly by: EntryId;
  readonly at: Date;
}

/** Sessions and their log as they move from one installation to another: many at once, in the order of their ids. */
export abstract class SessionTransferRepository {
  /** Differs whenever a session of the workspace or an entry of the project has changed. */
  abstract mark(workspaceId: WorkspaceId, projectId: ProjectId): Promise<string>;

  /** Sessions that work in the project or have logged in it, in the order of their ids. */
  abstract listSessionIds(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    after: SessionId | undefined,
    limit: number,
  ): Promise<readonly SessionId[]>;

  /** In the order of their ids. */
  abstract findSessions(workspaceId: WorkspaceId, ids: readonly SessionId[]): Promise<readonly Session[]>;

  abstract countEntries(workspaceId: WorkspaceId, projectId: ProjectId): Promise<number>;

  /** Of the project, whichever sessions wrote them, in the order of their ids. */
  abstract listEntries(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    after: EntryId | undefined,
    limit: number,
  ): Promise<readonly SessionEntry[]>;

  /** Where those of these ids are that are taken. A session that has logged in the project is there. */
  abstract placesOfSessions(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    ids: readonly SessionId[],
  ): Promise<ReadonlyMap<SessionId, Place>>;

  abstract placesOfEntries(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    ids: readonly EntryId[],
  ): Promise<ReadonlyMap<EntryId, Place>>;

  abstract insertSessions(sessions: readonly Session[]): Promise<void>;

  /** Everything but the place: the project stays. */
  abstract replaceSessions(sessions: readonly Session[]): Promise<void>;

  /** Without what resolved them. */
  abstract insertEntries(entries: readonly SessionEntry[]): Promise<void>;

  /** Everything but the session and the project; without what resolved them. */
  abstract replaceEntries(entries: readonly SessionEntry[]): Promise<void>;

  /** Says what settled entries that were settled at that time; others, and those of which it is known, stay as they are. */
  abstract resolve(workspaceId: WorkspaceId, resolutions: readonly Resolution[]): Promise<void>;
}
