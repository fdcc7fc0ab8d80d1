import type { AgentState, AgentStateCopy, Checkpoint, CheckpointCopy } from '#agent-state';
import type { ContextCopy, ExportedContext } from '#context';
import type { Conversation, ConversationCopy, Message, MessageCopy } from '#conversation';
import type { Handover, HandoverCopy } from '#handover';
import { type ContextId, type EntryId, firstAuthorOf, type HandoverId, type SessionId } from '#kernel';
import type { EntryCopy, Session, SessionCopy, SessionEntry } from '#session';
import {
  type AgentStateLine,
  agentStateLine,
  type CheckpointLine,
  checkpointLine,
  type ContextLine,
  contextLine,
  type ConversationLine,
  conversationLine,
  type EntryLine,
  entryLine,
  type HandoverLine,
  laterUtcTime,
  type MessageLine,
  messageLine,
  optionalUtcTime,
  type SessionLine,
  sessionLine,
  utcTime,
} from './file-lines.js';

/*
 * Between what is stored and what a file says of it, in both directions. A line names neither workspace nor project, and
 * nothing that follows from the rest: previews, hashes and vectors are made again where it is imported.
 */

interface LineSchema {
  readonly shape: Readonly<Record<string, unknown>>;
}

/** What a line says of a thing besides its type: the fields of its schema, but for the one that is not read any more. */
function fieldsOf({ shape }: LineSchema): string[] {
  return Object.keys(shape).filter((field) => field !== 'type' && field !== 'revision');
}

function toLine(schema: LineSchema, type: string, thing: object): object {
  const values = thing as Readonly<Record<string, unknown>>;
  const fields = fieldsOf(schema).map((field) => {
    const value = values[field];
    return [field, value instanceof Date ? value.toISOString() : value];
  });
  return { type, ...Object.fromEntries(fields) };
}

const TIMES = new Set<unknown>([utcTime, optionalUtcTime, laterUtcTime]);

/** The line has a field for everything that is copied. */
function toCopy<Copy>(schema: LineSchema, line: Readonly<Record<keyof Copy, unknown>>): Copy {
  // Lines are read again without their schema, which knows that earlier releases do not say who wrote a thing.
  const values = { createdBy: null, ...line } as Readonly<Record<string, unknown>>;
  const fields = fieldsOf(schema).map((field) => {
    const isTime = TIMES.has(schema.shape[field]);
    const value = values[field];
    return [field, isTime && value !== null ? new Date(value as string) : value];
  });
  return Object.fromEntries(fields) as Copy;
}

export function toSessionLine(session: Session): SessionLine {
  return toLine(sessionLine, 'session', session) as SessionLine;
}

export function toSessionCopy(line: SessionLine): SessionCopy {
  return toCopy<SessionCopy>(sessionLine, line);
}

export function toEntryLine(entry: SessionEntry): EntryLine {
  return toLine(entryLine, 'entry', { ...entry, createdBy: firstAuthorOf(entry) }) as EntryLine;
}

/** @param sessionId as the project knows that session */
export function toEntryCopy(line: EntryLine, sessionId: SessionId | null): EntryCopy {
  return { ...toCopy<EntryCopy>(entryLine, line), sessionId };
}

export function toContextLine(context: ExportedContext): ContextLine {
  return toLine(contextLine, 'context', { ...context, createdBy: firstAuthorOf(context) }) as ContextLine;
}

/** Lines are read again without their schema, which knows what these are in a file of an earlier release. */
const SAID_BY_NO_EARLIER_RELEASE = {
  validFrom: null,
  validTo: null,
  slotSubject: null,
  slotAttribute: null,
  supersedes: [],
};

/** @param sessionId as the project knows that session */
export function toContextCopy(line: ContextLine, sessionId: SessionId | null): ContextCopy {
  return { ...toCopy<ContextCopy>(contextLine, { ...SAID_BY_NO_EARLIER_RELEASE, ...line }), sessionId };
}

export function toAgentStateLine(state: AgentState): AgentStateLine {
  return toLine(agentStateLine, 'agentState', { ...state, createdBy: firstAuthorOf(state) }) as AgentStateLine;
}

export function toAgentStateCopy(line: AgentStateLine): AgentStateCopy {
  return toCopy<AgentStateCopy>(agentStateLine, line);
}

export function toCheckpointLine(checkpoint: Checkpoint): CheckpointLine {
  return toLine(checkpointLine, 'checkpoint', checkpoint) as CheckpointLine;
}

export function toCheckpointCopy(line: CheckpointLine): CheckpointCopy {
  return toCopy<CheckpointCopy>(checkpointLine, line);
}

export function toConversationLine(conversation: Conversation): ConversationLine {
  return toLine(conversationLine, 'conversation', conversation) as ConversationLine;
}

/** @param sessionId as the project knows that session */
export function toConversationCopy(line: ConversationLine, sessionId: SessionId | null): ConversationCopy {
  return { ...toCopy<ConversationCopy>(conversationLine, line), sessionId };
}

export function toMessageLine(message: Message): MessageLine {
  return toLine(messageLine, 'message', { ...message, createdBy: firstAuthorOf(message) }) as MessageLine;
}

export function toMessageCopy(line: MessageLine): MessageCopy {
  return toCopy<MessageCopy>(messageLine, line);
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
    createdBy: firstAuthorOf(handover),
  };
}

/** How the project knows what a handover speaks of; undefined: as the file does. */
interface IdMap {
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
    createdBy: line.createdBy ?? null,
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
