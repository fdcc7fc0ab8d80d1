import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { CachingFixture } from '#test/e2e/caching/caching-places.js';
import type { Api } from '#test/support/api.js';
import { exportProject, importProject } from '#test/support/export-file.js';
import type { Keepsake } from '#test/support/keepsake.js';
import { chatGptExport, chatGptMessage, chatGptNode, jsonLines, transcripts } from '#test/support/transcripts.js';

const WICK = 'The lamp needs a new wick.';
const FORMATS = Object.keys(transcripts) as (keyof typeof transcripts)[];
/** Conversations and messages of each transcript. */
const SIZES = {
  openai: [1, 6],
  anthropic: [1, 5],
  chatgpt: [1, 5],
  claude: [2, 3],
  'claude-code': [1, 5],
  codex: [1, 7],
} as const;

describe('importing transcripts, over two processes', () => {
  let fixture: CachingFixture;
  let here: Keepsake;
  let there: Keepsake;
  let project: string;
  let count = 0;

  beforeAll(async () => {
    fixture = await CachingFixture.ofTwoServers({ RATE_LIMIT_ENABLED: 'false' });
    ({ here, there } = fixture);
  }, 180_000);
  afterAll(() => fixture?.remove(), 120_000);
  beforeEach(() => {
    project = `said-${++count}`;
  });

  const importFile = (api: Api, file: string | Buffer, query: Record<string, string | boolean> = {}) =>
    api.post(`/v1/projects/${project}/transcripts`, typeof file === 'string' ? file : new Uint8Array(file), {
      query,
      headers: { 'content-type': 'application/octet-stream' },
    });
  const conversations = async () => (await there.api.get('/v1/conversations', { query: { project } })).body.items;
  const find = async (q: string) =>
    (await there.api.get('/v1/search', { query: { project, q, kinds: 'message' } })).body.items;

  it.each(FORMATS)('%s: dry first, then there on the other process, and nothing the second time', async (format) => {
    const [talks, messages] = SIZES[format];
    expect(await conversations()).toEqual([]);
    expect(await find('wick')).toEqual([]);
    const tally = {
      project,
      format,
      conversations: { created: talks, existing: 0 },
      messages: { stored: messages, duplicates: 0 },
    };
    const tried = await importFile(here.api, transcripts[format], { dryRun: true, user: 'ada' });
    expect([tried.status, tried.body]).toMatchObject([200, { ...tally, dryRun: true }]);
    expect(await conversations()).toEqual([]);
    const named = (answer: any) => answer.body.conversations.items as { id: string | null; status: string }[];
    expect(named(tried)).toEqual(
      Array.from({ length: talks }, () => ({ id: null, externalId: expect.any(String), status: 'created' })),
    );

    const imported = await importFile(here.api, transcripts[format], { user: 'ada' });
    expect([imported.status, imported.body]).toMatchObject([200, { ...tally, dryRun: false, notes: tried.body.notes }]);
    const listed = await conversations();
    expect(listed.map(({ user }: { user: string }) => user)).toEqual(Array(talks).fill('ada'));
    const ids = (items: { id: string | null }[]) => items.map(({ id }) => String(id)).sort();
    expect(ids(named(imported))).toEqual(ids(listed));
    expect(imported.body.conversations.more).toBe(0);
    const hit = (await find('"new wick"'))[0];
    expect(hit).toMatchObject({ kind: 'message', source: { conversationId: expect.any(String) } });
    const { body: window } = await there.api.get(`/v1/conversations/${hit.source.conversationId}/window`);
    expect(JSON.stringify(window.messages)).toContain(WICK);
    expect(window.messages.map(({ seq }: { seq: number }) => seq)).toEqual(
      Array.from({ length: window.messages.length }, (_, place) => place + 1),
    );

    const found = named(imported).map((item) => ({ ...item, status: 'existing' }));
    for (const again of [transcripts[format], gzipSync(transcripts[format])])
      expect((await importFile(there.api, again)).body).toMatchObject({
        conversations: { created: 0, existing: talks, items: found, more: 0 },
        messages: { stored: 0, duplicates: messages },
      });
    const dry = await importFile(there.api, transcripts[format], { dryRun: true });
    expect(named(dry)).toEqual(found);
    expect(await conversations()).toEqual(listed);
  });

  it('keeps the times of the original, and goes on where a conversation has grown', async () => {
    const lines = transcripts['claude-code'].trimEnd().split('\n');
    await importFile(here.api, `${lines.slice(0, 4).join('\n')}\n`);
    const [talk] = await conversations();
    expect(talk).toMatchObject({ messageCount: 3, createdAt: '2025-04-01T10:00:00.000Z', title: null });
    const own = [{ role: 'user', content: 'Said here.', clientId: 'own' }];
    await here.api.post(`/v1/conversations/${talk.id}/messages`, { messages: own });
    expect((await importFile(here.api, transcripts['claude-code'])).body.messages).toEqual({
      stored: 2,
      duplicates: 3,
    });
    const { body } = await there.api.get(`/v1/conversations/${talk.id}/messages`);
    expect(body.items.map(({ seq, clientId }: any) => `${seq} ${clientId}`)).toEqual([
      '1 u1',
      '2 u2',
      '3 u3',
      '4 own',
      '5 u4',
      '6 u5',
    ]);
    expect(body.items[0].createdAt).toBe('2025-04-01T10:00:00.000Z');
    const edited = await here.api.patch(`/v1/conversations/${talk.id}/messages/${body.items[0].id}`, {
      content: 'Mine.',
    });
    expect(edited.status).toBe(200);
    expect((await importFile(here.api, transcripts['claude-code'])).body.messages).toEqual({
      stored: 0,
      duplicates: 5,
    });
    expect((await there.api.get(`/v1/conversations/${talk.id}/messages/${body.items[0].id}`)).body.content).toBe(
      'Mine.',
    );
  });

  it('names a hundred conversations, and counts the others', async () => {
    const talk = (n: number) => ({
      uuid: `talk-${n}`,
      name: `Talk ${n}`,
      created_at: '2025-04-01T10:00:00.000Z',
      updated_at: '2025-04-01T10:00:00.000Z',
      chat_messages: [{ uuid: `m-${n}`, sender: 'human', text: `Said ${n}.`, created_at: '2025-04-01T10:00:00.000Z' }],
    });
    const file = JSON.stringify(Array.from({ length: 250 }, (_, n) => talk(n)));
    for (const [status, created, existing] of [
      ['created', 250, 0],
      ['existing', 0, 250],
    ] as const) {
      const talks = (await importFile(here.api, file)).body.conversations;
      expect(talks).toMatchObject({ created, existing, more: 150 });
      expect(talks.items.map((item: any) => `${item.externalId} ${item.status}`)).toEqual(
        Array.from({ length: 100 }, (_, n) => `claude:talk-${n} ${status}`),
      );
      const { id, externalId } = talks.items[99];
      expect((await there.api.get(`/v1/conversations/${id}`)).body.externalId).toBe(externalId);
    }
  });

  it('names the conversation of messages alone', async () => {
    await importFile(here.api, transcripts.openai, { externalId: 'lamp' });
    const longer = JSON.stringify([...JSON.parse(transcripts.openai), { role: 'user', content: 'Thanks.' }]);
    expect((await importFile(here.api, longer, { externalId: 'lamp' })).body).toMatchObject({
      conversations: { existing: 1 },
      messages: { stored: 1, duplicates: 6 },
    });
    expect(await conversations()).toMatchObject([{ externalId: 'lamp', messageCount: 7 }]);
    const wrong = await importFile(here.api, transcripts.chatgpt, { externalId: 'lamp' });
    expect([wrong.status, wrong.body.errors[0].pointer]).toEqual([400, '/externalId']);
  });

  it('by two processes at once comes once', async () => {
    const many = jsonLines(
      Array.from({ length: 2_000 }, (_, place) => ({
        type: 'user',
        uuid: `u${place}`,
        sessionId: 's',
        timestamp: '2025-04-01T10:00:00.000Z',
        message: { role: 'user', content: `line ${place}` },
      })),
    );
    const answers = await Promise.all([
      importFile(here.api, many),
      importFile(there.api, many),
      importFile(here.api, many),
    ]);
    const stored = answers.filter(({ status, body }) => status === 200 && body.messages.stored > 0);
    expect(stored.map(({ body }) => body.messages.stored)).toEqual([2_000]);
    for (const { status, body } of answers)
      if (status !== 200) expect([status, body.code]).toEqual([409, 'import-in-progress']);
    expect(await conversations()).toMatchObject([{ messageCount: 2_000, lastSeq: 2_000 }]);
  });

  it('refuses what it can not read, and writes nothing of it', async () => {
    const good = JSON.parse(transcripts.openai) as object[];
    const cases: [string, string | Buffer, Record<string, string>, number, string, string][] = [
      ['a role', JSON.stringify([...good, { role: 'ghost' }]), {}, 400, 'transcript-invalid', '/6/role'],
      ['a cut', transcripts.chatgpt.slice(0, -2), {}, 422, 'transcript-broken', ''],
      ['a ZIP', Buffer.from('PK\u0003\u0004 and more'), {}, 422, 'transcript-broken', ''],
      [
        'an exported project',
        '{"type":"header","format":"keepsake-project"}\n',
        {},
        422,
        'transcript-format-unknown',
        '',
      ],
      ['another format', transcripts.claude, { format: 'chatgpt' }, 422, 'transcript-format-unknown', ''],
      ['a format', transcripts.claude, { format: 'telegrams' }, 400, 'invalid-request', '/format'],
      ['half a gzip', gzipSync(transcripts.claude).subarray(0, 60), {}, 422, 'import-file-broken', ''],
    ];
    for (const [name, file, query, status, code, pointer] of cases) {
      const { status: answered, body } = await importFile(here.api, file, query);
      expect([name, answered, body.code, body.errors?.[0]?.pointer]).toEqual([name, status, code, pointer]);
    }
    const json = await here.api.post(`/v1/projects/${project}/transcripts`, good);
    expect(json.status).toBe(415);
    expect(await conversations()).toEqual([]);
  });

  it('is repeated under an idempotency key as it was answered', async () => {
    const headers = { 'content-type': 'application/octet-stream', 'idempotency-key': randomUUID() };
    const send = (file: string) => here.api.post(`/v1/projects/${project}/transcripts`, file, { headers });
    const first = await send(transcripts.claude);
    expect((await send(transcripts.claude)).body).toEqual(first.body);
    expect((await send(transcripts.chatgpt)).status).toBe(422);
  });

  it('T34 an answer under an idempotency key goes with what was imported: a message, a conversation, the project', async () => {
    const headers = { 'content-type': 'application/octet-stream', 'idempotency-key': randomUUID() };
    const send = () => here.api.post(`/v1/projects/${project}/transcripts`, transcripts.anthropic, { headers });
    const isReplayed = async () => (await send()).headers.get('idempotency-replayed') === 'true';
    const messages = `/v1/conversations/${(await send()).body.conversations.items[0].id}/messages`;
    expect(await isReplayed()).toBe(true);
    const { body: read } = await here.api.get(messages);
    const removals = [
      () => there.api.del(`${messages}/${read.items[1].id}`),
      () => there.api.del(messages),
      async () => there.api.del(`/v1/conversations/${(await conversations())[0].id}`),
      () => there.api.del(`/v1/projects/${project}`, { query: { confirm: project } }),
    ];
    for (const remove of removals) {
      expect((await remove()).status).toBe(200);
      const again = await send();
      expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([200, null]);
      expect(again.body.messages.stored).toBeGreaterThan(0);
      expect(await isReplayed()).toBe(true);
    }
    const { bytes } = await exportProject(here, project);
    const copy = `${project}-copy`;
    const importAgain = () => importProject(here.api, copy, bytes, {}, { 'idempotency-key': copy });
    const copied = await importAgain();
    expect((await importAgain()).headers.get('idempotency-replayed')).toBe('true');
    const gone = await there.api.del(`/v1/projects/${copy}`, { query: { confirm: copy } });
    expect(gone.status).toBe(200);
    const again = await importAgain();
    expect([again.headers.get('idempotency-replayed'), again.body]).toEqual([null, copied.body]);
  });

  it('never uses a deleted number again: what comes back goes behind the newest, and the notes say so', async () => {
    const said = (n: number) => ({ role: 'user', content: `Said ${n}.` });
    const file = (most: number) => JSON.stringify(Array.from({ length: most }, (_, n) => said(n + 1)));
    const importAgain = async (most: number, query: object = {}) =>
      (await importFile(here.api, file(most), { externalId: 'lamp', ...query })).body;
    const { id } = (await importAgain(3)).conversations.items[0];
    const path = `/v1/conversations/${id}/messages`;
    const read = async () => {
      const { body } = await there.api.get(path);
      return body.items.map(({ seq, content }: { seq: number; content: string }) => `${seq} ${content}`);
    };
    const note = (kind: string, number: number, first: string) => ({ kind, name: null, count: number, first });

    await here.api.del(`${path}/${(await there.api.get(path)).body.items[1].id}`);
    const reported = { messages: { stored: 1, duplicates: 2 }, notes: [note('brought-back', 1, '/1')] };
    expect(await importAgain(3, { dryRun: true })).toMatchObject(reported);
    expect(await importAgain(3)).toMatchObject(reported);
    expect(await read()).toEqual(['1 Said 1.', '3 Said 3.', '4 Said 2.']);

    expect((await here.api.del(path)).body.removed.messages).toBe(3);
    expect(await importAgain(3)).toMatchObject({
      messages: { stored: 3, duplicates: 0 },
      notes: [note('brought-back', 3, '/0')],
    });
    expect(await read()).toEqual(['5 Said 1.', '6 Said 2.', '7 Said 3.']);
    expect((await here.api.get(`/v1/conversations/${id}`)).body).toMatchObject({ lastSeq: 7, messageCount: 3 });
  });

  it('says where a list without ids has other messages than its conversation at their places, and keeps both', async () => {
    const list = (system: string, answer: string, more: readonly string[] = []) =>
      JSON.stringify([
        { role: 'system', content: system },
        { role: 'user', content: 'Which lamp?' },
        { role: 'assistant', content: answer },
        ...more.map((content) => ({ role: 'user', content })),
      ]);
    const importAgain = async (file: string, query: object = {}) =>
      (await importFile(here.api, file, { externalId: 'made-anew', ...query })).body;
    const note = (number: number, first: string) => ({ kind: 'displaced', name: null, count: number, first });
    const { id } = (await importAgain(list('Be short.', 'The left one.'))).conversations.items[0];
    // One that has grown is no such thing.
    expect(await importAgain(list('Be short.', 'The left one.', ['Why?']))).toMatchObject({
      messages: { stored: 1, duplicates: 3 },
      notes: [],
    });
    const changed = list('Be long.', 'The right one.', ['Why?', 'Since when?']);
    const reported = { messages: { stored: 3, duplicates: 2 }, notes: [note(2, '/0')] };
    expect(await importAgain(changed, { dryRun: true })).toMatchObject(reported);
    expect(await importAgain(changed)).toMatchObject(reported);
    expect(await importAgain(changed)).toMatchObject({ messages: { stored: 0, duplicates: 5 }, notes: [] });
    const { body } = await there.api.get(`/v1/conversations/${id}/messages`);
    expect(body.items.map(({ content }: { content: string }) => content)).toEqual([
      'Be short.',
      'Which lamp?',
      'The left one.',
      'Why?',
      'Be long.',
      'The right one.',
      'Since when?',
    ]);
  });

  it('does not mix branches: one that was shown last since is a conversation of its own, and the notes say so', async () => {
    const [talk] = chatGptExport;
    const says = (id: string, role: string) =>
      chatGptMessage(id, role, { content_type: 'text', parts: [`Says ${id}.`] });
    /** The answers `a` and `b` to one question, with what follows each; the last one is shown. */
    const file = (...shown: readonly string[][]) => {
      const mapping: Record<string, object> = { q: chatGptNode('q', null, [], says('q', 'user')) };
      for (const branch of shown)
        for (const [place, id] of branch.entries())
          mapping[id] ??= chatGptNode(id, branch[place - 1] ?? 'q', [], says(id, place % 2 ? 'user' : 'assistant'));
      return JSON.stringify([{ ...talk, mapping, current_node: shown.at(-1)?.at(-1) }]);
    };
    const read = async (conversation: any) => {
      const { body } = await there.api.get(`/v1/conversations/${conversation.id}/messages`);
      return body.items.map(({ clientId }: { clientId: string }) => clientId);
    };
    const importShown = async (...shown: readonly string[][]) => {
      const tried = (await importFile(here.api, file(...shown), { dryRun: true })).body;
      const { body } = await importFile(here.api, file(...shown));
      expect([tried.messages, tried.notes]).toEqual([body.messages, body.notes]);
      return { ...body, kinds: body.notes.map(({ kind }: { kind: string }) => kind) };
    };
    const first = await importShown(['a']);
    expect([first.kinds, first.messages.stored]).toEqual([[], 2]);
    const [kept] = first.conversations.items;
    // Another answer was asked for, and the talk went on from it.
    const other = await importShown(['a'], ['b', 'b2']);
    expect([other.kinds, other.messages.stored]).toEqual([['other-branch', 'branch-changed'], 3]);
    const [own] = other.conversations.items;
    expect([own.status, own.externalId]).toEqual(['created', `${kept.externalId}@b`]);
    expect([await read(kept), await read(own)]).toEqual([
      ['q', 'a'],
      ['q', 'b', 'b2'],
    ]);
    // The same again adds nothing, and what is new is added to its branch.
    expect((await importShown(['a'], ['b', 'b2'])).messages).toEqual({ stored: 0, duplicates: 3 });
    expect((await importShown(['a'], ['b', 'b2', 'b3'])).messages).toEqual({ stored: 1, duplicates: 3 });
    const back = await importShown(['b', 'b2', 'b3'], ['a', 'a2']);
    expect([back.kinds, back.messages]).toEqual([['other-branch'], { stored: 1, duplicates: 2 }]);
    expect([await read(kept), await read(own)]).toEqual([
      ['q', 'a', 'a2'],
      ['q', 'b', 'b2', 'b3'],
    ]);
  });

  it.each(['', 'x'.repeat(1_100_000)])(
    'keeps three branches apart that begin with a message that is left out (%#)',
    async (leftOut) => {
      const says = (role: string, words: string) => ({ author: { role }, content: { parts: [words] } });
      const chatGpt = (...answers: string[]) => {
        const nodes = [
          chatGptNode('s', null, [], says('system', leftOut)),
          chatGptNode('q', 's', [], says('user', 'What does the lamp need?')),
          ...answers.map((id) => chatGptNode(id, 'q', [], says('assistant', `Says ${id}.`))),
        ];
        return [
          {
            id: 'lamp',
            mapping: Object.fromEntries(nodes.map((node) => [node.id, node])),
            current_node: answers.at(-1),
          },
        ];
      };
      const claude = (...answers: string[]) => {
        const said = (uuid: string, parent: string, sender: string, text: string) => ({
          uuid,
          parent_message_uuid: parent,
          sender,
          text,
        });
        const common = [said('s', 'none', 'assistant', leftOut), said('q', 's', 'human', 'What does the lamp need?')];
        const answered = answers.map((id) => said(id, 'q', 'assistant', `Says ${id}.`));
        return [{ uuid: 'lamp', chat_messages: [...common, ...answered] }];
      };
      for (const [format, file] of [
        ['chatgpt', chatGpt],
        ['claude', claude],
      ] as const) {
        project = `said-${++count}`;
        for (const answers of [['a'], ['a', 'b'], ['a', 'b', 'c'], ['a', 'c', 'b']])
          expect((await importFile(here.api, JSON.stringify(file(...answers)))).status).toBe(200);
        const read = async ({ id, externalId }: any) => {
          const { body } = await there.api.get(`/v1/conversations/${id}/messages`);
          return [externalId, ...body.items.map(({ clientId }: { clientId: string }) => clientId)].join(' ');
        };
        const all: string[] = await Promise.all((await conversations()).map(read));
        expect(all.toSorted()).toEqual([`${format}:lamp q a`, `${format}:lamp@b q b`, `${format}:lamp@c q c`]);
      }
    },
  );

  it.each([[[]], [['a']], [['b']], [['a', 'b']]])(
    'keeps branches of a conversation apart that a file has several times, also behind %j',
    async (before) => {
      const shows = (current_node: string) => {
        const says = (role: string, words: string) => ({ author: { role }, content: { parts: [words] } });
        const mapping = {
          q: chatGptNode('q', null, ['a', 'b'], says('user', 'What does the lamp need?')),
          a: chatGptNode('a', 'q', [], says('assistant', 'Oil.')),
          b: chatGptNode('b', 'q', ['b2'], says('assistant', WICK)),
          b2: chatGptNode('b2', 'b', [], says('user', 'Thanks.')),
        };
        return { id: 'lamp', mapping, current_node };
      };
      for (const one of before) await importFile(here.api, JSON.stringify([shows(one)]));
      const file = JSON.stringify([shows('a'), shows('b'), shows('a'), shows('b2')]);
      const tried = await importFile(here.api, file, { dryRun: true });
      const { body } = await importFile(here.api, file);
      expect([tried.body.conversations.created, tried.body.messages, tried.body.notes]).toEqual([
        body.conversations.created,
        body.messages,
        body.notes,
      ]);
      const readAll = async () => {
        const all = (await conversations()).map(async ({ id, externalId }: any) => {
          const { body: found } = await there.api.get(`/v1/conversations/${id}/messages`);
          return [externalId, ...found.items.map(({ clientId }: { clientId: string }) => clientId)].join(' ');
        });
        const read: string[] = await Promise.all(all);
        return read.toSorted();
      };
      const [a, b] = before[0] === 'b' ? ['lamp@a', 'lamp'] : ['lamp', 'lamp@b'];
      const expected = [`chatgpt:${a} q a`, `chatgpt:${b} q b b2`].toSorted();
      expect(await readAll()).toEqual(expected);
      const again = await importFile(there.api, file);
      expect([again.body.conversations.created, again.body.messages.stored]).toEqual([0, 0]);
      expect(await readAll()).toEqual(expected);
    },
  );

  it('says how a file is sent, whatever else came', async () => {
    for (const type of ['application/json', 'text/plain']) {
      const path = `/v1/projects/${project}/transcripts`;
      const { status, body } = await here.api.post(path, '[]', { headers: { 'content-type': type } });
      expect([status, body.detail]).toEqual([415, expect.stringContaining('application/octet-stream')]);
    }
  });

  it('writes nothing into an archived conversation, and the notes say so', async () => {
    const lines = transcripts['claude-code'].trimEnd().split('\n');
    await importFile(here.api, `${lines.slice(0, 4).join('\n')}\n`);
    const [talk] = await conversations();
    expect((await here.api.post(`/v1/conversations/${talk.id}/archive`)).status).toBe(200);
    const reported = { messages: { stored: 0, duplicates: 3 } };
    for (const dryRun of [true, false]) {
      const { body } = await importFile(here.api, transcripts['claude-code'], { dryRun });
      expect(body).toMatchObject(reported);
      expect(body.notes).toContainEqual(expect.objectContaining({ kind: 'archived', count: 2 }));
    }
    expect((await there.api.get(`/v1/conversations/${talk.id}`)).body).toMatchObject({ messageCount: 3, lastSeq: 3 });
    expect((await here.api.post(`/v1/conversations/${talk.id}/restore`)).status).toBe(200);
    expect((await importFile(here.api, transcripts['claude-code'])).body.messages).toEqual({
      stored: 2,
      duplicates: 3,
    });
  });
});
