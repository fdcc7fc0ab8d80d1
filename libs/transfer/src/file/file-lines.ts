import { z } from 'zod';
import { agentNameField, checkpointNameField, MAX_VALUE_BYTES, valueBytes } from '#agent-state';
import { clientNameField, conversationTitleField, messageContentField, messageRoles } from '#conversation';
import { contentField, labelField, priorityField, slotName, tagsField } from '#context';
import { timeField } from '#http';
import { handoverReasons, handoverSections } from '#handover';
import { projectSlug } from '#project';
import { MAX_METADATA_BYTES, metadataBytes } from '#kernel';
import { entryKinds, MAX_ENTRY_LENGTH, MAX_SUMMARY_LENGTH, openKinds, todoPriorities } from '#session';

/** What a file says of itself in its first line. */
export const FORMAT = 'keepsake-project';
/** Raised whenever an older reader would refuse or misread a file. */
export const FORMAT_VERSION = 5;
/** What this release reads. */
export const READABLE_VERSIONS = [1, 2, 3, 4, FORMAT_VERSION] as const;

/** Of the parts of a project, in the order in which a file has them. */
export const partTypes = [
  'session',
  'entry',
  'context',
  'handover',
  'agentState',
  'checkpoint',
  'conversation',
  'message',
] as const;
export type PartType = (typeof partTypes)[number];

/** Ids are in lower case, in which they are compared. */
const id = z.uuid().refine((text) => text === text.toLowerCase(), 'must be in lower case');
export const utcTime = timeField({ offset: false, error: 'must be a time like 2026-11-21T12:00:00.000Z' });
export const optionalUtcTime = utcTime.nullable();
/** Files of earlier releases don't say it. */
export const laterUtcTime = optionalUtcTime.default(null);
/** Files of earlier releases count changes with it. It is not read: an import makes states of its own. */
const revision = z.unknown().optional();
/** Those of documents are longer than what a client may send. */
const metadata = z
  .record(z.string(), z.json())
  .refine(
    (value) => metadataBytes(value) <= 4 * MAX_METADATA_BYTES,
    `must be at most ${4 * MAX_METADATA_BYTES} bytes of JSON`,
  );
const count = z.int().min(0);
/** Who wrote it first, as far as the server knew that exported it. Files of earlier releases say nothing of it. */
const createdBy = z.string().min(1).max(300).nullable().default(null);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in hexadecimal');
/** Files of earlier releases say nothing of agents, or of conversations. */
const counts = z.strictObject({
  sessions: count,
  entries: count,
  contexts: count,
  handovers: count,
  agentStates: count.default(0),
  checkpoints: count.default(0),
  conversations: count.default(0),
  messages: count.default(0),
});
const summary = z.string().max(MAX_SUMMARY_LENGTH).nullable();

export const headerLine = z.strictObject({
  type: z.literal('header'),
  format: z.literal(FORMAT),
  formatVersion: z.literal(READABLE_VERSIONS),
  productVersion: z.string().max(100),
  project: projectSlug,
  exportedAt: utcTime,
  counts,
});

export const projectLine = z.strictObject({ type: z.literal('project'), slug: projectSlug, createdAt: utcTime });

export const sessionLine = z
  .strictObject({
    type: z.literal('session'),
    id,
    client: z.string().max(200).nullable(),
    metadata,
    summary,
    createdAt: utcTime,
    lastActiveAt: utcTime,
    expiresAt: utcTime,
    finalisedAt: optionalUtcTime,
    endedAt: optionalUtcTime,
    revision,
  })
  .refine(({ endedAt, finalisedAt }) => endedAt === null || finalisedAt !== null, {
    path: ['finalisedAt'],
    error: 'must be a time where endedAt is one',
  });

export const entryLine = z
  .strictObject({
    type: z.literal('entry'),
    id,
    sessionId: id.nullable(),
    kind: z.enum(entryKinds),
    text: z.string().min(1).max(MAX_ENTRY_LENGTH),
    metadata,
    priority: z.enum(todoPriorities).nullable(),
    createdAt: utcTime,
    resolvedAt: optionalUtcTime,
    resolvedBy: id.nullable(),
    createdBy,
  })
  .refine(({ kind, priority }) => (kind === 'todo') === (priority !== null), {
    path: ['priority'],
    error: 'belongs to todos, and to all of them',
  })
  .refine(({ kind, resolvedAt }) => resolvedAt === null || (openKinds as readonly string[]).includes(kind), {
    path: ['resolvedAt'],
    error: `belongs to ${openKinds.join(', ')}`,
  })
  .refine(({ resolvedAt, resolvedBy }) => resolvedBy === null || resolvedAt !== null, {
    path: ['resolvedAt'],
    error: 'must be a time where resolvedBy is an id',
  });

export const contextLine = z
  .strictObject({
    type: z.literal('context'),
    id,
    label: labelField,
    version: z.int().min(1).max(2_000_000_000),
    content: contentField,
    tags: tagsField,
    priority: priorityField,
    priorityDetected: z.boolean(),
    sessionId: id.nullable(),
    metadata,
    createdAt: utcTime,
    updatedAt: utcTime,
    archivedAt: optionalUtcTime,
    archiveReason: z.string().max(1_000).nullable(),
    createdBy,
    validFrom: laterUtcTime,
    validTo: laterUtcTime,
    slotSubject: slotName.nullable().default(null),
    slotAttribute: slotName.nullable().default(null),
    supersedes: z
      .array(z.strictObject({ id, label: labelField, version: z.int().min(1).max(2_000_000_000) }))
      .max(1_000)
      .default([]),
    revision,
  })
  .refine(({ slotSubject, slotAttribute }) => (slotSubject === null) === (slotAttribute === null), {
    path: ['slotAttribute'],
    error: 'belongs to slotSubject',
  })
  .refine(({ id: own, supersedes }) => supersedes.every((older) => older.id !== own), {
    path: ['supersedes'],
    error: 'must not name the context itself',
  })
  .refine(({ archivedAt, archiveReason }) => archiveReason === null || archivedAt !== null, {
    path: ['archivedAt'],
    error: 'must be a time where archiveReason is a text',
  });

