import { Injectable } from '@nestjs/common';
import type { Page } from '#http';
import type { EntryId, ProjectId, SessionId, WorkspaceId } from '#kernel';
import { type EntryCount, SessionEntryRepository } from './persistence/session-entry.repository.js';
import { SessionRepository } from './persistence/session.repository.js';
import type { Session } from './session.js';
import { SessionPolicy } from './session-policy.js';
import type { SessionEntry } from './session-entry.js';

/** What other features may ask about sessions. Everything is read as it is stored now, in the caller's transaction if there is one. */
@Injectable()
export class SessionReader {
  constructor(
    private readonly sessions: SessionRepository,
    private readonly entries: SessionEntryRepository,
    private readonly policy: SessionPolicy,
  ) {}

  find(workspaceId: WorkspaceId, id: SessionId): Promise<Session | undefined> {
    return this.sessions.find(workspaceId, id);
  }

  /** Sessions that a principal started, newest first, and whether work goes on in them. */
  async startedBy(
    workspaceId: WorkspaceId,
    principalId: string,
    limit: number,
  ): Promise<readonly { readonly session: Session; readonly isOpen: boolean }[]> {
    const started = await this.sessions.listStartedBy(workspaceId, principalId, limit);
    return started.map((session) => ({ session, isOpen: this.policy.isOpen(session) }));
  }

  /** How many sessions work in the project, in whatever state. */
  count(workspaceId: WorkspaceId, projectId: ProjectId): Promise<number> {
    return this.sessions.count(workspaceId, projectId);
  }

  /** Open todos of a project, whichever sessions wrote them: most urgent first, then oldest first. */
  openTodos(workspaceId: WorkspaceId, projectId: ProjectId, limit: number): Promise<readonly SessionEntry[]> {
    return this.entries.listOpenTodos(workspaceId, projectId, limit);
  }

  countOpenTodos(workspaceId: WorkspaceId, projectId: ProjectId): Promise<number> {
    return this.entries.countOpenTodos(workspaceId, projectId);
  }

  /** How much the session wrote in its present project, by kind. */
  countWork(session: Session): Promise<readonly EntryCount[]> {
    return this.entries.countWork(session.workspaceId, session.id, session.projectId);
  }

  /**
   * What the session leaves in its present project, resolved things left out: of each kind at most `perKind`, the most
   * urgent todos and the newest of the rest. Todos come by urgency, then everything oldest first.
   */
  work(session: Session, perKind: number): Promise<readonly SessionEntry[]> {
    return this.entries.listWork(session.workspaceId, session.id, session.projectId, perKind);
  }

  /** Everything the session wrote in its present project, oldest first: page by page, each from behind the last. */
  entriesOf(session: Session, after: EntryId | undefined, limit: number): Promise<Page<SessionEntry, [EntryId]>> {
    return this.entries.listAll(session.workspaceId, session.id, session.projectId, after, limit);
  }
}
