import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { stringify, v7 as uuidV7, validate } from 'uuid';
import { sharedTime } from './clock.js';

/** Of the counter within a millisecond. */
const MAX_SEQUENCE = 0xffff_ffff;

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** All ids are UUIDv7 (RFC 9562): they sort by the time they were made, which lists and cursors rely on. */
export type WorkspaceId = Branded<'workspace'>;
export type ProjectId = Branded<'project'>;
export type SessionId = Branded<'session'>;
export type EntryId = Branded<'entry'>;
export type ContextId = Branded<'context'>;
export type ConflictId = Branded<'conflict'>;
export type TombstoneId = Branded<'tombstone'>;
export type HandoverId = Branded<'handover'>;
export type ConversationId = Branded<'conversation'>;
export type MessageId = Branded<'message'>;
export type AgentStateId = Branded<'agent-state'>;
export type CheckpointId = Branded<'checkpoint'>;
export type FeedbackId = Branded<'feedback'>;
export type ApiKeyId = Branded<'api-key'>;
export type WebhookId = Branded<'webhook'>;
/** Of an event as its webhooks are sent it: the same in every delivery of it. */
export type WebhookEventId = Branded<'webhook-event'>;

/** A state of a resource, as a UUID: what is changed gets another one, and none comes again, whatever is deleted or imported. */
export type Revision = Branded<'revision'>;

let last = { msecs: 0, seq: 0 };

/** A new id by the time that processes share; later calls in one process give greater ids. */
export function newId<Id extends string>(): Id {
  const nowMs = sharedTime.nowMs();
  const { msecs, seq } = last;
  // Only its first setting moves the time back: what was made before names nothing that is stored.
  const isSetBack = nowMs < msecs - 1_000;
  if (nowMs > msecs || isSetBack) last = { msecs: nowMs, seq: randomBytes(4).readUInt32BE() >>> 1 };
  else last = seq === MAX_SEQUENCE ? { msecs: msecs + 1, seq: 0 } : { msecs, seq: seq + 1 };
  return uuidV7(last) as Id;
}

/** A new id whose time part is `timeMs`, for rows whose age is given from outside. */
export function newIdAt<Id extends string>(timeMs: number): Id {
  return uuidV7({ msecs: timeMs }) as Id;
}

/**
 * The id of a copy: always the same for the same original and place, so that a copy is known when it is made again. It
 * sorts as the original does, by the time in it; the rest is from SHA-256.
 */
export function copyId<Id extends string>(original: Id, place: string): Id {
  const bytes = createHash('sha256').update(`${place}/${original}`).digest().subarray(0, 16);
  bytes.set(Buffer.from(original.replaceAll('-', '').slice(0, 12), 'hex'));
  // Version 7 and the variant of RFC 9562, sections 5.7 and 4.1.
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return stringify(bytes) as Id;
}

/** Random (UUIDv4): it says nothing but that a state is another. */
export function newRevision(): Revision {
  return randomUUID() as string as Revision;
}

export function isUuid(text: string): boolean {
  return validate(text);
}
