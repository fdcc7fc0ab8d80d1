import { isNestedTooDeep, MAX_JSON_DEPTH } from '#http';
import { DomainError } from '#kernel';

/** More messages in one request are refused: each may be a call. */
const MAX_BATCH = 20;

/** Methods that are answered by calls of the HTTP interface, which count for themselves. */
const CALLING = new Set(['tools/call', 'resources/list', 'resources/read', 'prompts/get']);

/**
 * The messages of a request. Whether they are messages is for the protocol to say.
 * @throws DomainError `invalid-request` for what no code should walk through
 */
export function messagesOf(body: unknown): readonly unknown[] {
  if (body === undefined) throw invalid('must be a message of JSON-RPC 2.0');
  if (isNestedTooDeep(body)) throw invalid(`is nested more than ${MAX_JSON_DEPTH} levels deep`);
  const messages = Array.isArray(body) ? (body as unknown[]) : [body];
  if (messages.length > MAX_BATCH) throw invalid(`holds more than ${MAX_BATCH} messages`);
  return messages;
}

export function isInitialize(messages: readonly unknown[]): boolean {
  return messages.some((each) => methodOf(each) === 'initialize');
}

/** How many of them are answered without a call. */
export function countOfUncalled(messages: readonly unknown[]): number {
  return messages.filter((each) => !CALLING.has(methodOf(each))).length;
}

function methodOf(each: unknown): string {
  const { method } = (typeof each === 'object' && each !== null ? each : {}) as { method?: unknown };
  return typeof method === 'string' ? method : '';
}

function invalid(detail: string): DomainError {
  return new DomainError({
    code: 'invalid-request',
    kind: 'invalid',
    detail: `The request is not valid: the body ${detail}.`,
    issues: [{ pointer: '', in: 'body', detail }],
  });
}
