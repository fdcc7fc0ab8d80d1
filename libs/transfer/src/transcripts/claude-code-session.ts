import { readArrayMessage } from './message-array.js';
import { type Fields, objectAt, type ReadMessage, textAt, timeAt, type TranscriptNotes } from './transcript.js';

/** A line of a session of Claude Code; undefined for one that is no message of the session. @throws DomainError `transcript-invalid` */
export function readClaudeCodeLine(line: Fields, pointer: string, notes: TranscriptNotes): ReadMessage | undefined {
  const type = textAt(line, 'type', pointer) ?? '';
  if (type !== 'user' && type !== 'assistant') {
    if (type !== 'summary') notes.add('no-message', pointer, type);
    return undefined;
  }
  if (line['isSidechain'] === true) {
    notes.add('sub-agent', pointer);
    return undefined;
  }
  const message = objectAt(line['message'], `${pointer}/message`);
  const read = readArrayMessage(message, `${pointer}/message`, notes);
  // An answer of several parts is several lines, all of which name the answer: only the line has an id of its own.
  return { ...read, id: textAt(line, 'uuid', pointer), createdAt: timeAt(line, 'timestamp', pointer) };
}
