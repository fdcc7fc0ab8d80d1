import type { Message, MessagePart } from '#conversation';
import { transcriptInvalid } from './transcript.errors.js';
import { known, toCall, toParts } from './parts.js';
import {
  type Fields,
  isObject,
  listAt,
  objectAt,
  type ReadMessage,
  textAt,
  timeAt,
  type TranscriptFormat,
  type TranscriptNotes,
} from './transcript.js';

const ROLES: ReadonlyMap<string, Message['role']> = new Map([
  ['system', 'system'],
  ['developer', 'system'],
  ['user', 'user'],
  ['assistant', 'assistant'],
  ['tool', 'tool'],
  ['function', 'tool'],
]);

const ANTHROPIC_PARTS: ReadonlySet<string> = new Set([
  'tool_use',
  'tool_result',
  'thinking',
  'redacted_thinking',
  'document',
]);
const OPENAI_PARTS: ReadonlySet<string> = new Set(['image_url', 'input_audio', 'refusal']);

/** Items of OpenAI's Responses that stand between its messages: who says them, and their part. */
const ITEMS: ReadonlyMap<unknown, (item: Fields) => { readonly role: Message['role']; readonly part: MessagePart }> =
  new Map([
    ['function_call', callItem],
    ['custom_tool_call', callItem],
    ['local_shell_call', actionItem],
    ['web_search_call', actionItem],
    ['function_call_output', resultItem],
    ['custom_tool_call_output', resultItem],
    ['reasoning', thinkingItem],
  ]);

/** A message of the array that OpenAI's or Anthropic's API takes, or an item of OpenAI's Responses. @throws DomainError `transcript-invalid` */
export function readArrayMessage(given: Fields, pointer: string, notes: TranscriptNotes): ReadMessage {
  const said = textAt(given, 'role', pointer);
  const item = said === undefined ? ITEMS.get(given['type'])?.(given) : undefined;
  if (item !== undefined)
    return {
      pointer,
      id: textAt(given, 'id', pointer),
      role: item.role,
      name: null,
      parts: [item.part],
      metadata: {},
      createdAt: null,
    };
  const role = ROLES.get(said ?? '');
  if (role === undefined) throw transcriptInvalid(`${pointer}/role`, `must be one of ${[...ROLES.keys()].join(', ')}`);
  const name = textAt(given, 'name', pointer) ?? null;
  const parts = [...partsOf(given, pointer, notes), ...callsOf(given, pointer)];
  const isResult = parts.length > 0 && parts.every(({ type }) => type === 'tool_result');
  return {
    pointer,
    id: textAt(given, 'id', pointer),
    role: isResult ? 'tool' : role,
    name,
    parts,
    metadata: known({ model: textAt(given, 'model', pointer), role: said === 'developer' ? said : undefined }),
    createdAt: timeAt(given, 'timestamp', pointer) ?? timeAt(given, 'created_at', pointer),
  };
}

function callItem(item: Fields): { readonly role: Message['role']; readonly part: MessagePart } {
  return { role: 'assistant', part: toCall(item['call_id'], item['name'], item['arguments'] ?? item['input']) };
}

/** A call of a tool that the model's maker provides: what it does is its arguments, its kind its name. */
function actionItem(item: Fields): { readonly role: Message['role']; readonly part: MessagePart } {
  const name = String(item['type']).replace(/_call$/, '');
  return { role: 'assistant', part: toCall(item['call_id'] ?? item['id'], name, item['action']) };
}

function resultItem({ call_id: callId, output }: Fields): {
  readonly role: Message['role'];
  readonly part: MessagePart;
} {
  return { role: 'tool', part: { type: 'tool_result', ...known({ callId, content: output }) } };
}

function thinkingItem({ summary }: Fields): { readonly role: Message['role']; readonly part: MessagePart } {
  return { role: 'assistant', part: { type: 'thinking', ...known({ summary }) } };
}

/** The system prompt that stands beside an array of Anthropic's. */
export function readSystemPrompt(given: unknown, pointer: string, notes: TranscriptNotes): ReadMessage {
  const parts = toParts(given, pointer, notes);
  return { pointer, id: undefined, role: 'system', name: null, parts, metadata: {}, createdAt: null };
}

/** Whether it is an item of OpenAI's Responses that is no message. */
export function isResponseItem(value: Fields): boolean {
  return !('role' in value) && ITEMS.has(value['type']);
}

/**
 * Whether it is an item that is neither a message nor known: of a tool that the model's maker runs, a reference to what is
 * kept elsewhere, or of a later version of Responses.
 */
export function isUnknownItem(value: Fields): boolean {
  const { type } = value;
  return !('role' in value) && typeof type === 'string' && type !== 'message' && !ITEMS.has(type);
}

/** Whose message it is; undefined where both write it so. */
export function formatOfMessage({
  role,
  content,
  tool_calls: calls,
  tool_call_id: callId,
}: Fields): TranscriptFormat | undefined {
  if (calls !== undefined || callId !== undefined || (role !== 'user' && role !== 'assistant')) return 'openai';
  if (!Array.isArray(content)) return undefined;
  for (const part of content as unknown[]) {
    const type = isObject(part) ? String(part['type']) : '';
    if (ANTHROPIC_PARTS.has(type) || (type === 'image' && isObject(part) && isObject(part['source'])))
      return 'anthropic';
    if (OPENAI_PARTS.has(type)) return 'openai';
  }
  return undefined;
}

function partsOf(given: Fields, pointer: string, notes: TranscriptNotes): MessagePart[] {
  const parts = toParts(given['content'], `${pointer}/content`, notes);
  const refusal = textAt(given, 'refusal', pointer);
  if (refusal !== undefined) parts.push({ type: 'text', text: refusal, refusal: true });
  const callId = textAt(given, 'tool_call_id', pointer);
  if (callId === undefined) return parts;
  const [only] = parts;
  const content = parts.length === 1 && only?.type === 'text' ? only['text'] : parts;
  return [{ type: 'tool_result', callId, content }];
}

function callsOf(given: Fields, pointer: string): MessagePart[] {
  const { tool_calls: calls, function_call: call } = given;
  const parts: MessagePart[] = [];
  if (calls !== undefined && calls !== null)
    for (const [place, one] of listAt(given, 'tool_calls', pointer).entries()) {
      const at = `${pointer}/tool_calls/${place}`;
      const fields = objectAt(one, at);
      const called = isObject(fields['custom']) ? fields['custom'] : objectAt(fields['function'], `${at}/function`);
      parts.push(toCall(fields['id'], called['name'], called['arguments'] ?? called['input']));
    }
  if (isObject(call)) parts.push(toCall(undefined, call['name'], call['arguments']));
  return parts;
}
