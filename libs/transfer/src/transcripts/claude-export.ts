import type { MessagePart } from '#conversation';
import { transcriptInvalid } from './transcript.errors.js';
import { known, toParts, toText } from './parts.js';
import {
  type Fields,
  isObject,
  listAt,
  objectAt,
  type ReadMessage,
  textAt,
  timeAt,
  type TranscriptNotes,
} from './transcript.js';

/** The messages of a conversation of Claude's export, oldest first. @throws DomainError `transcript-invalid` */
export function* readClaudeMessages(given: Fields, pointer: string, notes: TranscriptNotes): Generator<ReadMessage> {
  for (const [place, one] of listAt(given, 'chat_messages', pointer).entries()) {
    const at = `${pointer}/chat_messages/${place}`;
    const message = objectAt(one, at);
    const sender = textAt(message, 'sender', at);
    if (sender !== 'human' && sender !== 'assistant')
      throw transcriptInvalid(`${at}/sender`, 'must be human or assistant');
    yield {
      pointer: at,
      id: textAt(message, 'uuid', at),
      role: sender === 'human' ? 'user' : 'assistant',
      name: null,
      parts: [...partsOf(message, at, notes), ...filesOf(message)],
      metadata: {},
      createdAt: timeAt(message, 'created_at', at),
    };
  }
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