const item = z.strictObject({
  entryId: id.nullable(),
  text: z.string().max(MAX_ENTRY_LENGTH),
  truncated: z.boolean(),
  createdAt: utcTime,
});
const items = z.array(item).max(200);

const handoverContent = z.strictObject({
  summary,
  workDone: items,
  decisions: items,
  openTodos: z.array(item.extend({ priority: z.enum(todoPriorities) })).max(200),
  questions: items,
  errors: items,
  insights: items,
  nextSteps: z.array(z.string().max(MAX_ENTRY_LENGTH)).max(200),
  contextsUsed: z.array(z.strictObject({ id, label: labelField, version: z.int().min(1) })).max(200),
  statistics: z.strictObject({ durationMs: count, entries: z.record(z.enum(entryKinds), count), contexts: count }),
  omitted: z.record(z.enum(handoverSections), count),
});

const handoverLine = z
  .strictObject({
    type: z.literal('handover'),
    id,
    sessionId: id.nullable(),
    reason: z.enum(handoverReasons),
    content: handoverContent,
    createdAt: utcTime,
    updatedAt: utcTime,
    acknowledgedAt: optionalUtcTime,
    acknowledgedBy: z.string().min(1).max(300).nullable(),
    acknowledgedSessionId: id.nullable(),
    createdBy,
    revision,
  })
  .refine(({ acknowledgedAt, acknowledgedBy }) => (acknowledgedAt === null) === (acknowledgedBy === null), {
    path: ['acknowledgedBy'],
    error: 'belongs to acknowledgedAt',
  })
  .refine(({ acknowledgedAt, acknowledgedSessionId }) => acknowledgedAt !== null || acknowledgedSessionId === null, {
    path: ['acknowledgedSessionId'],
    error: 'belongs to acknowledgedAt',
  });

const version = z.int().min(1).max(2_000_000_000);
const value = z
  .unknown()
  .refine((given) => given !== undefined, 'is missing')
  .refine(
    (given) => given === undefined || valueBytes(given) <= MAX_VALUE_BYTES,
    `must be at most ${MAX_VALUE_BYTES} bytes of JSON`,
  );

export const agentStateLine = z.strictObject({
  type: z.literal('agentState'),
  id,
  agent: agentNameField,
  version,
  value,
  createdAt: utcTime,
  updatedAt: utcTime,
  expiresAt: optionalUtcTime,
  createdBy,
});

export const checkpointLine = z.strictObject({
  type: z.literal('checkpoint'),
  id,
  agent: agentNameField,
  name: checkpointNameField,
  parentId: id.nullable(),
  version,
  value,
  metadata,
  createdAt: utcTime,
});

/** How clients name what is theirs. */
const clientName = clientNameField().nullable();
const seq = z.int().min(1).max(2_000_000_000);

export const conversationLine = z.strictObject({
  type: z.literal('conversation'),
  id,
  externalId: clientName,
  userId: clientName,
  sessionId: id.nullable(),
  title: conversationTitleField.nullable(),
  metadata,
  createdAt: utcTime,
  archivedAt: optionalUtcTime,
  lastSeq: z.union([z.literal(0), seq]),
  lastMessageAt: optionalUtcTime,
});

export const messageLine = z.strictObject({
  type: z.literal('message'),
  id,
  conversationId: id,
  seq,
  clientId: clientName,
  role: z.enum(messageRoles),
  name: clientName,
  content: messageContentField,
  metadata,
  createdAt: utcTime,
  editedAt: optionalUtcTime,
  createdBy,
  /** Of what was appended, before any edit: a repeat of the append is known by it. */
  givenHash: sha256,
});

export const endLine = z.strictObject({
  type: z.literal('end'),
  counts,
  /** Of all bytes before this line, unpacked, in hexadecimal. */
  sha256,
});

export const partLines = {
  session: sessionLine,
  entry: entryLine,
  context: contextLine,
  handover: handoverLine,
  agentState: agentStateLine,
  checkpoint: checkpointLine,
  conversation: conversationLine,
  message: messageLine,
};

export type HeaderLine = z.infer<typeof headerLine>;
export type ProjectLine = z.infer<typeof projectLine>;
export type SessionLine = z.infer<typeof sessionLine>;
export type EntryLine = z.infer<typeof entryLine>;
export type ContextLine = z.infer<typeof contextLine>;
export type HandoverLine = z.infer<typeof handoverLine>;
export type AgentStateLine = z.infer<typeof agentStateLine>;
export type CheckpointLine = z.infer<typeof checkpointLine>;
export type ConversationLine = z.infer<typeof conversationLine>;
export type MessageLine = z.infer<typeof messageLine>;
export type EndLine = z.infer<typeof endLine>;
export type PartLine = z.infer<(typeof partLines)[PartType]>;
export type FileCounts = z.infer<typeof counts>;

/** Where a part is counted. */
export const countOf = {
  session: 'sessions',
  entry: 'entries',
  context: 'contexts',
  handover: 'handovers',
  agentState: 'agentStates',
  checkpoint: 'checkpoints',
  conversation: 'conversations',
  message: 'messages',
} as const;

export function noCounts(): Record<keyof FileCounts, number> {
  return {
    sessions: 0,
    entries: 0,
    contexts: 0,
    handovers: 0,
    agentStates: 0,
    checkpoints: 0,
    conversations: 0,
    messages: 0,
  };
}
