import { MAX_CONTENT_BYTES, type Message, type MessageContent, type MessagePart, MOST_PARTS } from '#conversation';
import type { Metadata } from '#kernel';
import { WrittenNumber } from './json-values.js';
import { transcriptInvalid } from './transcript.errors.js';

/** Whose transcripts are known: message arrays of two model APIs, exports of two chats, and sessions of two coding agents. */
export const transcriptFormats = ['openai', 'anthropic', 'chatgpt', 'claude', 'claude-code', 'codex'] as const;
export type TranscriptFormat = (typeof transcriptFormats)[number];

/** A conversation as a transcript says it. */
export interface TranscriptConversation {
  /** The same one whenever the same transcript is read. */
  readonly externalId: string;
  readonly title: string | null;
  readonly createdAt: Date | null;
  readonly metadata: Metadata;
}

/** A message as a transcript says it. */
interface TranscriptMessage {
  /** From the id in the transcript; where there is none, of its place and what it says. */
  readonly clientId: string;
  readonly role: Message['role'];
  readonly name: string | null;
  readonly content: MessageContent;
  readonly metadata: Metadata;
  readonly createdAt: Date | null;
}

/** The messages of a conversation with branches, by their `clientId`. */
export interface TranscriptBranches {
  /** Of the branch that was shown last, in order. */
  readonly shown: readonly string[];
  readonly others: readonly string[];
}

export interface TranscriptItem {
  readonly conversation: TranscriptConversation;
  readonly message: TranscriptMessage;
  /** Of the conversation, the same object with each of its messages; undefined where it has one branch. */
  readonly branches: TranscriptBranches | undefined;
  /** Of the file: a conversation that is in it twice, with another branch shown, is two. */
  readonly branch: string;
  /** Where it stands, as a JSON Pointer. */
  readonly pointer: string;
}

/** A message that is read, before what is empty or too long is left out. */
export interface ReadMessage {
  readonly pointer: string;
  /** In the transcript; undefined where it has none. */
  readonly id: string | undefined;
  readonly role: Message['role'];
  readonly name: string | null;
  readonly parts: readonly MessagePart[];
  readonly metadata: Metadata;
  readonly createdAt: Date | null;
}

/** The branch of a conversation that was shown last, and the ids of it and of what is on others. */
export interface ReadBranch {
  readonly messages: Iterable<ReadMessage>;
  readonly shown: readonly string[];
  readonly others: readonly string[];
}

/** In JSON values. */
export const MOST_VALUES_IN_MESSAGE = 100_000;

/** What became of something in a transcript that is not, or not as it was given, in the conversation. */
export const noteKinds = {
  'unknown-part': 'Parts of a kind that is not known. They are kept as given.',
  'data-left-out':
    'Images, sounds and files whose bytes are in the transcript. What they are is kept, the bytes are not.',
  'characters-replaced': 'NUL, halves of surrogate pairs, and the name __proto__, which can not be stored.',
  'number-as-text': 'Numbers that would lose digits (beyond 2^53, or of too many). Their digits are kept as a text.',
  'name-repeated': 'Names that an object has more than once. The last one is kept.',
  'other-branch': 'Messages that are not on the branch that was shown last. They are left out.',
  'branch-changed':
    'Conversations that hold messages here which are not on the branch that was shown last. They stay as they are, and that branch is a conversation of its own: its externalId ends with @ and the first message that is new.',
  'no-conversation': 'Conversations without messages. They are not made.',
  'sub-agent': 'Lines of sub-agents.',
  'no-message': 'Lines and items that are no message, or of a kind or role that is not known. They are left out.',
  empty: 'Messages that say nothing.',
  'too-long': 'Messages of more than 1 MiB, of more than 1,000 parts, or of more than 100,000 values.',
  repeated: 'Messages whose id was there before.',
  archived:
    'Messages that are new to conversations that are archived here. They are left out: an archived conversation takes no messages until it is restored.',
  'brought-back':
    'Messages that a conversation from which messages were deleted does not have, at places that it had once: probably those that were deleted. They are appended behind its newest message; deleted numbers are not given out again.',
  displaced:
    'Messages that are new to a conversation at places where it has others: an answer that was made again, another system prompt, or a conversation that went on here meanwhile. They are appended behind its newest message, and what is there stays.',
} as const;
export type NoteKind = keyof typeof noteKinds;

