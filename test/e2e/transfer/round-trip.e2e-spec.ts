import { gunzipSync, gzipSync } from 'node:zlib';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { exportProject, importProject } from '#test/support/export-file.js';
import { type Keepsake, startKeepsake } from '#test/support/keepsake.js';
import { withFirstAuthors } from './first-authors.js';

const TEXT = '# Lighthouse\n\nALWAYS light the lamp.\r\n\tsecond line \u0001\u2028 é ❌ 👩‍👩‍👧 \u{10ffff}';

const KINDS = [
  'sessions',
  'entries',
  'contexts',
  'handovers',
  'agentStates',
  'checkpoints',
  'conversations',
  'messages',
] as const;

/** A project with one of everything that can be said. */
async function fill(server: Keepsake, project: string): Promise<void> {
  const { api } = server;
  const put = async (label: string, content: string, more: object = {}) => {
    const { status, body } = await api.post('/v1/contexts', { project, label, content, ...more });
    expect(status).toBe(201);
    return body;
  };
  const { body: first } = await api.post('/v1/sessions', { project, client: 'one', metadata: { n: 1.5, é: [null] } });
  await api.post('/v1/conversations', { project, sessionId: first.id, title: 'empty' });
  await put('lamp/❌', TEXT, { sessionId: first.id, tags: ['a', 'ä b'], metadata: { deep: { list: [1, 'x'] } } });
  await put('lamp/❌', `${TEXT}\nagain`);
  const third = await put('lamp/❌', 'Now entirely different words about a foghorn.', { priority: 'important' });
  const old = await put('old rules', 'Never sail on Fridays.', { priority: 'reference' });
  await put('old rules', 'Never sail at all.', { priority: 'reference' });
  await api.patch(`/v1/contexts/${third.id}`, { tags: ['patched'], priority: 'always_check' });
  await api.post(`/v1/contexts/${old.id}/archive`, { reason: 'outdated', allVersions: true });
  const add = async (id: string, body: object) => (await api.post(`/v1/sessions/${id}/entries`, body)).body;
  const todo = await add(first.id, { kind: 'todo', text: 'Oil the hinges', metadata: { priority: 'high' } });
  await add(first.id, { kind: 'progress', text: 'Oiled the zygomatic hinges', resolves: [todo.id] });
  await add(first.id, { kind: 'todo', text: 'Paint the tower' });
  await api.post(`/v1/sessions/${first.id}/end`, { summary: 'The hinges are done.' });
  const { body: second } = await api.post('/v1/sessions', { project, client: 'two' });
  await add(second.id, { kind: 'question', text: 'Who has the key?' });
  // It leaves something here and goes on elsewhere.
  await api.patch(`/v1/sessions/${second.id}`, { project: `${project}-elsewhere`, metadata: { moved: true } });
  const { body: latest } = await api.get('/v1/handovers/latest', { query: { project } });
  await api.post(`/v1/handovers/${latest.handover.id}/acknowledge`, { sessionId: second.id });
  const agent = '/v1/agents/lamp%2F❌';
  const keep = async (body: object) => (await api.post(`${agent}/checkpoints`, { project, ...body })).body;
  await api.put(`${agent}/state`, { project, value: { z: [TEXT, null, 1.5], a: { toJSON: 1 } } });
  const parent = await keep({ name: 'lit', metadata: { by: TEXT } });
  await api.put(`${agent}/state`, { project, value: TEXT, ttlSeconds: 3_600 });
  await keep({ name: 'lit', parent: parent.id });
  await api.put('/v1/agents/gone/state', { project, value: 1 });
  await api.del('/v1/agents/gone/state', { query: { project } });
  await converse(server, project);
}

