import type { ApiAnswer } from '#test/support/api.js';
import { exportProject } from '#test/support/export-file.js';
import type { McpClient } from '#test/support/mcp.js';
import type { Keepsake } from '#test/support/keepsake.js';

/** A context that is read, whether it is still there or not. */
export interface KnownContext {
  readonly id: string;
  readonly label: string;
}

interface Read {
  readonly server: Keepsake;
  /** Connected to the server, for this project. */
  readonly mcp: McpClient;
  readonly project: string;
  /** A session that stored all of them. */
  readonly session: string;
  readonly contexts: readonly KnownContext[];
}

/** What a refusal repeats of the request is not memory. */
async function shown(answer: Promise<ApiAnswer<any>>): Promise<unknown> {
  const { status, body } = await answer;
  if (status < 300) return { ...body, q: undefined, missing: undefined };
  if (status === 404) return status;
  throw new Error(`${status} ${JSON.stringify(body)}`);
}

type Way = (read: Read) => Promise<unknown>;

const get =
  (path: string, query: Record<string, string> = {}): Way =>
  ({ server, project }) =>
    shown(server.api.get(path.replace(':project', project), { query: { project, ...query } }));
const ofProject =
  (path: string): Way =>
  ({ server, project }) =>
    shown(server.api.get(path.replace(':project', project)));
const each =
  (path: string): Way =>
  ({ server, project, contexts }) =>
    Promise.all(
      contexts.map(({ id, label }) => {
        const named = path.replace(':project', project).replace(':id', id).replace(':label', encodeURIComponent(label));
        return shown(server.api.get(named));
      }),
    );
const post =
  (path: string, body: (read: Read) => object): Way =>
  (read) =>
    shown(read.server.api.post(path, { project: read.project, ...body(read) }));
const tool =
  (name: string, args: (read: Read) => Record<string, unknown>): Way =>
  async (read) => {
    const { isError, data } = await read.mcp.call(name, args(read));
    if (isError) throw new Error(JSON.stringify(data));
    return { ...data, missing: undefined };
  };

const QUERY = 'heed the gate';

/** Every read that shows contexts; each shows all that are there, and says nothing of those that are not. */
export const READS: Readonly<Record<string, Way>> = {
  'a search, hybrid': get('/v1/search', { q: QUERY, mode: 'hybrid' }),
  'a search by meaning': get('/v1/search', { q: QUERY, mode: 'semantic' }),
  'a search by words': get('/v1/search', { q: QUERY, mode: 'keyword' }),
  'a search of what is true now': get('/v1/search', { q: QUERY, current: 'true' }),
  'a recall by id': post('/v1/contexts/recall', ({ contexts }) => ({ ids: contexts.map(({ id }) => id) })),
  'a recall by label': post('/v1/contexts/recall', ({ contexts }) => ({ labels: contexts.map(({ label }) => label) })),
  'a check': post('/v1/contexts/check', () => ({ text: 'I am about to open the gate.' })),
  'the wake-up of a session': post('/v1/sessions', () => ({})),
  'a preview of a handover': ({ server, session }) =>
    shown(server.api.get('/v1/handovers/preview', { query: { sessionId: session } })),
  'the overview of the project': ofProject('/v1/projects/:project/overview'),
  'the list of contexts': get('/v1/contexts'),
  'the list with every version': get('/v1/contexts', { versions: 'all' }),
  'a context': each('/v1/contexts/:id'),
  'a context by its label': each('/v1/projects/:project/contexts/:label'),
  'versions of a context': each('/v1/contexts/:id/versions'),
  'the preview of a context': each('/v1/contexts/:id/preview'),
  'the ranking for a user': get('/v1/relevance', { user: 'ada', text: QUERY }),
  'an export': async ({ server, project }) => (await exportProject(server, project)).text,
  'the tool search': tool('search', () => ({ q: QUERY })),
  'the tool recall': tool('recall', () => ({ query: QUERY })),
  'the tool context_check': tool('context_check', () => ({ text: 'I am about to open the gate.' })),
  'the tool context_list': tool('context_list', () => ({})),
  'the tool project_overview': tool('project_overview', () => ({})),
  'the tool session_start': tool('session_start', () => ({})),
  'the resources of MCP': ({ mcp }) => mcp.sdk.listResources(),
  'a resource of MCP': ({ mcp, contexts }) =>
    Promise.all(
      contexts.map(({ id }) => mcp.sdk.readResource({ uri: `keepsake://contexts/${id}` }).catch(() => undefined)),
    ),
  'the prompt wake_up of MCP': ({ mcp }) => mcp.sdk.getPrompt({ name: 'wake_up' }),
};
