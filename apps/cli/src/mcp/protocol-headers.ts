import { isRequest, type JsonRpcMessage } from './json-rpc.js';

const VERSION_KEY = 'io.modelcontextprotocol/protocolVersion';

/** Which parameter names what a method is about. */
const namedBy: Readonly<Record<string, string>> = {
  'tools/call': 'name',
  'prompts/get': 'name',
  'resources/read': 'uri',
};

/**
 * What Streamable HTTP says in headers and standard input does not: from version 2026-07-28 on, the version that the
 * message names, its method and what it is about; before that, the version that was negotiated.
 */
export function protocolHeaders(
  { id, method = '', params = {} }: JsonRpcMessage,
  negotiated: string | undefined,
): Record<string, string> {
  const meta = params['_meta'] as Readonly<Record<string, unknown>> | undefined;
  const named = meta?.[VERSION_KEY];
  if (typeof named !== 'string' || !isRequest({ id, method })) {
    const isNegotiated = negotiated !== undefined && method !== 'initialize';
    return isNegotiated ? { 'mcp-protocol-version': negotiated } : {};
  }
  const about = params[namedBy[method] ?? ''];
  return {
    'mcp-protocol-version': named,
    'mcp-method': method,
    ...(typeof about === 'string' ? { 'mcp-name': asHeader(about) } : {}),
  };
}

/** As it is where a header can carry it, else in Base64 (SEP-2243). */
function asHeader(text: string): string {
  const isPlain = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(text) && !/^=\?base64\?.*\?=$/.test(text);
  return isPlain ? text : `=?base64?${Buffer.from(text).toString('base64')}?=`;
}
