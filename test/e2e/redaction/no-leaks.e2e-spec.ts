import { randomUUID } from 'node:crypto';
import type { Api } from '#test/support/api.js';
import { eventually } from '#test/support/eventually.js';
import { RESTART_PLACES, RestartedServers } from '#test/support/restarted-servers.js';
import { secretSamples } from '#test/support/secrets.js';
import { rowsFor } from '#test/support/table-rows.js';
import { type Place, WAYS_IN } from './ways-in.js';

type Mode = 'mask' | 'refuse' | 'report' | 'off';

const sampled = (mode: Mode, every: number) => secretSamples(mode).filter((_, index) => index % every === 0);
/** Of each mode its own: where one is found, it is known which mode let it through. */
const SECRETS = {
  mask: sampled('mask', 6),
  refuse: sampled('refuse', 12),
  report: sampled('report', 12),
  off: sampled('off', 12),
} as const;

/** Beside the table of ways in, calls whose texts are kept for another reason than to be found. */
async function sendMore({ api, project }: Place, text: string): Promise<void> {
  const kept = { headers: { 'idempotency-key': randomUUID() } };
  const label = `more-${randomUUID()}`;
  const { id } = (await api.post('/v1/contexts', { project, label, content: 'Something.' })).body;
  const conversation = (await api.post('/v1/conversations', { project })).body.id;
  const said = `/v1/conversations/${conversation}/messages`;
  await api.post(said, { messages: [{ role: 'user', content: 'Something.' }] });
  const message = (await api.get(said)).body.items[0].id;
  await Promise.all([
    api.post('/v1/contexts', { project, label: `kept-${label}`, content: text }, kept),
    api.post('/v1/embeddings', { input: [text] }),
    api.patch(`${said}/${message}`, { content: text }),
    api.patch('/v1/users/ada/profile', { profile: { note: text } }),
    api.post('/v1/feedback', { project, user: 'ada', contextId: id, kind: 'note', value: text }),
    api.post('/v1/agents/planner/checkpoints', { project, name: label, metadata: { text } }),
    api.post(`/v1/contexts/${id}/archive`, { reason: text }),
  ]);
  const forgotten = (await api.post('/v1/contexts', { project, label: `gone-${label}`, content: 'Nothing.' })).body;
  await api.post(`/v1/contexts/${forgotten.id}/forget`, { reason: text, tombstone: true });
}

/** Fills caches with what is there. */
async function readAll(api: Api, project: string): Promise<void> {
  const ids = (await api.get('/v1/contexts', { query: { project, limit: 100 } })).body.items as { id: string }[];
  const conversations = (await api.get('/v1/conversations', { query: { project } })).body.items as { id: string }[];
  await Promise.all([
    ...ids.slice(0, 20).map(({ id }) => api.get(`/v1/contexts/${id}`)),
    ...conversations.flatMap(({ id }) => [
      api.get(`/v1/conversations/${id}/messages`),
      api.get(`/v1/conversations/${id}/window`),
    ]),
    ...['hybrid', 'semantic', 'keyword'].map((mode) =>
      api.get('/v1/search', { query: { project, q: 'use it as the key', mode, limit: 100 } }),
    ),
    api.get(`/v1/projects/${project}/overview`),
    api.get('/v1/handovers/latest', { query: { project } }),
    api.get('/v1/agents/planner/state', { query: { project } }),
    api.get('/v1/users/ada/profile'),
    api.get('/v1/jobs', { query: { limit: 100 } }),
    api.post('/v1/sessions', { project }),
    api.post('/v1/contexts/check', { project, text: 'I am about to use the key.' }),
  ]);
}

