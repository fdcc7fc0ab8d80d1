import { Injectable, Logger } from '@nestjs/common';
import {
  type AuthInfo,
  createMcpHandler,
  isLegacyRequest,
  type McpHttpHandler,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';
import type { McpConnection } from '../server/mcp-connection.js';
import { McpServerFactory } from '../server/mcp-server.factory.js';
import { withReadableErrors } from './readable-errors.js';

/** What is sent back: a message of JSON-RPC, or nothing for notifications. */
export interface McpAnswer {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly body: string;
}

interface McpQuestion {
  /** Parsed JSON: a message, or in protocol versions that know them a batch. */
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Of the protocol's own headers and no other: what the SDK may look at. */
const PROTOCOL_HEADERS = ['mcp-protocol-version', 'mcp-method', 'mcp-name'];

/**
 * One exchange of the Streamable HTTP transport, by the SDK: a server is made for it and is gone after it. Versions from
 * 2026-07-28 on say everything with each request; older ones begin with `initialize`, and are answered without a stream,
 * which they allow. Nothing is sent that was not asked for, so there are no streams to keep open either.
 */
@Injectable()
export class McpExchange {
  private readonly logger = new Logger('mcp');
  private readonly current: McpHttpHandler;

  constructor(private readonly servers: McpServerFactory) {
    this.current = createMcpHandler(({ authInfo }) => this.servers.create(connectionOf(authInfo)), {
      legacy: 'reject',
      maxSubscriptions: 0,
      onerror: (error) => this.logger.debug(error.message),
    });
  }

  /** Whether the message is of a protocol version that begins with `initialize` and has sessions. */
  isOlder(question: McpQuestion): Promise<boolean> {
    return isLegacyRequest(requestOf(question), question.body);
  }

  async answer(question: McpQuestion, connection: McpConnection, isOlder: boolean): Promise<McpAnswer> {
    const request = requestOf(question);
    const options = { authInfo: authInfoOf(connection), parsedBody: question.body };
    const response = isOlder
      ? await this.answerOlder(request, options, connection)
      : await this.current.fetch(request, options);
    return {
      status: response.status,
      contentType: response.headers.get('content-type') ?? undefined,
      body: withReadableErrors(await response.text()),
    };
  }

  private async answerOlder(
    request: Request,
    options: { readonly authInfo: AuthInfo; readonly parsedBody: unknown },
    connection: McpConnection,
  ): Promise<Response> {
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: undefined,
      enableJsonResponse: true,
    });
    const server = this.servers.create(connection);
    try {
      await server.connect(transport);
      return await transport.handleRequest(request, options);
    } finally {
      await server.close();
    }
  }
}

function requestOf({ headers }: McpQuestion): Request {
  const sent = PROTOCOL_HEADERS.flatMap((name): [string, string][] => {
    const value = headers[name];
    return typeof value === 'string' ? [[name, value]] : [];
  });
  return new Request('http://keepsake/mcp', {
    method: 'POST',
    headers: [['content-type', 'application/json'], ['accept', 'application/json, text/event-stream'], ...sent],
  });
}

function authInfoOf(connection: McpConnection): AuthInfo {
  const scopes = [...connection.scopes];
  return { token: connection.caller.authorization, clientId: 'keepsake', scopes, extra: { connection } };
}

function connectionOf(authInfo: AuthInfo | undefined): McpConnection {
  const connection = authInfo?.extra?.['connection'] as McpConnection | undefined;
  if (connection === undefined) throw new Error('A request of the protocol came without its connection.');
  return connection;
}
