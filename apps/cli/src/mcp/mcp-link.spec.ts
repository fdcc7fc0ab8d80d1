import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { ServerClient } from '../server/server-client.js';
import { type JsonRpcMessage, McpLink, protocolHeaders } from './mcp-link.js';

interface Seen {
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: any;
}

/** A server of the protocol that forgets its sessions on demand. */
class ForgetfulServer {
  readonly seen: Seen[] = [];
  session = 1;
  private readonly server: Server;

  constructor(private readonly failWith?: number) {
    this.server = createServer((request, response) => void this.answer(request, response));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = JSON.parse(await text(request));
    const headers = request.headers as Record<string, string>;
    this.seen.push({ url: request.url ?? '', headers, body });
    const known = `s${this.session}`;
    const say = (status: number, said: object) => {
      response.writeHead(status, { 'content-type': 'application/json', 'mcp-session-id': known });
      response.end(JSON.stringify(said));
    };
    if (this.failWith !== undefined) say(this.failWith, { code: 'some-code', detail: 'Some detail.', errors: [] });
    else if (body.method === 'initialize')
      say(200, { jsonrpc: '2.0', id: body.id, result: { protocolVersion: '2025-06-18' } });
    else if (headers['mcp-session-id'] !== undefined && headers['mcp-session-id'] !== known)
      say(404, { code: 'mcp-session-not-found', detail: 'No such session.' });
    else say(200, { jsonrpc: '2.0', id: body.id, result: { ok: true } });
  }

  async listen(): Promise<string> {
    await new Promise<void>((settle) => this.server.listen(0, '127.0.0.1', settle));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((settle) => this.server.close(() => settle()));
  }
}

const { signal } = new AbortController();
const initialize = { id: 1, method: 'initialize', params: { protocolVersion: '2025-06-18' } };

async function sendBy(link: McpLink, message: JsonRpcMessage, aborted: AbortSignal): Promise<unknown> {
  const json = await link.send(message, aborted, JSON.stringify(message));
  return json === undefined ? undefined : JSON.parse(json);
}

describe('the link to the server', () => {
  let server: ForgetfulServer;
  let url: string;
  const linkTo = (address: string) =>
    new McpLink(async () => new ServerClient({ url: address, key: 'ks_key', workspace: 'w' }), {
      profile: 'full',
      project: 'atlas',
      results: 'text',
    });
  const start = async (failWith?: number) => {
    server = new ForgetfulServer(failWith);
    url = await server.listen();
    return linkTo(url);
  };
  afterEach(() => server.close());

  it('brings the key, the workspace, the settings, and what was negotiated', async () => {
    const link = await start();
    await sendBy(link, initialize, signal);
    expect(await sendBy(link, { id: 2, method: 'tools/list' }, signal)).toEqual({
      jsonrpc: '2.0',
      id: 2,
      result: { ok: true },
    });
    expect(server.seen.map(({ url: path }) => path)).toEqual([
      '/mcp?profile=full&project=atlas&results=text',
      '/mcp?profile=full&project=atlas&results=text',
    ]);
    expect(server.seen[1]?.headers).toMatchObject({
      authorization: 'Bearer ks_key',
      'x-keepsake-workspace': 'w',
      'mcp-session-id': 's1',
      'mcp-protocol-version': '2025-06-18',
    });
    expect(server.seen[1]?.body).toEqual({ jsonrpc: '2.0', id: 2, method: 'tools/list' });
  });

  it('begins again where the session is not known any more, once, and asks again', async () => {
    const link = await start();
    await sendBy(link, initialize, signal);
    server.session = 2;
    expect(await sendBy(link, { id: 2, method: 'tools/list' }, signal)).toEqual({
      jsonrpc: '2.0',
      id: 2,
      result: { ok: true },
    });
    expect(server.seen.map(({ body }) => body.method)).toEqual([
      'initialize',
      'tools/list',
      'initialize',
      'tools/list',
    ]);
    await sendBy(link, { id: 3, method: 'ping' }, signal);
    expect(server.seen.at(-1)?.headers['mcp-session-id']).toBe('s2');
  });

  it("reports the server's problem as an error of the request, and nothing of a notification's", async () => {
    const link = await start(503);
    expect(await sendBy(link, { id: 2, method: 'tools/list' }, signal)).toEqual({
      jsonrpc: '2.0',
      id: 2,
      error: { code: -32_000, message: 'Some detail.', data: { status: 503, code: 'some-code', errors: [] } },
    });
    expect(await sendBy(link, { method: 'notifications/initialized' }, signal)).toBeUndefined();
  });

  it('says at the start that no server answers, that it refuses the key, or nothing', async () => {
    await expect((await start(401)).check()).rejects.toThrow('Some detail. Set KEEPSAKE_KEY.');
    await server.close();
    await expect(linkTo(url).check()).rejects.toThrow(/does not answer/);
    await expect((await start()).check()).resolves.toBeUndefined();
  });
});

const newer = { _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' } };

describe('the headers of a message', () => {
  it('name the negotiated version, once there is one', () => {
    expect(protocolHeaders({ id: 1, method: 'initialize' }, undefined)).toEqual({});
    expect(protocolHeaders({ id: 1, method: 'initialize' }, '2025-06-18')).toEqual({});
    expect(protocolHeaders({ id: 2, method: 'ping' }, '2025-06-18')).toEqual({ 'mcp-protocol-version': '2025-06-18' });
  });

  it('repeat what a message of a newer version says of itself', () => {
    expect(protocolHeaders({ id: 1, method: 'tools/call', params: { ...newer, name: 'search' } }, undefined)).toEqual({
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': 'search',
    });
    expect(protocolHeaders({ id: 1, method: 'tools/list', params: newer }, undefined)).toEqual({
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/list',
    });
  });

  it.each([
    ['ä', '=?base64?w6Q=?='],
    [' a', '=?base64?IGE=?='],
    ['', '=?base64??='],
    ['=?base64?x?=', '=?base64?PT9iYXNlNjQ/eD89?='],
    ['keepsake://contexts/a b', 'keepsake://contexts/a b'],
  ])('carry %j as a header can', (uri, header) => {
    const { 'mcp-name': name } = protocolHeaders(
      { id: 1, method: 'resources/read', params: { ...newer, uri } },
      undefined,
    );
    expect(name).toBe(header);
  });
});
