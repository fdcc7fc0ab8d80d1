import { randomUUID } from 'node:crypto';
import { CachingFixture } from '#test/e2e/caching/caching-places.js';
import { exportProject, importProject } from '#test/support/export-file.js';
import type { Keepsake } from '#test/support/keepsake.js';
import { projectFile } from '#test/support/project-file.js';
import { withFirstAuthors } from './first-authors.js';

const AT = '2026-01-01T00:00:00.000Z';
const HASH = '0'.repeat(64);
const idOf = (kind: number, number: number) => `01890000-0000-7000-800${kind}-${number.toString(16).padStart(12, '0')}`;

function conversation(number: number, more: object = {}) {
  const said = { externalId: null, userId: null, sessionId: null, title: null, metadata: {} };
  const times = { createdAt: AT, archivedAt: null, lastSeq: 0, lastMessageAt: null };
  return { type: 'conversation', id: idOf(6, number), ...said, ...times, ...more };
}

function message(number: number, of: number, seq: number, content: unknown, more: object = {}) {
  const said = { clientId: null, role: 'user', name: null, content, metadata: {} };
  const times = { createdAt: AT, editedAt: null, givenHash: HASH };
  return { type: 'message', id: idOf(7, number), conversationId: idOf(6, of), seq, ...said, ...times, ...more };
}

const ofVersion4 = { formatVersion: 4 };

