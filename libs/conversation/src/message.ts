import { createHash } from 'node:crypto';
import type { Authorship, ConversationId, MessageId, Metadata, ProjectId, Revision, WorkspaceId } from '#kernel';

export const messageRoles = ['system', 'user', 'assistant', 'tool'] as const;
export type MessageRole = (typeof messageRoles)[number];

/** One piece of a message. `type` says what it is; parts of a type that is not known are kept as given. */
export type MessagePart = Readonly<Record<string, unknown>> & { readonly type: string };
export type MessageContent = string | readonly MessagePart[];

export interface Message extends Authorship {
  readonly workspaceId: WorkspaceId;
  readonly id: MessageId;
  readonly conversationId: ConversationId;
  readonly projectId: ProjectId;
  /** From 1, in the order of appending; never given out twice. */
  readonly seq: number;
  /** How its client knows it; unique in the conversation. */
  readonly clientId: string | null;
  readonly role: MessageRole;
  readonly name: string | null;
  readonly content: MessageContent;
  readonly metadata: Metadata;
  /** When it was said: where it was imported, as the original says. */
  readonly createdAt: Date;
  readonly editedAt: Date | null;
  /** SHA-256 of what was appended, in hexadecimal: an edit leaves it, so that a repeat of the append is known. */
  readonly givenHash: string;
  /** Of the content as JSON in UTF-8. */
  readonly sizeBytes: number;
  /** Ids of the tool calls in it. */
  readonly calls: readonly string[];
  readonly revision: Revision;
}

/** What `givenHash` is of. */
export function hashOfGiven({ role, name, content }: Pick<Message, 'role' | 'name' | 'content'>): string {
  return createHash('sha256')
    .update(JSON.stringify([role, name, content]))
    .digest('hex');
}

export function contentBytes(content: MessageContent): number {
  return Buffer.byteLength(JSON.stringify(content));
}

/** What of a message can be read as text: its text, or its text parts, and the texts in the results of tools. */
export function textOf(content: MessageContent): string {
  if (typeof content === 'string') return content;
  return content.flatMap(textsOfPart).join('\n');
}

/** What is compared with texts that a project rejects: all that can be read, and each piece of it. */
export function textsAt(pointer: string, content: MessageContent): { pointer: string; text: string }[] {
  const texts = typeof content === 'string' ? [content] : [textOf(content), ...content.flatMap(textsOfPart)];
  return texts.map((text) => ({ pointer, text }));
}

function textsOfPart(part: MessagePart): string[] {
  if (typeof part['text'] === 'string') return [part['text']];
  const given = part['content'] ?? part['output'] ?? part['result'];
  if (typeof given === 'string') return [given];
  if (!Array.isArray(given)) return [];
  return given.flatMap((inner: unknown) => (isPart(inner) ? textsOfPart(inner) : []));
}

function isPart(value: unknown): value is MessagePart {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
