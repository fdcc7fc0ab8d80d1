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

/** Around what Codex itself says to the model as if a user said it, by openai/codex (`contextual_user_message.rs`, and what it was before). */
const OWN_TAGS: ReadonlySet<string> = new Set([
  'agent_message_board_notification',
  'codex_internal_context',
  'environment_context',
  'extension_context',
  'goal_context',
  'hook_prompt',
  'recommended_plugins',
  'skill',
  'subagent_notification',
  'turn_aborted',
  'user_instructions',
  'user_shell_command',
]);

/** How other such texts begin. */
const OWN_BEGINNINGS: readonly string[] = [
  '# AGENTS.md instructions',
  'Warning: apply_patch was requested via ',
  'Warning: The maximum number of unified exec processes you can keep open is',
  'Warning: Your account was flagged',
];

/** Whether a person said it. */
export function isPrompt({ role, parts }: ReadMessage): boolean {
  return role === 'user' && !parts.some(({ text }) => typeof text === 'string' && isOfCodex(text.trim()));
}

function isOfCodex(text: string): boolean {
  if (OWN_BEGINNINGS.some((beginning) => text.startsWith(beginning))) return true;
  const tag = /^<([\w.-]{1,200})[\s>]/.exec(text)?.[1]?.toLowerCase();
  if (tag === undefined || !(OWN_TAGS.has(tag) || tag.startsWith('external_'))) return false;
  const end = `</${tag}>`;
  return text.slice(-end.length).toLowerCase() === end;
}
