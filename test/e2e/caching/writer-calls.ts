import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type pg from 'pg';
import type { Api, ApiAnswer } from '#test/support/api.js';
import { eventually } from '#test/support/eventually.js';
import { exportProject, importProject } from '#test/support/export-file.js';
import { createKeepsake, type Keepsake, startKeepsake } from '#test/support/keepsake.js';
import { transcripts } from '#test/support/transcripts.js';
import type { Memory } from './cached-calls.js';

/** What a writer acts on. */
export interface Given {
  readonly memory: Memory;
  /** Another project with the same label. */
  readonly other: Memory;
  /** A key, which calls are made with as well. */
  readonly keyId: string;
  /** Of a workspace that is not there yet. */
  readonly newSlug: string;
  /** A key that nobody has been given yet. */
  readonly newKey: string;
  /** Where it writes, with a key of its own: another start may end that of the configuration. */
  readonly here: Pick<Keepsake, 'url' | 'key' | 'api'>;
  /** One that reads the source itself. */
  readonly source: Api;
  readonly sql: pg.Client;
  /** The environment of another process on the same services. */
  readonly env: Readonly<Record<string, string>>;
  /** Starts a worker, where none runs. */
  readonly startWorker: () => Promise<unknown>;
}

interface WriterCall {
  /** Before anything is read. */
  readonly prepare?: (given: Given) => Promise<unknown>;
  readonly write: (given: Given) => Promise<unknown>;
}

type Sent = Promise<ApiAnswer<any>>;

async function done(answer: Sent): Promise<any> {
  const { status, body } = await answer;
  if (status >= 300) throw new Error(`a write answered ${status}: ${JSON.stringify(body)}`);
  return body;
}

const by = (send: (api: Api, memory: Memory, given: Given) => Sent): WriterCall => ({
  write: (given) => done(send(given.here.api, given.memory, given)),
});

/** What SQL has changed behind the cache is not to be mixed up with what the writer changes. */
const forget = ({ here, memory }: Given, what: object = { project: memory.project }) =>
  done(here.api.post('/v1/admin/cache/invalidations', { ...what, reason: 'a test' }));

/** Both versions have not been read or changed for a year, whatever has counted their reads meanwhile. */
async function leaveUnused({ sql, memory }: Given): Promise<void> {
  await sql.query(
    `UPDATE contexts SET created_at = now() - interval '1 year', updated_at = now() - interval '1 year'
     WHERE id = ANY($1::uuid[])`,
    [memory.contexts],
  );
  await sql.query('DELETE FROM context_usage WHERE context_id = ANY($1::uuid[])', [memory.contexts]);
}

/** What is always to be checked is kept for ever. */
async function letRetain({ here, memory }: Given): Promise<void> {
  await done(here.api.put(`/v1/retention/${memory.project}`, { archiveAfterDays: 30 }));
  for (const id of memory.contexts) await done(here.api.patch(`/v1/contexts/${id}`, { priority: 'reference' }));
}

const isArchived = async ({ source, memory }: Given) =>
  (await source.get(`/v1/contexts/${memory.contexts[1]}`)).body.archivedAt !== null;

/** Resolves when every job of this name is done, one more among them where `isMore`. */
async function runJob({ sql }: Given, job: string, isMore: boolean): Promise<void> {
  if (isMore)
    await sql.query(
      `INSERT INTO pgboss.job (name, data, start_after, singleton_key)
       VALUES ($1, '{"payload":{}}', now() - interval '1 second', gen_random_uuid()::text)`,
      [job],
    );
  await eventually(
    async () => {
      const { rows } = await sql.query(
        `SELECT count(*) FILTER (WHERE state = 'completed') AS done, count(*) AS all FROM pgboss.job WHERE name = $1`,
        [job],
      );
      return Number(rows[0].done) > 0 && rows[0].done === rows[0].all;
    },
    { timeoutMs: 60_000, what: `${job} to be done` },
  );
}

async function command(given: Given, ...args: string[]): Promise<void> {
  const process = await createKeepsake({ args, env: given.env });
  try {
    const [code] = (await once(process.spawn(), 'close')) as [number];
    if (code !== 0) throw new Error(`keepsake ${args.join(' ')} ended with ${code}: ${process.stderr}`);
  } finally {
    await process.remove();
  }
}

