import { Injectable } from '@nestjs/common';
import { type CallToolResult, ProtocolError, ProtocolErrorCode, Server } from '@modelcontextprotocol/server';
import { DomainError, productVersion } from '#kernel';
import { statusOf } from '#http';
import { PromptRegistry } from '../prompts/prompt-registry.js';
import { resourceForms } from '../resources/resource-address.js';
import { ResourceReader } from '../resources/resource-reader.js';
import { RestApi } from '../http/rest-api.js';
import type { ToolArguments } from '../tools/tool.js';
import { readArguments, toRestCall } from '../tools/tool-request.js';
import { type Tool, ToolCatalogue } from '../tools/tool-catalogue.js';
import { mayCall, toListedTool } from '../tools/tool-listing.js';
import { readPage, type TextPage } from '../results/text-page.js';
import { type AnsweredList, askForWhatFits } from '../results/ask-for-what-fits.js';
import { fitAnswer, toErrorResult, toToolResult } from '../results/tool-result.js';
import type { McpConnection } from './mcp-connection.js';

const INSTRUCTIONS =
  'Keepsake is the memory of your work. Begin with session_start and read its wakeUp; look for what is known with search before you ask or guess; keep what must not be forgotten with context_store; log progress, decisions and todos with session_log; finish with session_end, so that the next session can go on. Where that is too much, remember, recall and forget do without a session.';

/** Makes what answers one request. It holds no state: everything is known from the connection and from the memory. */
@Injectable()
export class McpServerFactory {
  private readonly version = productVersion();

  constructor(
    private readonly tools: ToolCatalogue,
    private readonly resources: ResourceReader,
    private readonly prompts: PromptRegistry,
    private readonly api: RestApi,
  ) {}

  create(connection: McpConnection): Server {
    const server = new Server(
      { name: 'keepsake', title: 'Keepsake', version: this.version },
      { capabilities: { tools: {}, resources: {}, prompts: {} }, instructions: INSTRUCTIONS },
    );
    const { profile, scopes } = connection;
    const isReader = scopes.has('memory:read');
    server.setRequestHandler('tools/list', () => ({
      tools: this.tools
        .toolsOf(profile)
        .filter((tool) => mayCall(tool, scopes))
        .map((tool) => toListedTool(tool, connection)),
    }));
    server.setRequestHandler('tools/call', ({ params }) =>
      this.call(counting(connection), params.name, params.arguments),
    );
    server.setRequestHandler('resources/list', ({ params }) =>
      isReader
        ? this.resources.list(counting(connection), params?.cursor === '' ? undefined : params?.cursor)
        : { resources: [] },
    );
    server.setRequestHandler('resources/templates/list', () => ({
      resourceTemplates: isReader
        ? resourceForms.map(({ name, title, template, mimeType, description }) => ({
            name,
            title,
            uriTemplate: template,
            mimeType,
            description,
          }))
        : [],
    }));
    server.setRequestHandler('resources/read', ({ params }) => this.resources.read(counting(connection), params.uri));
    server.setRequestHandler('prompts/list', () => ({ prompts: isReader ? this.prompts.list() : [] }));
    server.setRequestHandler('prompts/get', ({ params }) =>
      this.prompts.get(counting(connection), params.name, params.arguments),
    );
    return server;
  }

  private async call(
    { caller, profile, project, results }: McpConnection,
    name: string,
    args: ToolArguments = {},
  ): Promise<CallToolResult> {
    const tool = this.tools.find(name, profile);
    if (tool === undefined)
      throw new ProtocolError(
        ProtocolErrorCode.InvalidParams,
        `There is no tool ${JSON.stringify(name)} in the profile ${profile}.`,
      );
    try {
      const { page, others } = takePage(tool, readArguments(tool.input, args));
      const { answer, fitted } = await askForWhatFits(listOf(tool), {
        ask: (most) => this.api.call(caller, toRestCall(tool, { ...others, ...most }, project)),
        fit: (given) => fitAnswer(tool.definition, given, page),
      });
      return toToolResult(tool, answer, fitted, results);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      const { code, kind, detail, issues } = error;
      return toErrorResult({
        code,
        status: statusOf(kind),
        detail,
        requestId: caller.requestId,
        errors: issues.map(({ pointer, detail: said }) => ({ pointer, detail: said })),
      });
    }
  }
}

/** The list of the answer of a tool that reads one, and the argument that says how much of it is asked for. */
function listOf({ definition: { effect, isWhole }, input }: Tool): AnsweredList | undefined {
  if (effect !== 'reads' || isWhole === true) return undefined;
  if (input.properties['maxMessages'] !== undefined) return { name: 'messages', argument: 'maxMessages' };
  return input.properties['limit'] === undefined ? undefined : { name: 'items', argument: 'limit' };
}

/** What of the arguments says which part of a long text is read, apart from what the route takes. */
function takePage({ definition }: Tool, args: ToolArguments): { page: TextPage | undefined; others: ToolArguments } {
  const { pages, pageOf, readsOnWith } = definition;
  if (pages === undefined) return { page: undefined, others: args };
  if (readsOnWith !== undefined) return { page: readPage({}, pageOf), others: args };
  const { offset, length, ...others } = args;
  return { page: readPage({ offset, length }, pageOf), others };
}

/** The connection for one message, which is counted by the routes that it calls: as one, however many these are. */
function counting(connection: McpConnection): McpConnection {
  let isCounted = false;
  const onCall = () => {
    if (!isCounted) connection.onCounted?.();
    isCounted = true;
  };
  return { ...connection, caller: { ...connection.caller, onCall } };
}
