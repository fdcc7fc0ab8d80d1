import { Injectable } from '@nestjs/common';
import { type GetPromptResult, type Prompt, ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/server';
import { RestApi, type RestCall } from '../http/rest-api.js';
import { type McpConnection, refusal } from '../server/mcp-connection.js';
import { isRefused } from '../results/tool-result.js';
import { handOverText, type HandoverView, wakeUpText, type WakeUpView } from './prompt-texts.js';

type Arguments = Readonly<Record<string, string>>;

interface Page {
  readonly prompt: Prompt;
  readonly write: (connection: McpConnection, args: Arguments) => Promise<string>;
}

/** Prompts that a person picks: to begin with what is known, and to end so that the next one can go on. */
@Injectable()
export class PromptRegistry {
  private readonly pages: readonly Page[] = [
    {
      prompt: {
        name: 'wake_up',
        title: 'Wake up',
        description: 'Begin with what the last session left and what has to be heeded always.',
        arguments: [{ name: 'project', description: 'Slug of the project; the one of the connection where absent.' }],
      },
      write: (connection, args) => this.wakeUp(connection, args),
    },
    {
      prompt: {
        name: 'hand_over',
        title: 'Hand over',
        description: 'End a session so that the next one can go on.',
        arguments: [{ name: 'sessionId', description: 'Id that session_start answered with.', required: true }],
      },
      write: (connection, args) => this.handOver(connection, args),
    },
  ];

  constructor(private readonly api: RestApi) {}

  list(): Prompt[] {
    return this.pages.map(({ prompt }) => prompt);
  }

  /** @throws ProtocolError for an unknown prompt, and for arguments that it does not take or that name nothing */
  async get(connection: McpConnection, name: string, args: Arguments = {}): Promise<GetPromptResult> {
    const page = this.pages.find(({ prompt }) => prompt.name === name);
    if (page === undefined) throw wrong(`There is no prompt ${JSON.stringify(name)}.`);
    const declared = page.prompt.arguments ?? [];
    const unknown = Object.keys(args).find((given) => declared.every((argument) => argument.name !== given));
    if (unknown !== undefined) throw wrong(`${name} takes no argument ${JSON.stringify(unknown)}.`);
    const missing = declared.find((argument) => argument.required === true && args[argument.name] === undefined);
    if (missing !== undefined) throw wrong(`${name} needs the argument ${missing.name}.`);
    const text = await page.write(connection, args);
    return {
      description: page.prompt.description,
      messages: [{ role: 'user', content: { type: 'text', text } }],
    };
  }

  private async wakeUp(connection: McpConnection, args: Arguments): Promise<string> {
    const project = args['project'] ?? connection.project;
    const of = (path: string, query: Record<string, string>) => {
      const search = new URLSearchParams({ ...query, ...(project === undefined ? {} : { project }) });
      return this.read(connection, { method: 'GET', path: `${path}?${search}` });
    };
    const { handover } = (await of('/v1/handovers/latest', {})) as Pick<WakeUpView, 'handover'>;
    const { items } = (await of('/v1/contexts', { priority: 'always_check', limit: '10' })) as {
      items: WakeUpView['contexts'];
    };
    return wakeUpText({ project: project ?? 'default', handover, contexts: items });
  }

  private async handOver(connection: McpConnection, args: Arguments): Promise<string> {
    const query = new URLSearchParams({ sessionId: args['sessionId'] ?? '' });
    const view = await this.read(connection, { method: 'GET', path: `/v1/handovers/preview?${query}` });
    return handOverText(view as HandoverView);
  }

  private async read({ caller }: McpConnection, call: RestCall): Promise<unknown> {
    const answer = await this.api.call(caller, call);
    if (isRefused(answer)) throw refusal(answer);
    return answer.body;
  }
}

function wrong(message: string): ProtocolError {
  return new ProtocolError(ProtocolErrorCode.InvalidParams, message);
}