/** How each writer of the table is called, on the very things that the cached reads show. */
export const WRITER_CALLS: Readonly<Record<string, WriterCall>> = {
  'POST /v1/workspaces': by((api, _, { newSlug }) => api.post('/v1/workspaces', { slug: newSlug })),
  'PATCH /v1/settings': {
    async write({ here, source }) {
      const { redaction } = await done(source.get('/v1/settings'));
      const detectors = { phones: !redaction.detectors.phones };
      await done(here.api.patch('/v1/settings', { redaction: { detectors } }));
    },
  },
  'POST /v1/keys': by((api) => api.post('/v1/keys', { name: 'another', scopes: ['memory:read'] })),
  'POST /v1/keys/{id}/rotate': by((api, _, { keyId }) => api.post(`/v1/keys/${keyId}/rotate`)),
  'PATCH /v1/keys/{id}': by((api, _, { keyId }) => api.patch(`/v1/keys/${keyId}`, { scopes: ['memory:write'] })),
  'DELETE /v1/keys/{id}': by((api, _, { keyId }) => api.del(`/v1/keys/${keyId}`)),
  'POST /v1/sessions': by((api, { project }) => api.post('/v1/sessions', { project })),
  'PATCH /v1/sessions/{id}': by((api, { session }) => api.patch(`/v1/sessions/${session}`, { summary: 'changed' })),
  'POST /v1/sessions/{id}/heartbeat': {
    async prepare(given) {
      const { sql, memory } = given;
      await sql.query(
        `UPDATE sessions SET created_at = now() - interval '20 minutes', last_active_at = now() - interval '10 minutes'
         WHERE id = $1`,
        [memory.session],
      );
      await forget(given, { session: memory.session });
    },
    write: ({ here, memory }) => done(here.api.post(`/v1/sessions/${memory.session}/heartbeat`)),
  },
  'POST /v1/sessions/{id}/entries': by((api, { session }) =>
    api.post(`/v1/sessions/${session}/entries`, { kind: 'todo', text: 'remember another' }),
  ),
  'POST /v1/sessions/{id}/end': by((api, { session }) => api.post(`/v1/sessions/${session}/end`)),
  'POST /v1/contexts': by((api, { project, label }) =>
    api.post('/v1/contexts', { project, label, content: 'Always remember the third.', priority: 'always_check' }),
  ),
  'POST /v1/contexts/batch': by((api, { project, label }) =>
    api.post('/v1/contexts/batch', { project, items: [{ label, content: 'Always remember the batch.' }] }),
  ),
  'POST /v1/contexts/ingest': by((api, { project, label }) =>
    api.post('/v1/contexts/ingest', { project, label, content: '# A document\n\nAlways remember the document.' }),
  ),
  'PATCH /v1/contexts/{id}': by((api, { contexts: [, second] }) =>
    api.patch(`/v1/contexts/${second}`, { tags: ['new'] }),
  ),
  'POST /v1/contexts/{id}/archive': by((api, { contexts: [, second] }) =>
    api.post(`/v1/contexts/${second}/archive`, { force: true }),
  ),
  'POST /v1/contexts/{id}/restore': {
    prepare: ({ here, memory }) => done(here.api.post(`/v1/contexts/${memory.contexts[1]}/archive`, { force: true })),
    write: ({ here, memory }) => done(here.api.post(`/v1/contexts/${memory.contexts[1]}/restore`)),
  },
  'DELETE /v1/contexts/{id}': by((api, { contexts: [, second] }) => api.del(`/v1/contexts/${second}`)),
  'DELETE /v1/projects/{project}/contexts/{label}': by((api, { project, label }) =>
    api.del(`/v1/projects/${project}/contexts/${encodeURIComponent(label)}`),
  ),
  'POST /v1/contexts/{id}/forget': by((api, { contexts: [, second] }) =>
    api.post(`/v1/contexts/${second}/forget`, { reason: 'a test', tombstone: true }),
  ),
  'POST /v1/projects/{project}/contexts/{label}/forget': by((api, { project, label }) =>
    api.post(`/v1/projects/${project}/contexts/${encodeURIComponent(label)}/forget`, { tombstone: true }),
  ),
  'DELETE /v1/projects/{project}/tombstones/{id}': {
    async prepare({ here, memory: { project } }) {
      const { id } = await done(here.api.post('/v1/contexts', { project, label: 'rejected', content: 'Forget it.' }));
      await done(here.api.post(`/v1/contexts/${id}/forget`, { tombstone: true }));
    },
    async write({ here, source, memory: { project } }) {
      const { items } = await done(source.get(`/v1/projects/${project}/tombstones`));
      await done(here.api.del(`/v1/projects/${project}/tombstones/${items[0].id}`));
    },
  },
  'POST /v1/conflicts/{id}/resolve': {
    // No worker finds one here.
    async prepare({ here, sql, memory: { project, contexts } }) {
      const { id } = await done(here.api.post('/v1/contexts', { project, label: 'newer', content: 'Forget it.' }));
      await sql.query(
        `INSERT INTO context_conflicts (workspace_id, id, project_id, older_id, newer_id, rule, state, created_at)
         SELECT workspace_id, gen_random_uuid(), project_id, id, $2, 'change-from', 'open', now() FROM contexts WHERE id = $1`,
        [contexts[1], id],
      );
    },
    async write({ here, source, memory: { project } }) {
      const { items } = await done(source.get('/v1/conflicts', { query: { project } }));
      await done(here.api.post(`/v1/conflicts/${items[0].id}/resolve`, { disposition: 'keep_new' }));
    },
  },
  'POST /v1/handovers': by((api, { project }) => api.post('/v1/handovers', { project, summary: 'by hand' })),
  'POST /v1/handovers/{id}/acknowledge': by((api, { handover, session }) =>
    api.post(`/v1/handovers/${handover}/acknowledge`, { sessionId: session }),
  ),
  'POST /v1/conversations': by((api, { project }) => api.post('/v1/conversations', { project, title: 'another' })),
  'PATCH /v1/conversations/{id}': by((api, { conversation }) =>
    api.patch(`/v1/conversations/${conversation}`, { title: 'changed' }),
  ),
  'POST /v1/conversations/{id}/archive': by((api, { conversation }) =>
    api.post(`/v1/conversations/${conversation}/archive`),
  ),
  'POST /v1/conversations/{id}/restore': {
    prepare: ({ here, memory }) => done(here.api.post(`/v1/conversations/${memory.conversation}/archive`)),
    write: ({ here, memory }) => done(here.api.post(`/v1/conversations/${memory.conversation}/restore`)),
  },
  'DELETE /v1/conversations/{id}': by((api, { conversation }) => api.del(`/v1/conversations/${conversation}`)),
  'POST /v1/conversations/{id}/messages': by((api, { conversation }) =>
    api.post(`/v1/conversations/${conversation}/messages`, {
      messages: [{ role: 'user', content: 'remember a third' }],
    }),
  ),
  'PATCH /v1/conversations/{id}/messages/{message}': by((api, { conversation, message }) =>
    api.patch(`/v1/conversations/${conversation}/messages/${message}`, { content: 'remember it otherwise' }),
  ),
  'DELETE /v1/conversations/{id}/messages/{message}': by((api, { conversation, message }) =>
    api.del(`/v1/conversations/${conversation}/messages/${message}`),
  ),
  'DELETE /v1/conversations/{id}/messages': by((api, { conversation }) =>
    api.del(`/v1/conversations/${conversation}/messages`),
  ),
  'PUT /v1/agents/{agent}/state': by((api, { project, agent }) =>
    api.put(`/v1/agents/${agent}/state`, { project, value: { step: 2 } }),
  ),
  'PATCH /v1/agents/{agent}/state': by((api, { project, agent }) =>
    api.patch(`/v1/agents/${agent}/state`, { project, value: { step: 3 } }),
  ),
  'POST /v1/feedback': by((api, { project, user, contexts: [, contextId] }) =>
    api.post('/v1/feedback', { project, user, contextId, kind: 'thumbs', value: 'up' }),
  ),
  'PATCH /v1/users/{user}/profile': by((api, { user }) =>
    api.patch(`/v1/users/${user}/profile`, { profile: { step: 2 } }),
  ),
  'DELETE /v1/agents/{agent}/state': by((api, { project, agent }) =>
    api.del(`/v1/agents/${agent}/state`, { query: { project } }),
  ),
  'POST /v1/agents/{agent}/checkpoints': by((api, { project, agent }) =>
    api.post(`/v1/agents/${agent}/checkpoints`, { project, name: 'another' }),
  ),
  'DELETE /v1/agents/{agent}/checkpoints/{id}': by((api, { project, agent, checkpoint }) =>
    api.del(`/v1/agents/${agent}/checkpoints/${checkpoint}`, { query: { project } }),
  ),
  'POST /v1/agents/{agent}/restore': by((api, { project, agent, checkpoint }) =>
    api.post(`/v1/agents/${agent}/restore`, { project, checkpoint }),
  ),
  'POST /v1/retention/{project}/run': {
    prepare: letRetain,
    write: (given) =>
      eventually(
        async () => {
          await leaveUnused(given);
          await done(given.here.api.post(`/v1/retention/${given.memory.project}/run`, { dryRun: false }));
          return isArchived(given);
        },
        { what: 'the contexts to be archived' },
      ),
  },
  'DELETE /v1/projects/{project}': by((api, { project }) =>
    api.del(`/v1/projects/${project}`, { query: { confirm: project } }),
  ),
  // What it leaves elsewhere was made in a session that goes with it.
  'DELETE /v1/projects/{project} that a session went to': {
    prepare: ({ here, memory, other }) =>
      done(here.api.patch(`/v1/sessions/${memory.session}`, { project: other.project })),
    write: ({ here, other: { project } }) =>
      done(here.api.del(`/v1/projects/${project}`, { query: { confirm: project } })),
  },
  'POST /v1/projects/{project}/import': {
    async write({ here, memory, other }) {
      const { bytes } = await exportProject(here, other.project);
      await done(importProject(here.api, memory.project, bytes, { conflict: 'new_version' }));
    },
  },
  'POST /v1/projects/{project}/transcripts': {
    write: ({ here, memory }) =>
      done(
        here.api.post(`/v1/projects/${memory.project}/transcripts`, transcripts.openai, {
          headers: { 'content-type': 'application/octet-stream' },
          query: { externalId: randomUUID() },
        }),
      ),
  },
  'job session-sweep': {
    async prepare(given) {
      const { sql, memory } = given;
      await given.startWorker();
      // One is due when a worker starts.
      await runJob(given, 'session-sweep', false);
      await sql.query(
        `UPDATE sessions SET created_at = now() - interval '1 day', last_active_at = now() - interval '1 day'
         WHERE id = $1`,
        [memory.session],
      );
      await forget(given, { session: memory.session });
    },
    write: (given) => runJob(given, 'session-sweep', true),
  },
  'job context-retention': {
    async prepare(given) {
      await given.startWorker();
      await runJob(given, 'context-retention', false);
      await letRetain(given);
    },
    write: (given) =>
      eventually(
        async () => {
          await leaveUnused(given);
          await runJob(given, 'context-retention', true);
          return isArchived(given);
        },
        { timeoutMs: 60_000, what: 'the contexts to be archived' },
      ),
  },
  'command keys': { write: (given) => command(given, 'keys', 'revoke', given.keyId) },
  'start: the key of KEEPSAKE_BOOTSTRAP_KEY': {
    async write({ env, newKey }) {
      const another = await startKeepsake({ env: { ...env, KEEPSAKE_BOOTSTRAP_KEY: newKey, WORKER_ENABLED: 'false' } });
      await another.remove();
    },
  },
  'time: reads are counted': {
    async write({ here, source, memory }) {
      const uses = async () => {
        const { body } = await source.get(`/v1/projects/${memory.project}/overview`);
        return JSON.stringify(body.mostUsed);
      };
      const before = await uses();
      await done(here.api.get(`/v1/contexts/${memory.contexts[1]}`));
      await eventually(async () => (await uses()) !== before, { timeoutMs: 30_000, what: 'the reads to be counted' });
    },
  },
};

