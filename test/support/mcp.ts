import { join } from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { api, type ApiAnswer } from './api.js';
import type { Keepsake } from './keepsake.js';

const PROGRAM = join(import.meta.dirname, '../../bin/keepsake.mjs');

/** Which generation of the protocol a client begins with: `initialize`, or what came after it. */
export type Generation = 'older' | 'newer';

interface McpOptions {
  readonly key?: string;
  readonly profile?: string;
  readonly project?: string;
  readonly generation?: Generation;
}

/** A tool's answer as a test looks at it. */
interface ToolAnswer {
  readonly isError: boolean;
  /** What was answered, or the problem. */
  readonly data: any;
}

/** The official client, connected. */
export class McpClient {
  constructor(readonly sdk: Client) {}

  /** Not an error where the tool answers with one. */
  async call(name: string, args: Record<string, unknown> = {}): Promise<ToolAnswer> {
    const { isError = false, structuredContent, content } = await this.sdk.callTool({ name, arguments: args });
    if (!isError) return { isError, data: structuredContent };
    const [first] = content;
    return { isError, data: first?.type === 'text' ? JSON.parse(first.text) : undefined };
  }

  /** What a tool answers that is to succeed. */
  async done(name: string, args: Record<string, unknown> = {}): Promise<any> {
    const { isError, data } = await this.call(name, args);
    if (isError) throw new Error(`${name} was refused: ${JSON.stringify(data)}`);
    return data;
  }

  async close(): Promise<void> {
    await this.sdk.close();
  }
}

export async function connectHttp(server: Pick<Keepsake, 'url' | 'key'>, options: McpOptions = {}): Promise<McpClient> {
  const address = new URL('/mcp', server.url);
  if (options.profile !== undefined) address.searchParams.set('profile', options.profile);
  if (options.project !== undefined) address.searchParams.set('project', options.project);
  const client = newClient(options);
  const headers = { authorization: `Bearer ${options.key ?? server.key}` };
  await client.connect(new StreamableHTTPClientTransport(address, { requestInit: { headers } }));
  return new McpClient(client);
}

/** Starts `keepsake mcp` from a folder of its own, with nothing but the address and the key. */
export async function connectStdio(
  server: Pick<Keepsake, 'url' | 'key'>,
  folder: string,
  options: McpOptions = {},
): Promise<McpClient> {
  const { PATH = '', HOME = '' } = process.env;
  const client = newClient(options);
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [
      PROGRAM,
      'mcp',
      ...(options.profile === undefined ? [] : ['--profile', options.profile]),
      ...(options.project === undefined ? [] : ['--project', options.project]),
    ],
    cwd: folder,
    env: { PATH, HOME, KEEPSAKE_URL: server.url, KEEPSAKE_KEY: options.key ?? server.key },
    stderr: 'inherit',
  });
  await client.connect(transport);
  return new McpClient(client);
}

function newClient({ generation = 'older' }: McpOptions): Client {
  const mode = generation === 'older' ? 'legacy' : { pin: '2026-07-28' };
  return new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } });
}

/** A message as it goes over the wire. */
interface RawMessage {
  readonly method: string;
  readonly params?: object;
  readonly id?: number;
}

export interface RawOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly key?: string;
}

/** Posts a message by hand, as a client of another make would. */
export function postMessage(
  server: Pick<Keepsake, 'url' | 'key'>,
  { id = 1, ...message }: RawMessage,
  { headers, query, key }: RawOptions = {},
): Promise<ApiAnswer<any>> {
  const accept = 'application/json, text/event-stream';
  return api(server.url, key ?? server.key).post(
    '/mcp',
    { jsonrpc: '2.0', id, ...message },
    { headers: { accept, ...headers }, query },
  );
}
