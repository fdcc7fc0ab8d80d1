import type { Message, MessagePart } from '#conversation';
import { escapePointer } from '#http';
import { transcriptInvalid } from './transcript.errors.js';
import { known, toText } from './parts.js';
import { toName, toTitle } from './transcript-content.js';
import {
  type Fields,
  isObject,
  objectAt,
  type ReadBranch,
  type ReadMessage,
  textAt,
  timeAt,
  type TranscriptConversation,
  type TranscriptNotes,
} from './transcript.js';

const ROLES: ReadonlySet<string> = new Set(['system', 'user', 'assistant', 'tool']);

/** What of a kind of content is its text. */
const TEXT_FIELDS: Readonly<Record<string, readonly string[]>> = {
  code: ['text'],
  execution_output: ['text'],
  tether_quote: ['title', 'url', 'text'],
  tether_browsing_display: ['result', 'summary'],
  user_editable_context: ['user_profile', 'user_instructions'],
  model_editable_context: ['model_set_context'],
  reasoning_recap: ['content'],
  system_error: ['name', 'text'],
};

/** What a conversation of ChatGPT's export says of itself. @throws DomainError `transcript-invalid` */
export function readChatGptConversation(
  value: Fields,
  pointer: string,
  notes: TranscriptNotes,
): TranscriptConversation {
  const id = textAt(value, 'conversation_id', pointer) ?? textAt(value, 'id', pointer);
  if (id === undefined) throw transcriptInvalid(`${pointer}/conversation_id`, 'is missing');
  return {
    externalId: toName('chatgpt', id),
    title: toTitle(textAt(value, 'title', pointer), `${pointer}/title`, notes),
    createdAt: timeAt(value, 'create_time', pointer),
    metadata: { source: 'chatgpt' },
  };
}

/** The branch of a conversation of ChatGPT's export that was shown last, oldest first. @throws DomainError `transcript-invalid` */
export function readChatGptMessages(given: Fields, pointer: string, notes: TranscriptNotes): ReadBranch {
  const mapping = objectAt(given['mapping'], `${pointer}/mapping`);
  const branch = branchOf(mapping, textAt(given, 'current_node', pointer), pointer);
  const onBranch = new Set(branch);
  const others: string[] = [];
  for (const [id, node] of Object.entries(mapping))
    if (!onBranch.has(id) && isObject(node) && isObject(node['message'])) {
      const at = `${pointer}/mapping/${escapePointer(id)}`;
      notes.add('other-branch', at);
      others.push(textAt(node['message'], 'id', `${at}/message`) ?? id);
    }
  const messageOf = (id: string) => {
    const at = `${pointer}/mapping/${escapePointer(id)}/message`;
    const { message } = mapping[id] as Fields;
    return message === undefined || message === null ? [] : [{ id, at, message: objectAt(message, at) }];
  };
  function* read() {
    for (const id of branch)
      for (const { at, message } of messageOf(id)) {
        const said = readMessage(message, id, at, notes);
        if (said !== undefined) yield said;
      }
  }
  const shown = branch.flatMap(messageOf).map(({ id, at, message }) => textAt(message, 'id', at) ?? id);
  return { messages: read(), shown, others };
}

/** From the root to where it ends: by the parents of the current node, else by the last child of each. */
function branchOf(mapping: Fields, current: string | undefined, pointer: string): readonly string[] {
  const nodeOf = (id: string): Fields => {
    const at = `${pointer}/mapping/${escapePointer(id)}`;
    if (!Object.hasOwn(mapping, id)) throw transcriptInvalid(at, 'is not there, and is named by another node');
    return objectAt(mapping[id], at);
  };
  const last = current ?? lastLeaf(mapping, nodeOf, pointer);
  const branch: string[] = [];
  const seen = new Set<string>();
  for (let id = last; id !== undefined;) {
    const at = `${pointer}/mapping/${escapePointer(id)}`;
    if (seen.has(id)) throw transcriptInvalid(`${at}/parent`, 'leads back to where it came from');
    seen.add(id);
    branch.push(id);
    id = textAt(nodeOf(id), 'parent', at);
  }
  return branch.toReversed();
}

