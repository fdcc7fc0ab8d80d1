/** A message of JSON-RPC 2.0, as far as it must be understood to hand it on. */
export interface JsonRpcMessage {
  readonly id?: string | number | null;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
}

/** What a failure to hand a request on is reported as; the range that the specification leaves to servers. */
const SERVER_ERROR = -32_000;
export const PARSE_ERROR = -32_700;

export function errorMessage(id: JsonRpcMessage['id'], message: string, code = SERVER_ERROR, data?: unknown): object {
  return { jsonrpc: '2.0', id: id ?? null, error: { code, message, ...(data === undefined ? {} : { data }) } };
}

/** Whether somebody waits for an answer. */
export function isRequest({ id, method }: JsonRpcMessage): boolean {
  return method !== undefined && id !== undefined && id !== null;
}
