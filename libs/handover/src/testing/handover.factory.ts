import { type HandoverId, newId, newRevision } from '#kernel';
import type { Session } from '#session';
import { composeHandover } from '../compose-handover.js';
import type { Handover, HandoverContent } from '../handover.js';

/** The content that a session leaves which did nothing. */
export function content(of: Session, over: Partial<HandoverContent> = {}): HandoverContent {
  const nothing = { entries: [], counts: [], contexts: { items: [], total: 0 } };
  return { ...composeHandover({ session: of, ...nothing, now: of.lastActiveAt }), ...over };
}

/** What that session leaves at its end. */
export function handover(of: Session, over: Partial<Handover> = {}): Handover {
  const createdAt = over.createdAt ?? of.lastActiveAt;
  return {
    workspaceId: of.workspaceId,
    id: newId<HandoverId>(),
    projectId: of.projectId,
    project: of.project,
    sessionId: of.id,
    reason: 'end',
    content: content(of),
    createdAt,
    updatedAt: createdAt,
    acknowledgement: null,
    revision: newRevision(),
    createdBy: 'key:maker',
    importedAuthor: null,
    ...over,
  };
}
