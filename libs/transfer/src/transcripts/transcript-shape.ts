import { beginsCodexSession } from './codex-session.js';
import { isResponseItem, isUnknownItem } from './message-array.js';
import { type Fields, isObject, type TranscriptBranches } from './transcript.js';

/** How the objects of a file are to be read. */
export type Shape = 'messages' | 'chatgpt' | 'claude' | 'claude-code' | 'codex';

/** What an object of a file looks like. */
export function guessShape(value: Fields, isLine: boolean): Shape | undefined {
  if (isObject(value['mapping'])) return 'chatgpt';
  if (Array.isArray(value['chat_messages'])) return 'claude';
  if ('role' in value || isResponseItem(value) || (isLine && Array.isArray(value['messages']))) return 'messages';
  if (!isLine) return isUnknownItem(value) ? 'messages' : undefined;
  if (beginsCodexSession(value)) return 'codex';
  return typeof value['type'] === 'string' ? 'claude-code' : undefined;
}

/** Of conversations of lines. @param left places of what is not on the branch that was shown last */
export function toBranches(
  clientIds: ReadonlyMap<string, { readonly externalId: string; readonly clientId: string }>,
  left: ReadonlySet<string>,
): ReadonlyMap<string, TranscriptBranches> {
  const branches = new Map<string, { shown: string[]; others: string[] }>();
  for (const [line, { externalId, clientId }] of clientIds) {
    const of = branches.get(externalId) ?? { shown: [], others: [] };
    branches.set(externalId, of);
    of[left.has(line) ? 'others' : 'shown'].push(clientId);
  }
  return branches;
}