describe.each(RESTART_PLACES)('secrets that were sent, on %s', (_, isShared) => {
  let place: RestartedServers;
  const secretsOf = (mode: Mode) => rowsFor(isShared, SECRETS[mode]);
  const plantedIn = (mode: Mode) => secretsOf(mode).map(({ secret }) => secret);
  const textsOf = (mode: Mode) => secretsOf(mode).map(({ text }) => text);

  beforeAll(async () => {
    place = await RestartedServers.make(isShared, {
      LOG_LEVEL: 'trace',
      LOG_SLOW_STATEMENT_MS: '1',
      LOG_SLOW_REQUEST_MS: '1',
      WORKER_POLL_SECONDS: '1',
    });
    await place.start();
  }, 180_000);

  afterAll(async () => {
    await place?.remove();
  }, 120_000);

  /** A workspace of its own with this mode, set by one process; what is sent goes to the other. */
  async function workspaceIn(mode: Mode): Promise<Place> {
    const { here } = place;
    const server = place.servers.at(-1)!;
    await here.api.post('/v1/workspaces', { slug: mode });
    const scopes = ['memory:read', 'memory:write', 'admin', 'embeddings'];
    const made = await here.api.post('/v1/keys', { name: mode, scopes }, { headers: { 'x-keepsake-workspace': mode } });
    const key = made.body.key as string;
    expect((await here.api.as(key).patch('/v1/settings', { redaction: { mode } })).status).toBe(200);
    return { server, key, api: server.api.as(key), project: 'p' };
  }

  it('masked and refused ones are in no row, key of Redis, job or log; others are where they were put', async () => {
    for (const mode of ['report', 'off', 'mask'] as const) {
      const to = await workspaceIn(mode);
      for (const send of Object.values(WAYS_IN)) await send(to, textsOf(mode));
      for (const text of textsOf(mode)) await sendMore(to, text);
    }
    const refusing = await workspaceIn('refuse');
    for (const [name, send] of Object.entries(WAYS_IN))
      for (const text of textsOf('refuse')) {
        const refused = await send(refusing, [text]).then(
          () => false,
          () => true,
        );
        expect([name, refused]).toEqual([name, true]);
      }
    for (const text of textsOf('refuse')) await sendMore(refusing, text);

    for (const mode of ['report', 'off', 'mask', 'refuse'] as const) {
      const { body } = await place.here.api.post(
        '/v1/keys',
        { name: 'reader', scopes: ['memory:read', 'memory:write', 'admin'] },
        { headers: { 'x-keepsake-workspace': mode } },
      );
      const list = () => place.here.api.as(body.key).get('/v1/contexts', { query: { project: 'p', limit: 100 } });
      await eventually(
        async () => (await list()).body.items.every(({ embedding }: { embedding: string }) => embedding === 'ready'),
        { timeoutMs: 90_000, everyMs: 250, what: `the vectors of ${mode}` },
      );
      for (const { api } of place.servers) await readAll(api.as(body.key), 'p');
    }

    await place.stop();
    const logs = place.servers.map(({ stdout, stderr }) => `${stdout}\n${stderr}`).join('\n');
    expect(logs.length).toBeGreaterThan(100_000);
    expect(logs).toContain('/v1/contexts/ingest');
    const all = (Object.keys(SECRETS) as Mode[]).flatMap(plantedIn);
    expect(all.filter((secret) => logs.includes(secret))).toEqual([]);

    const found = await place.textsIn(all);
    const placesOf = (mode: Mode) => [
      ...new Set(found.filter(({ text }) => plantedIn(mode).includes(text)).map(({ place: at }) => at)),
    ];
    expect(placesOf('mask')).toEqual([]);
    expect(placesOf('refuse')).toEqual([]);
    for (const mode of ['report', 'off'] as const) {
      const places = placesOf(mode);
      for (const expected of ['contexts.content', 'messages.content', 'session_entries.text', 'search_segments.text'])
        expect([mode, places]).toEqual([mode, expect.arrayContaining([expected])]);
      if (isShared) expect(places.filter((at) => at.startsWith('ks:')).length).toBeGreaterThan(5);
      const missing = plantedIn(mode).filter((secret) => !found.some(({ text }) => text === secret));
      expect([mode, missing]).toEqual([mode, []]);
    }
  }, 400_000);
});
