import type { Message, MessageContent, MessagePart } from './message.js';

/** As clients write them: Keepsake's own name first, then those of common model APIs. */
const CALL_TYPES: ReadonlySet<string> = new Set(['tool_call', 'tool-call', 'tool_use', 'function_call']);
const RESULT_TYPES: ReadonlySet<string> = new Set([
  'tool_result',
  'tool-result',
  'function_call_output',
  'tool_call_output',
]);
const CALL_ID = ['id', 'callId', 'call_id', 'toolCallId', 'tool_call_id'] as const;
const RESULT_OF = ['callId', 'call_id', 'toolCallId', 'tool_call_id', 'tool_use_id', 'id'] as const;
/** Of a tool's message that is only text, in its metadata. */
const METADATA_OF = ['callId', 'toolCallId', 'tool_call_id', 'tool_use_id'] as const;

/** Ids of the tool calls in a message. A call without an id counts as one of the id `''`. */
export function callsIn(content: MessageContent): string[] {
  return partsOf(content, CALL_TYPES).map((part) => textOf(part, callIdNames(part)) ?? '');
}

/**
 * Ids of the calls that a message holds results of; `''` where it does not say which one: the last call before it.
 * Undefined for a message without results.
 */
export function answersIn({
  role,
  content,
  metadata,
}: Pick<Message, 'role' | 'content' | 'metadata'>): string[] | undefined {
  const results = partsOf(content, RESULT_TYPES);
  if (results.length > 0) return results.map((part) => textOf(part, RESULT_OF) ?? '');
  return role === 'tool' ? [textOf(metadata, METADATA_OF) ?? ''] : undefined;
}

/**
 * What is left of a content without some of its results.
 * @param results which of those that `answersIn` names
 * @returns undefined where nothing is left
 */
export function withoutResults(content: MessageContent, results: ReadonlySet<number>): MessageContent | undefined {
  if (results.size === 0) return content;
  if (typeof content === 'string') return undefined;
  let place = 0;
  const left = content.filter(({ type }) => !RESULT_TYPES.has(type) || !results.has(place++));
  // A tool's message without such parts is a result as a whole.
  return left.length === 0 || left.length === content.length ? undefined : left;
}

/** Those of its parts that are no results, where it has both. */
export function besidesResults(content: MessageContent): MessageContent | undefined {
  if (typeof content === 'string') return undefined;
  const left = content.filter(({ type }) => !RESULT_TYPES.has(type));
  return left.length === 0 || left.length === content.length ? undefined : left;
}

/** A `function_call` of the Responses API has an id of its own besides that of the call. */
function callIdNames({ type }: MessagePart): readonly string[] {
  return type === 'function_call' ? ['call_id', ...CALL_ID] : CALL_ID;
}

function partsOf(content: MessageContent, types: ReadonlySet<string>): readonly MessagePart[] {
  return typeof content === 'string' ? [] : content.filter(({ type }) => types.has(type));
}

function textOf(fields: Readonly<Record<string, unknown>>, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = fields[name];
    if (typeof value === 'string' && value !== '') return value;
  }
  return undefined;
}
