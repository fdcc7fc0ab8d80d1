import { randomUUID } from 'node:crypto';
import { type Api, api } from '#test/support/api.js';
import { eventually } from '#test/support/eventually.js';
import type { Keepsake } from '#test/support/keepsake.js';

/** A workspace with one of everything, and what is needed to call each route on it. */
export interface PopulatedWorkspace {
  readonly slug: string;
  /** A key with every scope but `operator`. */
  readonly key: string;
  readonly api: Api;
  /** In every text that this workspace stores: whoever meets it elsewhere met a leak. */
  readonly marker: string;
  readonly project: string;
  readonly ids: {
    readonly session: string;
    readonly endedSession: string;
    readonly entry: string;
    readonly context: string;
    readonly label: string;
    readonly handover: string;
    readonly conversation: string;
    /** Of that conversation. */
    readonly message: string;
    /** Name of an agent that has a state. */
    readonly agent: string;
    readonly checkpoint: string;
    /** Name of a user that has a profile. */
    readonly user: string;
    readonly key: string;
    /** Turned off: nothing of it changes by itself. */
    readonly webhook: string;
    /** Of that webhook. */
    readonly delivery: string;
    /** Of no conflict: they are found in the background, and conflicts.e2e-spec.ts has them. */
    readonly conflict: string;
    readonly tombstone: string;
    /** Of no job: those that spanningJobOf finds are the operator's. */
    readonly job: string;
  };
}

/** @param tier of its key; absent: the usual limits */
export async function populateWorkspace(server: Keepsake, slug: string, tier?: string): Promise<PopulatedWorkspace> {
  const marker = `marker-of-${slug}`;
  await created(server.api.post('/v1/workspaces', { slug }));
  const newKey = await created(
    server.api.post(
      '/v1/keys',
      {
        name: marker,
        scopes: ['memory:read', 'memory:write', 'embeddings', 'admin'],
        ...(tier === undefined ? {} : { tier }),
      },
      { headers: { 'x-keepsake-workspace': slug } },
    ),
  );
  const own = api(server.url, newKey.key);
  const project = 'atlas';
  const ended = await created(own.post('/v1/sessions', { project, client: marker }));
  await created(own.post(`/v1/sessions/${ended.id}/entries`, { kind: 'progress', text: `did ${marker}` }));
  const { body: end } = await own.post(`/v1/sessions/${ended.id}/end`, { summary: `ended ${marker}` });
  const session = await created(own.post('/v1/sessions', { project, client: marker, metadata: { note: marker } }));
  const entry = await created(own.post(`/v1/sessions/${session.id}/entries`, { kind: 'todo', text: `todo ${marker}` }));
  const context = await created(
    own.post('/v1/contexts', {
      project,
      label: `label/${marker}`,
      content: `# Title\n\nAlways remember the lighthouse ${marker}.`,
      sessionId: session.id,
      tags: ['t'],
    }),
  );
  const conversation = await created(own.post('/v1/conversations', { project, user: marker, title: marker }));
  const messages = [{ role: 'user', content: `said ${marker}`, clientId: 'first' }];
  const said = await created(own.post(`/v1/conversations/${conversation.id}/messages`, { messages }));
  const wrong = await created(own.post('/v1/contexts', { project, label: 'wrong', content: `wrong ${marker}` }));
  const { body: forgotten } = await own.post(`/v1/contexts/${wrong.id}/forget`, { reason: marker, tombstone: true });
  const agent = 'planner';
  await created(own.put(`/v1/agents/${agent}/state`, { project, value: { note: marker } }));
  const checkpoint = await created(
    own.post(`/v1/agents/${agent}/checkpoints`, { project, name: 'c', metadata: { marker } }),
  );
  const user = 'ada';
  const { status } = await own.patch(`/v1/users/${user}/profile`, { profile: { note: marker } });
  if (status !== 200) throw new Error(`a profile was refused: ${status}`);
  await created(own.post('/v1/feedback', { project, user, contextId: context.id, kind: 'note', value: marker }));
  const webhook = await created(
    own.post('/v1/webhooks', {
      url: `https://localhost/${marker}`,
      events: ['handover.created'],
      description: marker,
    }),
  );
  const { body: delivery } = await own.post(`/v1/webhooks/${webhook.id}/test`);
  await own.patch(`/v1/webhooks/${webhook.id}`, { enabled: false });
  return {
    slug,
    key: newKey.key,
    api: own,
    marker,
    project,
    ids: {
      session: session.id,
      endedSession: ended.id,
      entry: entry.id,
      context: context.id,
      label: context.label,
      handover: end.handover.id,
      conversation: conversation.id,
      message: said.items[0].id,
      agent,
      checkpoint: checkpoint.id,
      user,
      key: newKey.id,
      webhook: webhook.id,
      delivery: delivery.id,
      conflict: randomUUID(),
      tombstone: forgotten.tombstones[0],
      job: randomUUID(),
    },
  };
}

/** The id of a job that spans workspaces: nobody's but the operator's. The server must run the worker. */
export async function spanningJobOf(server: Keepsake): Promise<string> {
  return eventually(async () => {
    const { body } = await server.api.get('/v1/jobs', { query: { all: 'true' } });
    return (body.items as { id: string }[])[0]!.id;
  });
}

async function created(answer: Promise<{ status: number; body: any }>): Promise<any> {
  const { status, body } = await answer;
  if (status !== 201) throw new Error(`expected 201, got ${status}: ${JSON.stringify(body)}`);
  return body;
}

/** What a read of a workspace's own things answers: it must be the same before and after another one's calls. */
export async function stateOf({ api: own, ids, project }: PopulatedWorkspace): Promise<unknown> {
  const paths = [
    `/v1/sessions/${ids.session}`,
    `/v1/sessions/${ids.session}/entries`,
    `/v1/contexts/${ids.context}`,
    `/v1/contexts?project=${project}`,
    `/v1/handovers?project=${project}`,
    `/v1/conversations?project=${project}`,
    `/v1/conversations/${ids.conversation}/messages`,
    `/v1/agents/${ids.agent}/state?project=${project}`,
    `/v1/agents/${ids.agent}/checkpoints?project=${project}`,
    `/v1/users/${ids.user}/profile`,
    `/v1/feedback?project=${project}`,
    `/v1/keys`,
  ];
  return Promise.all(paths.map(async (path) => [path, (await own.get(path)).body]));
}