function lastLeaf(mapping: Fields, nodeOf: (id: string) => Fields, pointer: string): string | undefined {
  const isRoot = (node: unknown) => isObject(node) && (node['parent'] === undefined || node['parent'] === null);
  let leaf = Object.keys(mapping).find((id) => isRoot(mapping[id]));
  for (const seen = new Set<string>(); leaf !== undefined;) {
    if (seen.has(leaf))
      throw transcriptInvalid(
        `${pointer}/mapping/${escapePointer(leaf)}/children`,
        'lead back to where they came from',
      );
    seen.add(leaf);
    const { children } = nodeOf(leaf);
    const next: unknown = Array.isArray(children) ? children.at(-1) : undefined;
    if (typeof next !== 'string') return leaf;
    leaf = next;
  }
  return leaf;
}

/** Undefined for one of a role that is not known. */
function readMessage(given: Fields, node: string, pointer: string, notes: TranscriptNotes): ReadMessage | undefined {
  const author = objectAt(given['author'], `${pointer}/author`);
  const role = textAt(author, 'role', `${pointer}/author`);
  if (role === undefined || !ROLES.has(role)) {
    notes.add('no-message', pointer, role);
    return undefined;
  }
  const { metadata } = given;
  const recipient = textAt(given, 'recipient', pointer);
  const model = isObject(metadata) ? metadata['model_slug'] : undefined;
  return {
    pointer,
    id: textAt(given, 'id', pointer) ?? node,
    role: role as Message['role'],
    name: textAt(author, 'name', `${pointer}/author`) ?? null,
    parts: partsOf(given['content'], `${pointer}/content`, notes),
    metadata: known({ model, recipient: recipient === 'all' ? undefined : recipient }),
    createdAt: timeAt(given, 'create_time', pointer),
  };
}

function partsOf(given: unknown, pointer: string, notes: TranscriptNotes): MessagePart[] {
  if (given === undefined || given === null) return [];
  const content = objectAt(given, pointer);
  const type = textAt(content, 'content_type', pointer) ?? '';
  const { parts } = content;
  if (Array.isArray(parts))
    return parts.flatMap((part: unknown, place) => {
      if (part === null || part === '') return [];
      const at = `${pointer}/parts/${place}`;
      return typeof part === 'string' ? [toText(part)] : toMedia(objectAt(part, at), at, notes);
    });
  if (type === 'thoughts') return toThinking(content);
  const fields = TEXT_FIELDS[type];
  if (fields !== undefined) {
    const texts = fields.flatMap((field) => textAt(content, field, pointer) ?? []).filter((text) => text !== '');
    return texts.length === 0 ? [] : [toText(texts.join('\n'))];
  }
  notes.add('unknown-part', pointer, type);
  return [{ ...content, type: nameOf(type) }];
}

/** Images and sounds are files beside the export, named by their address in it. */
function toMedia(part: Fields, pointer: string, notes: TranscriptNotes): MessagePart[] {
  const type = textAt(part, 'content_type', pointer) ?? '';
  if (type === 'audio_transcription') return [toText(textAt(part, 'text', pointer) ?? '')];
  const url = part['asset_pointer'];
  if (type === 'image_asset_pointer') return [{ type: 'image', ...known({ url }) }];
  if (type === 'audio_asset_pointer') return [{ type: 'audio', ...known({ url }) }];
  notes.add('unknown-part', pointer, type);
  return [{ ...part, type: nameOf(type) }];
}

function toThinking({ thoughts }: Fields): MessagePart[] {
  if (!Array.isArray(thoughts)) return [];
  return thoughts
    .filter(isObject)
    .map(({ summary, content }) => ({ type: 'thinking', ...known({ summary, thinking: content }) }));
}

/** As the type of a part. */
function nameOf(type: string): string {
  return type === '' ? 'unknown' : type.slice(0, 100);
}
