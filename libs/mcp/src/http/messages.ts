import { findInexactJson, invalidRequest, isNestedTooDeep, MAX_JSON_DEPTH } from '#http';
import type { DomainError } from '#kernel';

/** More messages in one request are refused: each may be a call. */
const MAX_BATCH = 20;

/** Of what answers repeat, in characters. A URI may hold a label of 200, each of them written as up to twelve. */
const MOST_CHARACTERS: Readonly<Record<string, number>> = {
  id: 256,
  method: 256,
  name: 256,
  protocolVersion: 256,
  uri: 3_000,
};

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
  for (const [index, message] of messages.entries()) requireShortNames(message, Array.isArray(body) ? `/${index}` : '');
  return messages;
}

/**
 * The body with what clients write for "absent" left out: params that are null, members of params and of the arguments of
 * a prompt that are. The arguments of a tool may be an object or its JSON text; what is in them is read by its schema.
 */
export function withoutAbsent(body: unknown): unknown {
  return Array.isArray(body) ? (body as unknown[]).map(readMessage) : readMessage(body);
}

/** @throws DomainError `invalid-request` */
function requireShortNames(message: unknown, at: string): void {
  if (!isObject(message)) return;
  requireShort(message, at);
  if (isObject(message['params'])) requireShort(message['params'], `${at}/params`);
}

function requireShort(fields: Record<string, unknown>, at: string): void {
  for (const [name, most] of Object.entries(MOST_CHARACTERS)) {
    const value = fields[name];
    if (typeof value === 'string' && value.length > most)
      throw invalid(`has more than ${most} characters in ${name}`, `${at}/${name}`);
  }
}

function readMessage(message: unknown): unknown {
  if (!isObject(message) || !('params' in message)) return message;
  const { params, ...rest } = message;
  if (params === null) return rest;
  if (!isObject(params)) return message;
  const given = Object.fromEntries(Object.entries(params).filter(([, value]) => value !== null));
  const method = methodOf(message);
  const { arguments: args } = given;
  if (method === 'tools/call' && typeof args === 'string')
    return { ...rest, params: { ...given, arguments: objectFrom(args) ?? args } };
  if (method === 'prompts/get' && isObject(args)) {
    const filled = Object.entries(args).filter(([, value]) => value !== null && value !== '');
    return { ...rest, params: { ...given, arguments: Object.fromEntries(filled) } };
  }
  return { ...rest, params: given };
}

/** Undefined for a text that is not the JSON of an object, or one that no code should walk through. */
function objectFrom(text: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    return isObject(value) && !isNestedTooDeep(value) && findInexactJson(text) === undefined ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isInitialize(messages: readonly unknown[]): boolean {
  return messages.some((each) => methodOf(each) === 'initialize');
}

/** How many of them are answered without a call. */
export function countOfUncalled(messages: readonly unknown[]): number {
  return messages.filter((each) => !CALLING.has(methodOf(each))).length;
}

function methodOf(each: unknown): string {
  const { method } = isObject(each) ? each : {};
  return typeof method === 'string' ? method : '';
}

function invalid(detail: string, pointer = ''): DomainError {
  return invalidRequest([{ pointer, in: 'body', detail }]);
}
