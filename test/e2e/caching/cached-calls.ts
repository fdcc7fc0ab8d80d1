import type { Api, ApiAnswer } from '#test/support/api.js';

/** What the ids in the calls below are of. */
export interface Memory {
  readonly project: string;
  readonly session: string;
  readonly label: string;
  /** Two versions of the label, oldest first. */
  readonly contexts: readonly [string, string];
  readonly handover: string;
  readonly conversation: string;
  /** Of that conversation. */
  readonly message: string;
  /** Name of an agent that has a state, and a checkpoint of it. */
  readonly agent: string;
  readonly checkpoint: string;
  /** Name of a user that has a profile. */
  readonly user: string;
}

/** Stores a state and a checkpoint of an agent in the project, by these means of writing. */
export async function rememberAgent(
  api: Api,
  project: string,
  value: unknown = { step: 1 },
): Promise<Pick<Memory, 'agent' | 'checkpoint'>> {
  const agent = 'planner';
  const stored = await api.put(`/v1/agents/${agent}/state`, { project, value });
  const kept = await api.post(`/v1/agents/${agent}/checkpoints`, { project, name: 'start' });
  if (stored.status >= 300 || kept.status !== 201)
    throw new Error(`an agent was refused: ${JSON.stringify([stored.body, kept.body])}`);
  return { agent, checkpoint: kept.body.id };
}

/** Stores the profile of a user whom no other project has, by these means of writing. */
export async function rememberUser(
  api: Api,
  project: string,
  profile: object = { step: 1 },
): Promise<Pick<Memory, 'user'>> {
  const user = `user-of-${project}`;
  const stored = await api.patch(`/v1/users/${user}/profile`, { profile, preferences: { tone: 'short' } });
  if (stored.status !== 200) throw new Error(`a profile was refused: ${JSON.stringify(stored.body)}`);
  return { user };
}

/** A read that the cache answers when it is repeated. */
interface CachedCall {
  readonly name: string;
  /** As the description of the API names it. */
  readonly route: string;
  /** Of a GET. */
  readonly path?: string;
  /** Whether the answer is kept as bytes as well, for each principal. */
  readonly keepsResponse: boolean;
  readonly call: (api: Api, headers?: Readonly<Record<string, string>>) => Promise<ApiAnswer<any>>;
}

/**
 * Every cached read of sessions, contexts, projects, handovers, agents, users and searches.
 * @param inSession with a search for a session too, which counts what it finds as read there
 */
export function cachedCalls(
  { project, session, label, contexts, handover, conversation, message, agent, checkpoint, user }: Memory,
  { inSession = false } = {},
): readonly CachedCall[] {
  const [first, second] = contexts;
  const get = (path: string, keepsResponse = true): CachedCall => ({
    route: `GET ${(path.split('?', 1)[0] as string)
      .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, '{id}')
      .replace(/\/messages\/[^/{]+$/, '/messages/{message}')
      .replace(/^\/v1\/projects\/[^/]+/, '/v1/projects/{project}')
      .replace(/^\/v1\/agents\/[^/]+/, '/v1/agents/{agent}')
      .replace(/^\/v1\/users\/[^/]+/, '/v1/users/{user}')
      .replace(/\/contexts\/[^/{]+$/, '/contexts/{label}')}`,
    name: `GET ${path
      .replace(first, ':first')
      .replace(second, ':second')
      .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, ':id')}`,
    path,
    keepsResponse,
    call: (api, headers) => api.get(path, { headers }),
  });
  const post = (path: string, what: string, body: object): CachedCall => ({
    name: `POST ${path}${what}`,
    route: `POST ${path}`,
    keepsResponse: false,
    call: (api, headers) => api.post(path, body, { headers }),
  });
  const recall = (by: string, body: object) => post('/v1/contexts/recall', ` by ${by}`, body);
  return [
    get('/v1/settings', false),
    // Touched too often for their bytes to be worth keeping.
    get(`/v1/sessions/${session}`, false),
    get(`/v1/sessions?project=${project}`, false),
    get(`/v1/sessions/${session}/entries`, false),
    get(`/v1/contexts/${first}`),
    get(`/v1/contexts/${second}`),
    get(`/v1/contexts?project=${project}`),
    get(`/v1/contexts?project=${project}&versions=all&limit=1`),
    get(`/v1/projects/${project}/contexts/${encodeURIComponent(label)}`),
    get(`/v1/projects/${project}/contexts/${encodeURIComponent(label)}?version=1`),
    get(`/v1/contexts/${first}/versions`),
    get(`/v1/contexts/${first}/preview`),
    get(`/v1/contexts/${second}/diff`),
    get(`/v1/conflicts?project=${project}`),
    get(`/v1/projects/${project}/tombstones`),
    get('/v1/projects'),
    get(`/v1/projects/${project}`),
    get(`/v1/projects/${project}/overview`),
    get(`/v1/handovers/latest?project=${project}`),
    get(`/v1/handovers/${handover}`),
    get(`/v1/handovers?project=${project}`),
    get('/v1/handovers'),
    get(`/v1/conversations?project=${project}`, false),
    get('/v1/conversations', false),
    get(`/v1/conversations/${conversation}`, false),
    get(`/v1/conversations/${conversation}/messages`, false),
    get(`/v1/conversations/${conversation}/messages?around=2&limit=3`, false),
    get(`/v1/conversations/${conversation}/messages/${message}`, false),
    get(`/v1/conversations/${conversation}/window`, false),
    get(`/v1/conversations/${conversation}/window?maxMessages=1&maxTokens=50`, false),
    // Their lives end by themselves: bytes would outlive them.
    get(`/v1/agents?project=${project}`, false),
    get(`/v1/agents/${agent}/state?project=${project}`, false),
    get(`/v1/agents/${agent}/checkpoints?project=${project}`, false),
    get(`/v1/agents/${agent}/checkpoints/${checkpoint}?project=${project}`, false),
    // As often written as read.
    get(`/v1/feedback?project=${project}`, false),
    get(`/v1/relevance?project=${project}&user=${user}`, false),
    get(`/v1/relevance?project=${project}&user=${user}&text=remember`, false),
    get(`/v1/users/${user}/profile`, false),
    get(`/v1/users/${user}/profile/history`, false),
    // Brought up to date from what its channels found, so its bytes are not kept.
    get(`/v1/search?project=${project}&q=remember&textLength=1000`, false),
    ...(inSession ? [get(`/v1/search?project=${project}&q=remember&session=${session}`, false)] : []),
    post('/v1/contexts/check', '', { project, text: 'I remember it.' }),
    recall('label', { project, labels: [label] }),
    recall('id', { ids: contexts }),
    recall('label, previews alone', { project, labels: [label], previewOnly: true }),
  ];
}