/** A conversation whose messages are of every kind, edited and deleted ones too, and one that is archived. */
async function converse({ api }: Keepsake, project: string): Promise<void> {
  const named = { externalId: 'chat/❌', user: 'ada', title: 'Lighthouse é ❌', metadata: { é: [1.5, null] } };
  const { body: chat } = await api.post('/v1/conversations', { project, ...named });
  const path = `/v1/conversations/${chat.id}`;
  const { body: said } = await api.post(`${path}/messages`, {
    messages: [
      { role: 'system', content: TEXT, createdAt: '2020-01-02T03:04:05.006Z' },
      { clientId: 'q', role: 'user', name: 'ada', content: 'How deep is the quarry?', metadata: { n: 1 } },
      {
        clientId: 'a',
        role: 'assistant',
        content: [
          { type: 'text', text: 'I look it up.' },
          { type: 'tool_call', id: 'c1', name: 'depth', arguments: { of: 'quarry' } },
          { type: 'hologram', toJSON: 1, deep: [[TEXT]] },
        ],
      },
      { role: 'tool', content: [{ type: 'tool_result', callId: 'c1', content: 'twelve fathoms' }] },
      { role: 'assistant', content: 'It is twelve fathoms deep.' },
      { role: 'user', content: 'Forget this: the porcupine.' },
    ],
  });
  const ids = said.items.map(({ id }: { id: string }) => id);
  await api.patch(`${path}/messages/${ids[4]}`, { content: 'It is thirteen fathoms deep.' });
  await api.del(`${path}/messages/${ids[5]}`);
  const { body: old } = await api.post('/v1/conversations', { project });
  await api.post(`/v1/conversations/${old.id}/messages`, { messages: [{ role: 'user', content: 'An old quarry.' }] });
  await api.post(`/v1/conversations/${old.id}/archive`);
}

/** Conversations with their messages and windows. */
async function conversationsSeen({ api }: Pick<Keepsake, 'api'>, project: string) {
  const { body } = await api.get('/v1/conversations', { query: { project, limit: 100 } });
  return Promise.all(
    body.items.map(async (conversation: { id: string }) => {
      const path = `/v1/conversations/${conversation.id}`;
      return {
        conversation,
        messages: (await api.get(`${path}/messages`, { query: { limit: 100 } })).body.items,
        window: (await api.get(`${path}/window`, { query: { maxMessages: 3 } })).body,
      };
    }),
  );
}

/** States and checkpoints with their values. */
async function agentsSeen({ api }: Pick<Keepsake, 'api'>, project: string) {
  const get = async (path: string) => (await api.get(path, { query: { project } })).body;
  const agents = (await get('/v1/agents')).items.map(({ agent }: { agent: string }) => encodeURIComponent(agent));
  return Promise.all(
    agents.map(async (agent: string) => {
      const { items } = await get(`/v1/agents/${agent}/checkpoints`);
      return {
        state: await get(`/v1/agents/${agent}/state`),
        checkpoints: await Promise.all(
          items.map(({ id }: { id: string }) => get(`/v1/agents/${agent}/checkpoints/${id}`)),
        ),
      };
    }),
  );
}

/** What readers see of a project, by the routes. */
async function seen({ api }: Keepsake, project: string) {
  const get = async (path: string, query = {}) =>
    (await api.get(path, { query: { project, limit: 100, ...query } })).body.items;
  const contexts = [
    ...(await get('/v1/contexts', { versions: 'all' })),
    ...(await get('/v1/contexts', { archived: 'true' })),
  ];
  const whole = await Promise.all(
    contexts.map(async ({ id }: { id: string }) => (await api.get(`/v1/contexts/${id}`)).body),
  );
  const handovers = await get('/v1/handovers');
  const sessionIds = new Set<string>([
    ...(await get('/v1/sessions')).map(({ id }: { id: string }) => id),
    ...handovers.map((one: any) => one.sessionId),
  ]);
  const sessions = await Promise.all(
    [...sessionIds].toSorted().map(async (id) => ({
      ...(await api.get(`/v1/sessions/${id}`)).body,
      project: undefined,
      entries: (await api.get(`/v1/sessions/${id}/entries`)).body.items,
    })),
  );
  const agents = await agentsSeen({ api }, project);
  const conversations = await conversationsSeen({ api }, project);
  const contextsSeen = whole.map((context) => ({ ...context, embedding: undefined }));
  const all = { contexts: contextsSeen, handovers, sessions, agents, conversations };
  return withFirstAuthors(all);
}

