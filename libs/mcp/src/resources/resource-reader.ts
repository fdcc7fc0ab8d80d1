import { Injectable } from '@nestjs/common';
import {
  type ListResourcesResult,
  type ReadResourceResult,
  type Resource,
  ResourceNotFoundError,
} from '@modelcontextprotocol/server';
import { RestApi } from '../http/rest-api.js';
import { type McpConnection, refusal } from '../server/mcp-connection.js';
import { askForWhatFits } from '../results/ask-for-what-fits.js';
import { fitAnswer, isRefused, withShortened } from '../results/tool-result.js';
import { contextUri, findResource, handoverUri } from './resource-address.js';

interface ListedContext {
  readonly id: string;
  readonly label: string;
  readonly version: number;
  readonly preview: string;
  readonly priority: string;
  readonly contentBytes: number;
  readonly updatedAt: string;
}

interface ListedHandover {
  readonly id: string;
  readonly project: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** How urgent a context is, from 0 to 1 (the annotation `priority`). */
const weights: Readonly<Record<string, number>> = { always_check: 1, important: 0.7 };

/** Contexts and handovers as resources: read through the same routes, with the same rights. */
@Injectable()
export class ResourceReader {
  constructor(private readonly api: RestApi) {}

  /** The contexts of the connection's project, newest first; before them, on the first page, its latest handover. */
  async list({ caller, project }: McpConnection, cursor: string | undefined): Promise<ListResourcesResult> {
    const query = new URLSearchParams({ limit: '50', ...(project === undefined ? {} : { project }) });
    const handovers = cursor === undefined ? await this.latestHandover({ caller, project }) : [];
    if (cursor !== undefined) query.set('cursor', cursor);
    const answer = await this.api.call(caller, { method: 'GET', path: `/v1/contexts?${query}` });
    if (isRefused(answer)) throw refusal(answer);
    const { items, nextCursor } = answer.body as { items: ListedContext[]; nextCursor: string | null };
    return {
      resources: [...handovers, ...items.map(toContextResource)],
      ...(nextCursor === null ? {} : { nextCursor }),
    };
  }

  /** @throws ResourceNotFoundError for what is not there, whether or not another workspace has it */
  async read({ caller }: McpConnection, uri: string): Promise<ReadResourceResult> {
    const found = findResource(uri);
    if (found === undefined) throw new ResourceNotFoundError(uri);
    const { call, form } = found;
    const { answer, fitted } = await askForWhatFits(form.list, {
      ask: (most) =>
        this.api.call(caller, most === undefined ? call : { ...call, path: `${call.path}?${inQuery(most)}` }),
      fit: (given) => fitAnswer({ isWhole: form.mimeType === 'text/markdown' }, given),
    });
    // An address whose variables no route takes names nothing.
    if (answer.status === 404 || answer.status === 400) throw new ResourceNotFoundError(uri);
    if (fitted === undefined) throw refusal(answer);
    const { mimeType, readOn } = form;
    const value = withShortened(fitted, readOn);
    const text = mimeType === 'text/markdown' ? (value as { content: string }).content : pretty(value);
    return { contents: [{ uri, mimeType, text }] };
  }

  private async latestHandover({ caller, project }: Pick<McpConnection, 'caller' | 'project'>): Promise<Resource[]> {
    const query = project === undefined ? '' : `?${new URLSearchParams({ project })}`;
    const answer = await this.api.call(caller, { method: 'GET', path: `/v1/handovers/latest${query}` });
    if (isRefused(answer)) throw refusal(answer);
    const { handover } = answer.body as { handover: ListedHandover | null };
    return handover === null ? [] : [toHandoverResource(handover)];
  }
}

function toContextResource(context: ListedContext): Resource {
  const { id, label, version, preview, priority, contentBytes, updatedAt } = context;
  return {
    uri: contextUri(id),
    name: label,
    title: `${label} (version ${version})`,
    description: preview,
    mimeType: 'text/markdown',
    size: contentBytes,
    annotations: { priority: weights[priority] ?? 0.3, lastModified: updatedAt },
  };
}

function toHandoverResource({ id, project, createdAt, updatedAt }: ListedHandover): Resource {
  return {
    uri: handoverUri(id),
    name: 'handover',
    title: `Latest handover of ${project}`,
    description: `Made ${createdAt}.`,
    mimeType: 'application/json',
    annotations: { priority: 1, lastModified: updatedAt },
  };
}

function inQuery(fields: Readonly<Record<string, number>>): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

function pretty(value: unknown): string {
  return JSON.stringify(value, null, 2);
}