/** Of what a note counts where nothing of it is in the conversation, in the words of a sentence. */
const leftOutWords: Partial<Record<NoteKind, string>> = {
  'too-long': `messages of more than ${MAX_CONTENT_BYTES} bytes, ${MOST_PARTS} parts or ${MOST_VALUES_IN_MESSAGE} values`,
  empty: 'messages that say nothing',
  'other-branch': 'messages that are not on the branch that was shown last',
  'sub-agent': 'lines of sub-agents',
  'no-message': 'lines or items that are no message',
  'no-conversation': 'conversations without messages',
};

export interface TranscriptNote {
  readonly kind: NoteKind;
  /** Of what kind, in the words of the transcript; null where the kind says all. */
  readonly name: string | null;
  readonly count: number;
  /** Where the first one stands, as a JSON Pointer; lines are `/lines/17`. */
  readonly first: string;
}

/** More names than these are counted together. */
const MOST_NAMES = 100;
const LONGEST_NAME = 100;

/** Counts what is not taken as it stands. */
export class TranscriptNotes {
  private readonly notes = new Map<string, { -readonly [Field in keyof TranscriptNote]: TranscriptNote[Field] }>();

  add(kind: NoteKind, pointer: string, name: string | null = null, count = 1): void {
    const given = name === null ? null : name.slice(0, LONGEST_NAME).toWellFormed().replaceAll('\0', '\uFFFD');
    const isNew = !this.notes.has(`${kind}/${given}`);
    const shown = isNew && this.notes.size >= MOST_NAMES ? null : given;
    const note = this.notes.get(`${kind}/${shown}`);
    if (note === undefined) this.notes.set(`${kind}/${shown}`, { kind, name: shown, count, first: pointer });
    else note.count += count;
  }

  list(): readonly TranscriptNote[] {
    return [...this.notes.values()];
  }

  /** How much of what kind is in no conversation, and where the first is. Lines alone that are no message are of no known form. */
  leftOut(): readonly { readonly pointer: string; readonly detail: string }[] {
    if (this.list().every(({ kind }) => kind === 'no-message')) return [];
    return Object.entries(leftOutWords).flatMap(([kind, words]) => {
      const notes = this.list().filter((note) => note.kind === kind);
      const count = notes.reduce((sum, note) => sum + note.count, 0);
      return notes.slice(0, 1).map(({ first }) => ({ pointer: first, detail: `${count} ${words}` }));
    });
  }
}

export type Fields = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof WrittenNumber);
}

/** A text that may be absent. @throws DomainError `transcript-invalid` for anything else */
export function textAt(fields: Fields, name: string, pointer: string): string | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw transcriptInvalid(`${pointer}/${name}`, 'must be a text');
  return value;
}

/** @throws DomainError `transcript-invalid` for anything but a list */
export function listAt(fields: Fields, name: string, pointer: string): readonly unknown[] {
  const value = fields[name];
  if (!Array.isArray(value)) throw transcriptInvalid(`${pointer}/${name}`, 'must be a list');
  return value;
}

/** @throws DomainError `transcript-invalid` for anything but an object */
export function objectAt(value: unknown, pointer: string): Fields {
  if (!isObject(value)) throw transcriptInvalid(pointer, 'must be an object');
  return value;
}

/** Of the year 1 to 9999. */
const [FIRST_MS, LAST_MS] = [Date.parse('0001-01-02T00:00:00Z'), Date.parse('9999-12-30T00:00:00Z')];

/** A time in ISO 8601, or in seconds since 1970; null where there is none. @throws DomainError `transcript-invalid` */
export function timeAt(fields: Fields, name: string, pointer: string): Date | null {
  const given = fields[name];
  if (given === undefined || given === null) return null;
  const value = given instanceof WrittenNumber ? Number(given.literal) : given;
  const ms = typeof value === 'number' ? value * 1_000 : typeof value === 'string' ? Date.parse(value) : Number.NaN;
  if (!(ms >= FIRST_MS && ms <= LAST_MS))
    throw transcriptInvalid(`${pointer}/${name}`, 'must be a time, in ISO 8601 or in seconds since 1970');
  return new Date(ms);
}
