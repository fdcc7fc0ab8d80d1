import { type EntryId, newId, newRevision, type ProjectId, type SessionId, type WorkspaceId } from '#kernel';
import type { Session } from '../session.js';
import type { SessionEntry } from '../session-entry.js';

const HOUR_MS = 3_600_000;
const START = Date.UTC(2030, 0, 1);

/** A session that has just started, unless set otherwise. */
export function session(over: Partial<Session> = {}): Session {
  const createdAt = over.createdAt ?? new Date(START);
  const lastActiveAt = over.lastActiveAt ?? createdAt;
  const projectId = over.projectId ?? newId<ProjectId>();
  return {
    workspaceId: newId<WorkspaceId>(),
    id: newId<SessionId>(),
    projectId,
    project: projectId,
    client: null,
    metadata: {},
    summary: null,
    createdAt,
    lastActiveAt,
    expiresAt: new Date(lastActiveAt.getTime() + 24 * HOUR_MS),
    finalisedAt: null,
    endedAt: null,
    revision: newRevision(),
    ...over,
  };
}

/** An entry of that session. */
export function entry(of: Session, over: Partial<SessionEntry> = {}): SessionEntry {
  const kind = over.kind ?? 'progress';
  return {
    workspaceId: of.workspaceId,
    id: newId<EntryId>(),
    sessionId: of.id,
    projectId: of.projectId,
    kind,
    text: 'Something was done.',
    metadata: {},
    priority: kind === 'todo' ? 'normal' : null,
    createdAt: of.createdAt,
    resolvedAt: null,
    resolvedBy: null,
    createdBy: null,
    importedAuthor: null,
    ...over,
  };
}
