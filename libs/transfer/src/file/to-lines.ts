import type { Context, ContextCopy } from '#context';
import type { Handover, HandoverCopy } from '#handover';
import type { ContextId, EntryId, HandoverId, SessionId } from '#kernel';
import type { EntryCopy, Session, SessionCopy, SessionEntry } from '#session';
import type { ContextLine, EntryLine, HandoverLine, SessionLine } from './file-lines.js';

/*
 * Between what is stored and what a file says of it, in both directions. A line names neither workspace nor project, and
 * nothing that follows from the rest: previews, hashes and vectors are made anew where it is imported.
 */

/** Metadata came in as JSON, so it goes out as JSON. */
type Json = SessionLine['metadata'];

export function toSessionLine(session: Session): SessionLine {
  return {
    type: 'session',
    id: session.id,
    client: session.client,
    metadata: session.metadata as Json,
    summary: session.summary,
    createdAt: session.createdAt.toISOString(),
    lastActiveAt: session.lastActiveAt.toISOString(),
    expiresAt: session.expiresAt.toISOString(),
    finalisedAt: toText(session.finalisedAt),
    endedAt: toText(session.endedAt),
  };
}

export function toSessionCopy(line: SessionLine): SessionCopy {
  return {
    id: line.id as SessionId,
    client: line.client,
    metadata: line.metadata,
    summary: line.summary,
    createdAt: new Date(line.createdAt),
    lastActiveAt: new Date(line.lastActiveAt),
    expiresAt: new Date(line.expiresAt),
    finalisedAt: toDate(line.finalisedAt),
    endedAt: toDate(line.endedAt),
  };
}

export function toEntryLine(entry: SessionEntry): EntryLine {
  return {
    type: 'entry',
    id: entry.id,
    sessionId: entry.sessionId,
    kind: entry.kind,
    text: entry.text,
    metadata: entry.metadata as Json,
    priority: entry.priority,
    createdAt: entry.createdAt.toISOString(),
    resolvedAt: toText(entry.resolvedAt),
    resolvedBy: entry.resolvedBy,
  };
}

/** @param sessionId as the project knows that session */
export function toEntryCopy(line: EntryLine, sessionId: SessionId | null): EntryCopy {
  return {
    id: line.id as EntryId,
    sessionId,
    kind: line.kind,
    text: line.text,
    metadata: line.metadata,
    priority: line.priority,
    createdAt: new Date(line.createdAt),
    resolvedAt: toDate(line.resolvedAt),
    resolvedBy: line.resolvedBy as EntryId | null,
  };
}

export function toContextLine(context: Context): ContextLine {
  return {
    type: 'context',
    id: context.id,
    label: context.label,
    version: context.version,
    content: context.content,
    tags: [...context.tags],
    priority: context.priority,
    priorityDetected: context.priorityDetected,
    sessionId: context.sessionId,
    metadata: context.metadata as Json,
    createdAt: context.createdAt.toISOString(),
    updatedAt: context.updatedAt.toISOString(),
    archivedAt: toText(context.archivedAt),
    archiveReason: context.archiveReason,
  };
}

/** @param sessionId as the project knows that session */
export function toContextCopy(line: ContextLine, sessionId: SessionId | null): ContextCopy {
  return {
    id: line.id as ContextId,
    label: line.label,
    version: line.version,
    content: line.content,
    tags: line.tags,
    priority: line.priority,
    priorityDetected: line.priorityDetected,
    sessionId,
    metadata: line.metadata,
    createdAt: new Date(line.createdAt),
    updatedAt: new Date(line.updatedAt),
    archivedAt: toDate(line.archivedAt),
    archiveReason: line.archiveReason,
  };
}

export function toHandoverLine(handover: Handover): HandoverLine {
  const { acknowledgement } = handover;
  return {
    type: 'handover',
    id: handover.id,
    sessionId: handover.sessionId,
    reason: handover.reason,
    content: handover.content as unknown as HandoverLine['content'],
    createdAt: handover.createdAt.toISOString(),
    updatedAt: handover.updatedAt.toISOString(),
    acknowledgedAt: toText(acknowledgement?.at ?? null),
    acknowledgedBy: acknowledgement?.by ?? null,
    acknowledgedSessionId: acknowledgement?.sessionId ?? null,
  };
}

/** How the project knows what a handover speaks of; undefined: as the file does. */
export interface IdMap {
  session(id: string): SessionId;
  entry(id: string): EntryId | undefined;
  context(id: string): { readonly id: ContextId; readonly label: string; readonly version: number } | undefined;
}

export function toHandoverCopy(line: HandoverLine, idMap: IdMap): HandoverCopy {
  const { content, acknowledgedAt, acknowledgedBy, acknowledgedSessionId } = line;
  const known = <Item extends { readonly entryId: string | null }>(items: readonly Item[]) =>
    items.map((item) => ({
      ...item,
      entryId: item.entryId === null ? null : (idMap.entry(item.entryId) ?? (item.entryId as EntryId)),
    }));
  return {
    id: line.id as HandoverId,
    sessionId: line.sessionId === null ? null : idMap.session(line.sessionId),
    reason: line.reason,
    content: {
      ...content,
      workDone: known(content.workDone),
      decisions: known(content.decisions),
      openTodos: known(content.openTodos),
      questions: known(content.questions),
      errors: known(content.errors),
      insights: known(content.insights),
      contextsUsed: content.contextsUsed.map((used) => idMap.context(used.id) ?? { ...used, id: used.id as ContextId }),
    },
    createdAt: new Date(line.createdAt),
    updatedAt: new Date(line.updatedAt),
    acknowledgement:
      acknowledgedAt === null || acknowledgedBy === null
        ? null
        : {
            at: new Date(acknowledgedAt),
            by: acknowledgedBy,
            sessionId: acknowledgedSessionId === null ? null : idMap.session(acknowledgedSessionId),
          },
  };
}

function toText(time: Date | null): string | null {
  return time?.toISOString() ?? null;
}

function toDate(text: string | null): Date | null {
  return text === null ? null : new Date(text);
}