describe('importing conversations, over two processes', () => {
  let fixture: CachingFixture;
  let here: Keepsake;
  let there: Keepsake;
  let project: string;
  let count = 0;

  beforeAll(async () => {
    fixture = await CachingFixture.ofTwoServers();
    ({ here, there } = fixture);
  }, 180_000);
  afterAll(() => fixture?.remove(), 120_000);
  beforeEach(() => {
    project = `talk-${++count}`;
  });

  const importFile = async (
    parts: readonly { readonly type: string }[],
    query: Record<string, string | boolean> = {},
  ) => {
    const { status, body } = await importProject(here.api, project, projectFile(project, parts, ofVersion4), query);
    expect({ status, body }).toMatchObject({ status: 200 });
    return body;
  };
  const begin = async (more: object = {}) =>
    (await here.api.post('/v1/conversations', { project, ...more })).body.id as string;
  const say = (id: string, ...messages: object[]) => here.api.post(`/v1/conversations/${id}/messages`, { messages });
  const read = async (id: string) => {
    const { body } = await there.api.get(`/v1/conversations/${id}/messages`, { query: { limit: 100 } });
    return body.items.map(({ seq, content }: { seq: number; content: unknown }) => `${seq} ${String(content)}`);
  };
  const windowOf = async (id: string) =>
    (await there.api.get(`/v1/conversations/${id}/window`)).body.messages.map(
      ({ content }: { content: string }) => content,
    );
  const find = async (q: string) =>
    (await there.api.get('/v1/search', { query: { project, q, kinds: 'message' } })).body.items.map(
      ({ snippet }: { snippet: string }) => snippet,
    );

  it('is seen by the next read of the other process: lists, windows and searches that were remembered', async () => {
    const id = await begin({ externalId: 'chat' });
    await say(id, { clientId: 'one', role: 'user', content: 'A heron stands.' });
    const { bytes } = await exportProject(here, project);
    await here.api.del(`/v1/conversations/${id}/messages`);
    const { body: added } = await say(id, { role: 'user', content: 'Nobody is here.' });
    expect(added.items[0].seq).toBe(2);
    expect([await read(id), await windowOf(id), await find('heron')]).toEqual([
      ['2 Nobody is here.'],
      ['Nobody is here.'],
      [],
    ]);
    const { body } = await importProject(here.api, project, bytes);
    expect(body).toMatchObject({ conversations: { skipped: 1 }, messages: { created: 1 } });
    expect(await read(id)).toEqual(['1 A heron stands.', '2 Nobody is here.']);
    expect(await windowOf(id)).toEqual(['A heron stands.', 'Nobody is here.']);
    expect(await find('heron')).toEqual(['A heron stands.']);
    expect((await there.api.get(`/v1/conversations/${id}`)).body).toMatchObject({ messageCount: 2, lastSeq: 2 });
    // The message is the one that was appended then: its client may send it again.
    const again = await say(id, { clientId: 'one', role: 'user', content: 'A heron stands.' });
    expect([again.status, again.body.items[0]]).toMatchObject([200, { seq: 1, status: 'duplicate' }]);
  });

  it('moves to another workspace with all that is read of it, and adds nothing the second time', async () => {
    const id = await begin({ externalId: 'chat', user: 'ada', metadata: { n: 1 } });
    const call = { type: 'tool_call', id: 'c', name: 'count', arguments: { of: 'herons' } };
    await say(
      id,
      { clientId: 'one', role: 'user', content: 'How many herons?', createdAt: '2020-01-01T00:00:00.000Z' },
      { role: 'assistant', content: [call] },
      { role: 'tool', content: [{ type: 'tool_result', callId: 'c', content: 'Seven herons.' }] },
    );
    const file = await exportProject(here, project);
    expect((await here.api.post('/v1/workspaces', { slug: project })).status).toBe(201);
    const { body: key } = await here.api.post(
      '/v1/keys',
      { name: 'k', scopes: ['memory:read', 'memory:write'] },
      { headers: { 'x-keepsake-workspace': project } },
    );
    const [mine, theirs] = [there.api, there.api.as(key.key)];
    const seenBy = async (api: typeof mine) => ({
      conversation: (await api.get(`/v1/conversations/${id}`)).body,
      messages: (await api.get(`/v1/conversations/${id}/messages`)).body.items,
      window: (await api.get(`/v1/conversations/${id}/window`, { query: { maxMessages: 2 } })).body,
      hits: (await api.get('/v1/search', { query: { project, q: 'herons' } })).body.items,
    });
    expect((await theirs.get(`/v1/conversations/${id}`)).status).toBe(404);
    const tried = await importProject(here.api.as(key.key), project, file.bytes, { dryRun: true });
    expect(tried.body).toMatchObject({ conversations: { created: 1 }, messages: { created: 3 } });
    expect((await theirs.get(`/v1/conversations/${id}`)).status).toBe(404);
    const moved = await importProject(here.api.as(key.key), project, file.bytes);
    expect(moved.body).toMatchObject({ conversations: { created: 1 }, messages: { created: 3 } });
    const there1 = await seenBy(theirs);
    expect(withFirstAuthors(there1)).toEqual(withFirstAuthors(await seenBy(mine)));
    expect(there1.hits).toHaveLength(2);
    for (const conflict of ['skip', 'new_version']) {
      const again = await importProject(here.api.as(key.key), project, file.bytes, { conflict });
      expect(again.body).toMatchObject({
        conversations: { created: 0, skipped: 1 },
        messages: { created: 0, newVersions: 0, skipped: 3 },
      });
    }
    expect(await seenBy(theirs)).toEqual(there1);
  });

  it('gives a copy in the same workspace ids of its own, once', async () => {
    const id = await begin({ externalId: 'chat' });
    await say(id, { clientId: 'one', role: 'user', content: 'A heron.' }, { role: 'user', content: 'Another heron.' });
    const { bytes } = await exportProject(here, project);
    const copied = async () => (await importProject(here.api, `${project}-copy`, bytes)).body;
    expect(await copied()).toMatchObject({ conversations: { created: 1 }, messages: { created: 2 } });
    expect(await copied()).toMatchObject({ conversations: { skipped: 1 }, messages: { skipped: 2 } });
    const { body } = await there.api.get('/v1/conversations', { query: { project: `${project}-copy` } });
    expect(body.items).toMatchObject([{ externalId: 'chat', messageCount: 2, lastSeq: 2 }]);
    expect(body.items[0].id).not.toBe(id);
    expect(await read(body.items[0].id)).toEqual(['1 A heron.', '2 Another heron.']);
    expect(await read(id)).toEqual(['1 A heron.', '2 Another heron.']);
  });

  it('joins the conversation of the same externalId, by what the strategy says of numbers that are taken', async () => {
    const parts = [
      conversation(1, { externalId: 'chat', title: 'From the file', lastSeq: 4 }),
      message(1, 1, 1, 'file one', { clientId: 'one' }),
      message(2, 1, 2, 'file two'),
      message(4, 1, 4, 'file four'),
    ];
    const made = async () => {
      project = `talk-${++count}`;
      const id = await begin({ externalId: 'chat', title: 'Own' });
      await say(id, { clientId: 'one', role: 'user', content: 'own one' }, { role: 'user', content: 'own two' });
      return id;
    };
    const titleOf = async (id: string) => (await there.api.get(`/v1/conversations/${id}`)).body.title;

    const skipped = await made();
    expect(await importFile(parts)).toMatchObject({
      conversations: { skipped: 1 },
      messages: { created: 1, skipped: 2 },
    });
    expect([await read(skipped), await titleOf(skipped)]).toEqual([['1 own one', '2 own two', '4 file four'], 'Own']);

    const added = await made();
    const tallies = { messages: { created: 0, newVersions: 2, skipped: 1 } };
    expect(await importFile(parts, { conflict: 'new_version', dryRun: true })).toMatchObject(tallies);
    expect(await importFile(parts, { conflict: 'new_version' })).toMatchObject(tallies);
    const behind = ['1 own one', '2 own two', '3 file two', '4 file four'];
    expect([await read(added), await titleOf(added)]).toEqual([behind, 'Own']);
    expect(await importFile(parts, { conflict: 'new_version' })).toMatchObject({
      messages: { created: 0, newVersions: 0, skipped: 3 },
    });

    const over = await made();
    const { body: before } = await there.api.get(`/v1/conversations/${over}`);
    expect(await importFile(parts, { conflict: 'overwrite' })).toMatchObject({
      conversations: { overwritten: 1 },
      messages: { overwritten: 1, newVersions: 2 },
    });
    expect(await read(over)).toEqual(['1 file one', '2 own two', '5 file two', '6 file four']);
    expect(await find('own')).toEqual(['own two']);
    expect((await there.api.get(`/v1/conversations/${over}`)).body).toMatchObject({
      id: before.id,
      title: 'From the file',
      messageCount: 4,
      lastSeq: 6,
    });
    const next = await say(over, { role: 'user', content: 'next' });
    expect(next.body.items[0].seq).toBe(7);
  });

  it('refuses lines that no export has, and names line and field', async () => {
    const long = { type: 'text', text: 'x'.repeat(1024 * 1024) };
    const cases: [string, object[], string][] = [
      ['unknown conversation', [message(1, 1, 1, 'x')], '/lines/3/conversationId'],
      ['order', [conversation(1), message(1, 1, 2, 'x'), message(2, 1, 1, 'y')], '/lines/5/seq'],
      [
        'clientId twice',
        [conversation(1), message(1, 1, 1, 'x', { clientId: 'c' }), message(2, 1, 2, 'y', { clientId: 'c' })],
        '/lines/5/clientId',
      ],
      [
        'externalId twice',
        [conversation(1, { externalId: 'c' }), conversation(2, { externalId: 'c' })],
        '/lines/4/externalId',
      ],
      ['number', [conversation(1), message(1, 1, 2_000_000_001, 'x')], '/lines/4/seq'],
      ['role', [conversation(1), message(1, 1, 1, 'x', { role: 'developer' })], '/lines/4/role'],
      ['content', [conversation(1), message(1, 1, 1, [long])], '/lines/4/content'],
      ['part', [conversation(1), message(1, 1, 1, [{ text: 'x' }])], '/lines/4/content'],
      ['hash', [conversation(1), message(1, 1, 1, 'x', { givenHash: 'x' })], '/lines/4/givenHash'],
      ['session', [conversation(1, { sessionId: idOf(1, 1) })], '/lines/3/sessionId'],
      ['before', [message(1, 1, 1, 'x'), conversation(1)], '/lines/3/conversationId'],
    ];
    for (const [name, parts, pointer] of cases) {
      const text = projectFile(project, parts as { type: string }[], ofVersion4);
      const { status, body } = await importProject(here.api, project, text);
      expect([name, status, body.errors?.[0]?.pointer]).toEqual([name, 400, pointer]);
    }
    expect((await there.api.get('/v1/conversations', { query: { project } })).body.items).toEqual([]);
  });

  it('brings thousands of messages in batches, in few statements for many conversations', async () => {
    const conversations = Array.from({ length: 300 }, (_, index) => conversation(index, { lastSeq: 10 }));
    const messages = conversations.flatMap((_, of) =>
      Array.from({ length: 10 }, (_message, place) =>
        message(1_000 + of * 10 + place, of, place + 1, `word${of} said`),
      ),
    );
    const text = projectFile(project, [...conversations, ...messages], ofVersion4);
    const requestId = randomUUID();
    const imported = await importProject(here.api, project, text, {}, { 'x-request-id': requestId });
    expect(imported.body).toMatchObject({ conversations: { created: 300 }, messages: { created: 3_000 } });
    const statements = await fixture.statements.statementsOf(requestId);
    expect(statements.length).toBeGreaterThan(20);
    expect(statements.length).toBeLessThan(600);
    expect(await read(idOf(6, 299))).toHaveLength(10);
    expect(await find('word299')).toHaveLength(10);
    const out = await exportProject(there, project);
    expect(out.linesOf('message').map(({ id }) => id)).toEqual(messages.map(({ id }) => id));
    expect(out.linesOf('conversation')[0]).toMatchObject({ lastSeq: 10, lastMessageAt: AT });
  });
});
