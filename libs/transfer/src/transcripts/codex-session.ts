import { isResponseItem, readArrayMessage } from './message-array.js';
import {
  type Fields,
  isObject,
  objectAt,
  type ReadMessage,
  textAt,
  timeAt,
  type TranscriptNotes,
} from './transcript.js';

/** What a session of Codex says of itself on its first line. */
export interface CodexSession {
  readonly id: string;
  readonly cwd: string | undefined;
  readonly gitBranch: string | undefined;
  readonly createdAt: Date | null;
}

/** Whether it is the first line of a session: older ones name no type. */
export function beginsCodexSession(line: Fields): boolean {
  if (line['type'] === 'session_meta') return isObject(line['payload']);
  return (
    !('type' in line) && typeof line['id'] === 'string' && typeof line['timestamp'] === 'string' && !('role' in line)
  );
}

/** @throws DomainError `transcript-invalid` */
export function readCodexSession(line: Fields, pointer: string): CodexSession | undefined {
  if (!beginsCodexSession(line)) return undefined;
  const isTyped = 'type' in line;
  const at = isTyped ? `${pointer}/payload` : pointer;
  const meta = isTyped ? objectAt(line['payload'], at) : line;
  const id = textAt(meta, 'id', at);
  if (id === undefined) return undefined;
  const { git } = meta;
  const gitBranch = isObject(git) && typeof git['branch'] === 'string' ? git['branch'] : undefined;
  return { id, cwd: textAt(meta, 'cwd', at), gitBranch, createdAt: timeAt(meta, 'timestamp', at) };
}

/** How many of the newest turns such a line takes back. */
export function turnsRolledBack({ type, payload }: Fields): number {
  if (type !== 'event_msg' || !isObject(payload) || payload['type'] !== 'thread_rolled_back') return 0;
  return typeof payload['num_turns'] === 'number' ? payload['num_turns'] : 0;
}

/**
 * A message of a session of Codex, or an item that stands between its messages; undefined for other lines. Events say
 * again what the items say.
 * @throws DomainError `transcript-invalid`
 */
export function readCodexLine(line: Fields, pointer: string, notes: TranscriptNotes): ReadMessage | undefined {
  const type = textAt(line, 'type', pointer);
  const isItem = type === 'response_item';
  const at = isItem ? `${pointer}/payload` : pointer;
  const item = isItem ? objectAt(line['payload'], at) : line;
  if (!isResponseItem(item) && !('role' in item)) {
    const { payload } = line;
    const kind = isObject(payload) && typeof payload['type'] === 'string' ? payload['type'] : undefined;
    notes.add('no-message', pointer, kind === undefined ? (type ?? null) : `${type ?? ''} ${kind}`);
    return undefined;
  }
  const read = readArrayMessage(item, at, notes);
  return { ...read, createdAt: timeAt(line, 'timestamp', pointer) ?? read.createdAt };
}

/** Whether a person said it: what Codex says to the model itself is in such marks. */
export function isPrompt({ role, parts: [first] }: ReadMessage): boolean {
  return role === 'user' && !/^<\w+>/.test(typeof first?.['text'] === 'string' ? first['text'].trimStart() : '');
}