/** Calls of routes that change nothing that is cached. */
export const HARMLESS_CALLS: Readonly<Record<string, (given: Given) => Sent>> = {
  'POST /v1/contexts/check': ({ here, memory: { project } }) =>
    here.api.post('/v1/contexts/check', { project, text: 'I remember another.' }),
  'POST /v1/contexts/recall': ({ here, memory: { project, label } }) =>
    here.api.post('/v1/contexts/recall', { project, labels: [label] }),
  'PUT /v1/retention/{project}': ({ here, memory: { project } }) =>
    here.api.put(`/v1/retention/${project}`, { archiveAfterDays: 300 }),
  'PATCH /v1/projects/{project}': ({ here, memory: { project } }) =>
    here.api.patch(`/v1/projects/${project}`, { supersede: 'propose', retention: { archiveAfterDays: 300 } }),
  'POST /v1/admin/cache/test': ({ here }) => here.api.post('/v1/admin/cache/test'),
  'POST /v1/admin/cache/warm': ({ here, memory: { project } }) => here.api.post('/v1/admin/cache/warm', { project }),
  'PATCH /v1/admin/cache/families/{name}': ({ here }) =>
    here.api.patch('/v1/admin/cache/families/rerank', { ttlMs: 60_000, reason: 'a test' }),
  'POST /v1/admin/cache/rate-limits/reset': ({ here, keyId }) =>
    here.api.post('/v1/admin/cache/rate-limits/reset', { principal: `key:${keyId}`, reason: 'a test' }),
  'POST /mcp': ({ here }) =>
    here.api.post(
      '/mcp',
      { jsonrpc: '2.0', id: 1, method: 'tools/list' },
      { headers: { accept: 'application/json, text/event-stream' } },
    ),
};
