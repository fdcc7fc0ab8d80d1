import type { Api, ApiAnswer } from '#test/support/api.js';
import { importProject } from '#test/support/export-file.js';
import type { Keepsake } from '#test/support/keepsake.js';
import { connectHttp } from '#test/support/mcp.js';
import { projectFile } from '#test/support/project-file.js';

/** A server, the key of a workspace, and a project of it. */
export interface Place {
  readonly server: Pick<Keepsake, 'url'>;
  readonly key: string;
  readonly api: Api;
  readonly project: string;
}

/** What an answer says of what was found. */
interface Found {
  readonly kind: string;
  readonly pointer: string;
  readonly offset: number | null;
}

/** A way in: sends all texts, in one request or in many. @returns what the answers said, in order */
type WayIn = (place: Place, texts: readonly string[]) => Promise<readonly Found[]>;

const AT = '2026-01-01T00:00:00.000Z';

function foundIn({ status, body }: ApiAnswer<any>): readonly Found[] {
  if (status >= 300) throw new Error(`${status} ${JSON.stringify(body)}`);
  return (body.redactionReport?.found ?? []) as Found[];
}

/** One request a text. */
const each =
  (send: (place: Place, text: string, index: number) => Promise<ApiAnswer<any>>): WayIn =>
  async (place, texts) => {
    const found: Found[] = [];
    for (const [index, text] of texts.entries()) found.push(...foundIn(await send(place, text, index)));
    return found;
  };

const all =
  (send: (place: Place, texts: readonly string[]) => Promise<ApiAnswer<any>>): WayIn =>
  async (place, texts) =>
    foundIn(await send(place, texts));

async function idOf(answer: Promise<ApiAnswer<any>>): Promise<string> {
  const { status, body } = await answer;
  if (status >= 300) throw new Error(`${status} ${JSON.stringify(body)}`);
  return (body.id ?? body.items[0].id) as string;
}

const contextLine = (text: string, index: number) => ({
  type: 'context',
  id: crypto.randomUUID(),
  label: `imported/${String(index).padStart(3, '0')}`,
  version: 1,
  content: text,
  tags: [],
  priority: 'reference',
  priorityDetected: false,
  sessionId: null,
  metadata: {},
  createdAt: AT,
  updatedAt: AT,
  archivedAt: null,
  archiveReason: null,
});

const page = (text: string) =>
  `<html><body><p>${text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('\n', '<br>')}</p></body></html>`;

/** Ways that take one text a request, but for the first of them, `a context`. */
export const ONE_BY_ONE: ReadonlySet<string> = new Set([
  'metadata and tags of a context',
  'a document',
  'a page',
  'a tool of MCP',
  'entries of a session',
  'the title of a conversation',
]);

/** Every way in that takes texts. */
export const WAYS_IN: Readonly<Record<string, WayIn>> = {
  'a context': each(({ api, project }, content, index) =>
    api.post('/v1/contexts', { project, label: `c${index}`, content }),
  ),
  'metadata and tags of a context': each(({ api, project }, text, index) =>
    api.post('/v1/contexts', {
      project,
      label: `m${index}`,
      content: `Number ${index}.`,
      metadata: { deep: [{ text }] },
    }),
  ),
  'a batch': all(({ api, project }, texts) =>
    api.post('/v1/contexts/batch', {
      project,
      items: texts.map((content, index) => ({ label: `b${index}`, content })),
    }),
  ),
  'a document': each(({ api, project }, content, index) =>
    api.post('/v1/contexts/ingest', { project, label: `d${index}`, content }),
  ),
  'a page': each(({ api, project }, text, index) =>
    api.post('/v1/contexts/ingest', {
      project,
      label: `p${index}`,
      format: 'html',
      contentBase64: Buffer.from(page(text)).toString('base64'),
    }),
  ),
  'an imported project': all(({ api, project }, texts) =>
    importProject(api, project, projectFile(project, texts.map(contextLine))),
  ),
  'a transcript': all(({ api, project }, texts) =>
    api.post(
      `/v1/projects/${project}/transcripts`,
      JSON.stringify(texts.map((content) => ({ role: 'user', content }))),
      { headers: { 'content-type': 'application/octet-stream' } },
    ),
  ),
  'a tool of MCP': async ({ server, key, project }, texts) => {
    const client = await connectHttp({ url: server.url, key });
    try {
      const found: Found[] = [];
      for (const [index, content] of texts.entries()) {
        const stored = await client.done('context_store', { project, label: `t${index}`, content });
        found.push(...((stored.redactionReport?.found ?? []) as Found[]));
      }
      return found;
    } finally {
      await client.close();
    }
  },
  'metadata and summary of a session': async (place, texts) => {
    const { api, project } = place;
    const id = await idOf(api.post('/v1/sessions', { project }));
    const half = texts.length / 2;
    const noted = await api.patch(`/v1/sessions/${id}`, { metadata: { texts: texts.slice(0, half) } });
    const summary = texts.slice(half).join('\n\n');
    return [...foundIn(noted), ...foundIn(await api.post(`/v1/sessions/${id}/end`, { summary }))];
  },
  'entries of a session': async (place, texts) => {
    const id = await idOf(place.api.post('/v1/sessions', { project: place.project }));
    return each(({ api }, text) => api.post(`/v1/sessions/${id}/entries`, { kind: 'progress', text }))(place, texts);
  },
  messages: async ({ api, project }, texts) => {
    const id = await idOf(api.post('/v1/conversations', { project }));
    const messages = texts.map((text, index) => ({
      role: 'user',
      content: index % 2 === 0 ? text : [{ type: 'text', text }],
    }));
    return foundIn(await api.post(`/v1/conversations/${id}/messages`, { messages }));
  },
  'the state of an agent': all(({ api, project }, texts) =>
    api.put('/v1/agents/planner/state', { project, value: { notes: texts } }),
  ),
  'a handover': all(({ api, project }, texts) => api.post('/v1/handovers', { project, summary: texts.join('\n\n') })),
  'the title of a conversation': each(({ api, project }, title) =>
    api.post('/v1/conversations', { project, title: 'A title', metadata: { title } }),
  ),
};
