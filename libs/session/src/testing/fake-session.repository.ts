import { type Page, toPage } from '#http';
import type { ProjectId, SessionId, WorkspaceId } from '#kernel';
import {
  type DueBy,
  type SessionFilter,
  type SessionMark,
  SessionRepository,
} from '../persistence/session.repository.js';
import { type Session, stateOf } from '../session.js';

/** Sessions in memory. Its locks lock nothing: for tests of one caller at a time. */
export class FakeSessionRepository extends SessionRepository {
  private readonly rows = new Map<string, Session>();
  private readonly starters = new Map<string, string>();
  /** How often activity was written down. */
  touches = 0;

  async insert(session: Session, startedBy?: string): Promise<void> {
    this.rows.set(keyOf(session.workspaceId, session.id), session);
    if (startedBy !== undefined) this.starters.set(keyOf(session.workspaceId, session.id), startedBy);
  }

  async find(workspaceId: WorkspaceId, id: SessionId): Promise<Session | undefined> {
    return this.rows.get(keyOf(workspaceId, id));
  }

  findForActivity(workspaceId: WorkspaceId, id: SessionId): Promise<Session | undefined> {
    return this.find(workspaceId, id);
  }

  findForChange(workspaceId: WorkspaceId, id: SessionId): Promise<Session | undefined> {
    return this.find(workspaceId, id);
  }

  async findDueForChange(workspaceId: WorkspaceId, id: SessionId, due: DueBy): Promise<Session | undefined> {
    const session = await this.find(workspaceId, id);
    return session !== undefined && isDue(session, due) ? session : undefined;
  }

  async touch(
    workspaceId: WorkspaceId,
    id: SessionId,
    { at, expiresAt, touchMs }: { at: Date; expiresAt: Date; touchMs: number },
  ): Promise<void> {
    const session = await this.find(workspaceId, id);
    if (session === undefined || session.endedAt !== null || session.expiresAt <= at) return;
    if (session.lastActiveAt.getTime() > at.getTime() - touchMs && session.finalisedAt === null) return;
    this.touches++;
    await this.insert({
      ...session,
      lastActiveAt: later(session.lastActiveAt, at),
      expiresAt: later(session.expiresAt, expiresAt),
      finalisedAt: null,
    });
  }

  async update(session: Session): Promise<void> {
    if ((await this.find(session.workspaceId, session.id)) !== undefined) await this.insert(session);
  }

  async list(
    workspaceId: WorkspaceId,
    { projectId, state }: SessionFilter,
    after: SessionId | undefined,
    limit: number,
  ): Promise<Page<Session, [SessionId]>> {
    const rows = [...this.rows.values()]
      .filter((row) => row.workspaceId === workspaceId && (projectId === undefined || row.projectId === projectId))
      .filter(
        (row) =>
          state === undefined || stateOf(row, state.now, state.now.getTime() - state.idleSince.getTime()) === state.is,
      )
      .filter((row) => after === undefined || row.id < after)
      .sort((a, b) => (a.id > b.id ? -1 : 1));
    return toPage(rows, limit, (row) => [row.id]);
  }

  async listDue(due: DueBy, after: SessionMark | undefined, limit: number): Promise<readonly SessionMark[]> {
    return [...this.rows.values()]
      .filter((row) => isDue(row, due) && (after === undefined || positionOf(row) > positionOf(after)))
      .sort((a, b) => (positionOf(a) < positionOf(b) ? -1 : 1))
      .slice(0, limit)
      .map(({ workspaceId, id, lastActiveAt }) => ({ workspaceId, id, lastActiveAt }));
  }

  async listStartedBy(workspaceId: WorkspaceId, startedBy: string, limit: number): Promise<readonly Session[]> {
    return [...this.rows.values()]
      .filter((row) => row.workspaceId === workspaceId && this.starters.get(keyOf(workspaceId, row.id)) === startedBy)
      .sort((a, b) => (a.id > b.id ? -1 : 1))
      .slice(0, limit);
  }

  async count(workspaceId: WorkspaceId, projectId: ProjectId): Promise<number> {
    return [...this.rows.values()].filter((row) => row.workspaceId === workspaceId && row.projectId === projectId)
      .length;
  }
}

function keyOf(workspaceId: WorkspaceId, id: SessionId): string {
  return `${workspaceId}/${id}`;
}

function isDue(session: Session, due: DueBy): boolean {
  return session.finalisedAt === null && (session.lastActiveAt <= due.idleSince || session.expiresAt <= due.now);
}

function later(a: Date, b: Date): Date {
  return a > b ? a : b;
}

function positionOf(mark: SessionMark): string {
  return `${mark.lastActiveAt.toISOString()}/${mark.workspaceId}/${mark.id}`;
}