describe('a project that moves', () => {
  let database: TestDatabase;
  let embedded: Keepsake;
  let served: Keepsake;

  beforeAll(async () => {
    database = await createTestDatabase();
    const env = { EMBEDDING_PROVIDER: 'off', SESSION_SWEEP_SECONDS: '3600' };
    embedded = await startKeepsake({ env });
    served = await startKeepsake({ env: { ...env, DATABASE_URL: database.url } });
    await fill(embedded, 'atlas');
  }, 120_000);

  afterAll(async () => {
    await embedded?.remove();
    await served?.remove();
    await database?.drop();
  });

  it('is equal on the other database and when it comes back, byte for byte, with versions, archived ones and references', async () => {
    const before = await seen(embedded, 'atlas');
    expect(before.contexts).toHaveLength(5);
    expect(before.handovers).toHaveLength(2);
    expect(before.agents).toEqual([
      {
        state: expect.objectContaining({ version: 2, value: TEXT }),
        checkpoints: [expect.objectContaining({ value: TEXT }), expect.objectContaining({ version: 1, parent: null })],
      },
    ]);
    expect(before.conversations).toMatchObject([
      { conversation: { state: 'archived', messageCount: 1 } },
      { conversation: { externalId: 'chat/❌', messageCount: 5, lastSeq: 6 }, window: { truncated: true } },
      { conversation: { title: 'empty', lastSeq: 0, sessionId: expect.any(String) }, messages: [] },
    ]);
    const out = await exportProject(embedded, 'atlas');
    expect(out.lines[0]).toMatchObject({
      type: 'header',
      format: 'keepsake-project',
      formatVersion: 5,
      project: 'atlas',
      counts: {
        sessions: 2,
        entries: 4,
        contexts: 5,
        handovers: 2,
        agentStates: 1,
        checkpoints: 2,
        conversations: 3,
        messages: 6,
      },
    });
    expect(out.lines.map(({ type }) => type)).toEqual([
      'header',
      'project',
      'session',
      'session',
      ...Array(4).fill('entry'),
      ...Array(5).fill('context'),
      'handover',
      'handover',
      'agentState',
      'checkpoint',
      'checkpoint',
      ...Array(3).fill('conversation'),
      ...Array(6).fill('message'),
      'end',
    ]);
    expect(out.linesOf('context')[0]).toMatchObject({
      label: 'lamp/❌',
      version: 1,
      content: TEXT,
      tags: ['a', 'ä b'],
    });
    expect(out.text).not.toContain('workspace');

    const { status, body } = await importProject(served.api, 'atlas', out.bytes);
    expect({ status, body }).toMatchObject({
      status: 200,
      body: {
        project: 'atlas',
        dryRun: false,
        conflict: 'skip',
        file: { project: 'atlas', formatVersion: 5 },
        sessions: { created: 2, skipped: 0 },
        entries: { created: 4 },
        contexts: { created: 5, overwritten: 0, newVersions: 0, skipped: 0 },
        handovers: { created: 2 },
        agentStates: { created: 1, skipped: 0 },
        checkpoints: { created: 2, skipped: 0 },
        conversations: { created: 3, skipped: 0 },
        messages: { created: 6, skipped: 0 },
      },
    });
    expect(await seen(served, 'atlas')).toEqual(before);

    const again = await exportProject(served, 'atlas');
    expect(again.lines.slice(2, -1)).toEqual(out.lines.slice(2, -1));
    const { api } = embedded;
    expect((await api.del('/v1/projects/atlas', { query: { confirm: 'atlas' } })).status).toBe(200);
    await importProject(api, 'atlas', again.bytes);
    // The session that worked elsewhere by then was not deleted with the project.
    const { contexts, agents, conversations } = before;
    expect(await seen(embedded, 'atlas')).toMatchObject({ contexts, agents, conversations });
    expect((await exportProject(embedded, 'atlas')).linesOf('context')).toEqual(out.linesOf('context'));
  });

  it('is found, reported at the wake-up, and embedded again', async () => {
    const find = async (q: string) =>
      (await served.api.get('/v1/search', { query: { project: 'atlas', q, mode: 'keyword' } })).body.items;
    expect((await find('foghorn'))[0]).toMatchObject({ kind: 'context', label: 'lamp/❌', version: 3 });
    expect((await find('zygomatic'))[0]).toMatchObject({ kind: 'entry' });
    expect(await find('Fridays')).toEqual([]);
    expect((await find('thirteen'))[0]).toMatchObject({ kind: 'message', neighbours: [{ text: 'twelve fathoms' }] });
    expect(await find('porcupine')).toEqual([]);
    const { body } = await served.api.post('/v1/sessions', { project: 'atlas', client: 'next' });
    expect(body.wakeUp.handover).toMatchObject({ workDone: [], questions: [{ text: 'Who has the key?' }] });
    expect(body.wakeUp.contexts.map(({ label }: { label: string }) => label)).toEqual(['lamp/❌']);
    expect(body.wakeUp.todos.map(({ text }: { text: string }) => text)).toEqual(['Paint the tower']);
    expect(body.wakeUp.counts).toMatchObject({ contexts: 1, alwaysCheck: 1, openTodos: 1, handovers: 2 });
  });

  it('brings nothing new the second time, packed or not, and under another name copies once', async () => {
    const { bytes, text } = await exportProject(served, 'atlas');
    for (const file of [bytes, text, gzipSync(text)]) {
      const before = await seen(served, 'atlas');
      const { body } = await importProject(served.api, 'atlas', file);
      for (const kind of KINDS) expect([kind, body[kind].created]).toEqual([kind, 0]);
      expect(await seen(served, 'atlas')).toEqual(before);
    }
    const before = await seen(served, 'atlas');
    const copied = await importProject(served.api, 'copy', bytes);
    expect(copied.body).toMatchObject({ contexts: { created: 5 }, entries: { created: 4 }, handovers: { created: 2 } });
    const { body: again } = await importProject(served.api, 'copy', bytes);
    for (const kind of KINDS) expect([kind, again[kind].created]).toEqual([kind, 0]);
    const [[own], [copiedAgent]] = [await agentsSeen(served, 'atlas'), await agentsSeen(served, 'copy')] as any[];
    expect(copiedAgent.checkpoints.map(({ value }: any) => value)).toEqual(
      own.checkpoints.map(({ value }: any) => value),
    );
    // The parent of a copy is a copy.
    expect(copiedAgent.checkpoints[0].parent).toBe(copiedAgent.checkpoints[1].id);
    expect(copiedAgent.checkpoints[1].id).not.toBe(own.checkpoints[1].id);
    expect(copiedAgent.state).toMatchObject({ version: 2, value: own.state.value });
    const { body: over } = await importProject(served.api, 'copy', bytes, { conflict: 'overwrite' });
    expect([over.agentStates.overwritten, over.checkpoints.overwritten]).toEqual([1, 2]);
    expect((await agentsSeen(served, 'copy'))[0]).toMatchObject({
      state: { version: 3, value: own.state.value },
      checkpoints: copiedAgent.checkpoints,
    });
    expect(await seen(served, 'atlas')).toEqual(before);
    const copy = await exportProject(served, 'copy');
    const plain = (lines: Record<string, any>[]) =>
      lines.map(({ label, version, content, text: words }) => ({ label, version, content, words }));
    for (const type of ['context', 'entry'])
      expect(plain(copy.linesOf(type))).toEqual(plain((await exportProject(served, 'atlas')).linesOf(type)));
    // References lead to the copies.
    const ids = new Set(copy.linesOf('entry').map(({ id }) => id));
    const contexts = new Set(copy.linesOf('context').map(({ id }) => id));
    const items = copy
      .linesOf('handover')
      .flatMap(({ content }) => [...content.workDone, ...content.openTodos, ...content.questions]);
    expect(items.length).toBeGreaterThan(2);
    expect(items.every(({ entryId }) => ids.has(entryId))).toBe(true);
    const used = copy.linesOf('handover').flatMap(({ content }) => content.contextsUsed);
    expect(used.length).toBeGreaterThan(0);
    expect(used.every(({ id }: { id: string }) => contexts.has(id))).toBe(true);
  });

  it('T42 leaves out what was deleted: a project that is gone exports nothing', async () => {
    const { api } = served;
    await api.post('/v1/contexts', { project: 'gone', label: 'secret', content: 'A secret text' });
    expect((await exportProject(served, 'gone')).text).toContain('A secret text');
    await api.del('/v1/projects/gone', { query: { confirm: 'gone' } });
    const { lines, text } = await exportProject(served, 'gone');
    expect(lines.map(({ type }) => type)).toEqual(['header', 'project', 'end']);
    expect(text).not.toContain('secret');
  });

  it('T42 leaves out purged versions and shows archived ones as such', async () => {
    const { api } = served;
    const { body } = await api.post('/v1/contexts', { project: 'kept', label: 'a', content: 'Purge me' });
    await api.post(`/v1/contexts/${body.id}/archive`, { reason: 'old' });
    expect((await exportProject(served, 'kept')).linesOf('context')).toMatchObject([{ archiveReason: 'old' }]);
  });

  it('answers HEAD without reading, takes no other method, and knows the scopes', async () => {
    const { api } = served;
    const head = await api.send('HEAD', '/v1/projects/atlas/export');
    expect(head.status).toBe(200);
    expect(head.headers.get('content-type')).toBe('application/gzip');
    const key = async (...scopes: string[]) => api.as((await api.post('/v1/keys', { name: 'k', scopes })).body.key);
    const { text } = await exportProject(served, 'atlas');
    expect((await (await key('memory:write')).get('/v1/projects/atlas/export')).status).toBe(403);
    expect((await importProject(await key('memory:read'), 'atlas', text)).status).toBe(403);
    expect((await importProject(await key('memory:write'), 'atlas', text)).status).toBe(200);
    expect(gunzipSync((await exportProject(served, 'atlas')).bytes).length).toBeGreaterThan(1_000);
  });
});
