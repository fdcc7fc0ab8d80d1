import type { MessagePart } from '#conversation';
import { transcriptInvalid } from './transcript.errors.js';
import { known, toParts, toText } from './parts.js';
import { toName, toTitle } from './transcript-content.js';
import {
  type Fields,
  isObject,
  listAt,
  objectAt,
  type ReadBranch,
  type ReadMessage,
  textAt,
  timeAt,
  type TranscriptConversation,
  type TranscriptNotes,
} from './transcript.js';

/** What a conversation of Claude's export says of itself. @throws DomainError `transcript-invalid` */
export function readClaudeConversation(value: Fields, pointer: string, notes: TranscriptNotes): TranscriptConversation {
  const id = textAt(value, 'uuid', pointer);
  if (id === undefined) throw transcriptInvalid(`${pointer}/uuid`, 'is missing');
  return {
    externalId: toName('claude', id),
    title: toTitle(textAt(value, 'name', pointer), `${pointer}/name`, notes),
    createdAt: timeAt(value, 'created_at', pointer),
    metadata: { source: 'claude' },
  };
}

/**
 * The messages of a conversation of Claude's export, oldest first: where they name their parents, those of the branch that
 * ends in the current leaf, or in the last message.
 * @throws DomainError `transcript-invalid`
 */
export function readClaudeMessages(given: Fields, pointer: string, notes: TranscriptNotes): ReadBranch {
  const all = listAt(given, 'chat_messages', pointer).map((one, place) => {
    const at = `${pointer}/chat_messages/${place}`;
    const message = objectAt(one, at);
    return { at, message, id: textAt(message, 'uuid', at), parent: textAt(message, 'parent_message_uuid', at) };
  });
  const onBranch = branchOf(all, textAt(given, 'current_leaf_message_uuid', pointer));
  const others = all.filter(({ id }) => id !== undefined && onBranch?.has(id) === false);
  for (const { at } of others) notes.add('other-branch', at);
  const left = new Set(others);
  const branch = all.filter((one) => !left.has(one));
  function* read() {
    for (const { at, message, id } of branch) yield readMessage(message, id, at, notes);
  }
  const idsOf = (list: typeof all) => list.flatMap(({ id }) => id ?? []);
  return { messages: read(), shown: idsOf(branch), others: idsOf(others) };
}

interface Said {
  readonly id: string | undefined;
  readonly parent: string | undefined;
}

/** The ids on the branch that was shown last; undefined where the messages name no parents of each other. */
function branchOf(all: readonly Said[], leaf: string | undefined): ReadonlySet<string> | undefined {
  const parentOf = new Map(all.flatMap(({ id, parent }) => (id === undefined ? [] : [[id, parent] as const])));
  if (!all.some(({ parent }) => parent !== undefined && parentOf.has(parent))) return undefined;
  const last = leaf !== undefined && parentOf.has(leaf) ? leaf : all.findLast(({ id }) => id !== undefined)?.id;
  const branch = new Set<string>();
  for (let id = last; id !== undefined && parentOf.has(id) && !branch.has(id); id = parentOf.get(id)) branch.add(id);
  return branch;
}

function readMessage(message: Fields, id: string | undefined, pointer: string, notes: TranscriptNotes): ReadMessage {
  const sender = textAt(message, 'sender', pointer);
  if (sender !== 'human' && sender !== 'assistant')
    throw transcriptInvalid(`${pointer}/sender`, 'must be human or assistant');
  return {
    pointer,
    id,
    role: sender === 'human' ? 'user' : 'assistant',
    name: null,
    parts: [...partsOf(message, pointer, notes), ...filesOf(message)],
    metadata: {},
    createdAt: timeAt(message, 'created_at', pointer),
  };
}

/** Exports of earlier years have the text alone. */
function partsOf(message: Fields, pointer: string, notes: TranscriptNotes): MessagePart[] {
  const { content } = message;
  if (Array.isArray(content) && content.length > 0) return toParts(content, `${pointer}/content`, notes);
  const text = textAt(message, 'text', pointer) ?? '';
  return text === '' ? [] : [toText(text)];
}

/** What was attached: texts as they were taken out of files, and names of others. */
function filesOf({ attachments, files }: Fields): MessagePart[] {
  return [attachments, files].flatMap((list) =>
    Array.isArray(list)
      ? list.filter(isObject).map((file) => ({
          type: 'file',
          ...known({
            name: file['file_name'],
            text: typeof file['extracted_content'] === 'string' ? file['extracted_content'] : undefined,
          }),
        }))
      : [],
  );
}
