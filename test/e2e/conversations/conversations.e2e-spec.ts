import { type ServerFixture, DATABASES, startFixtureOn } from '#test/support/on-each-database.js';

const UNKNOWN_ID = '01890000-0000-7000-8000-000000000000';

let count = 0;

describe.each(DATABASES)('conversations on %s', (_name, isOutside) => {
  let fixture: ServerFixture;
  let project: string;

  beforeAll(async () => {
    fixture = await startFixtureOn(isOutside, { CONVERSATION_UNHELPFUL_PATTERNS: "I can't help,I'm sorry*access" });
  }, 120_000);
  afterAll(() => fixture?.remove());
  beforeEach(() => {
    project = `talk-${++count}`;
  });

  const api = () => fixture.server.api;
  const begin = async (rest: object = {}) => {
    const { status, body } = await api().post('/v1/conversations', { project, ...rest });
    expect(status).toBe(201);
    return body;
  };
  const append = (id: string, ...messages: object[]) => api().post(`/v1/conversations/${id}/messages`, { messages });
  const said = (content: unknown, rest: object = {}) => ({ role: 'user', content, ...rest });
  const list = async (id: string, query: Record<string, string | number> = {}) =>
    (await api().get(`/v1/conversations/${id}/messages`, { query })).body;
  const window = async (id: string, query: Record<string, string | number> = {}) =>
    (await api().get(`/v1/conversations/${id}/window`, { query })).body;
  const textsOf = (messages: { content: unknown }[]) => messages.map(({ content }) => content);
  const numbersOf = (messages: { seq: number }[]) => messages.map(({ seq }) => seq);

  it('begins one, which the same external id gives again, changes, archives and deletes it', async () => {
    const { body: session } = await api().post('/v1/sessions', { project });
    const given = { externalId: 'chat-1', user: 'ada', sessionId: session.id, title: 'A talk', metadata: { n: 1 } };
    const begun = await api().post('/v1/conversations', { project, ...given });
    expect(begun.status).toBe(201);
    expect(begun.headers.get('location')).toBe(`/v1/conversations/${begun.body.id}`);
    expect(begun.body).toMatchObject({ project, ...given, state: 'active', messageCount: 0, lastSeq: 0 });
    const path = `/v1/conversations/${begun.body.id}`;

    const again = await api().post('/v1/conversations', { project, externalId: 'chat-1', title: 'Another' });
    expect([again.status, again.body]).toEqual([200, begun.body]);
    expect((await api().get(path)).body).toEqual(begun.body);

    const patched = await api().patch(
      path,
      { title: null, metadata: { n: null, m: 2 } },
      { headers: { 'if-match': begun.headers.get('etag') as string } },
    );
    expect([patched.status, patched.body]).toMatchObject([200, { title: null, metadata: { m: 2 }, user: 'ada' }]);
    const late = await api().patch(
      path,
      { title: 'x' },
      { headers: { 'if-match': begun.headers.get('etag') as string } },
    );
    expect(late.status).toBe(412);

    const archived = await api().post(`${path}/archive`);
    expect([archived.status, archived.body]).toMatchObject([200, { state: 'archived' }]);
    const refused = await append(begun.body.id, said('too late'));
    expect([refused.status, refused.body.code]).toEqual([409, 'conversation-archived']);
    const ids = async (query: Record<string, string>) =>
      (await api().get('/v1/conversations', { query })).body.items.map(({ id }: { id: string }) => id);
    expect(await ids({ project, state: 'archived' })).toEqual([begun.body.id]);
    expect(await ids({ project, state: 'active' })).toEqual([]);
    expect((await api().post(`${path}/restore`)).body.state).toBe('active');
    const other = await begin({ user: 'bob' });
    expect(await ids({ project })).toEqual([other.id, begun.body.id]);
    expect(await ids({ user: 'ada' })).toContain(begun.body.id);
    expect(await ids({ project, user: 'bob' })).toEqual([other.id]);
    expect(await ids({ session: session.id })).toEqual([begun.body.id]);
    expect((await api().get(`/v1/projects/${project}`)).body.counts.conversations).toBe(2);

    await append(begun.body.id, said('one'), said('two'));
    expect((await api().del(path)).body).toEqual({ removed: { conversations: 1, messages: 2 } });
    for (const gone of [path, `${path}/messages`, `${path}/window`])
      expect([(await api().get(gone)).status, (await api().get(gone)).body.code]).toEqual([
        404,
        'conversation-not-found',
      ]);
    expect(await ids({ project })).toEqual([other.id]);
    // The external id is free again.
    expect((await begin({ externalId: 'chat-1' })).id).not.toBe(begun.body.id);
  });

  it('appends in order, all or nothing, and once for each client id', async () => {
    const { id } = await begin();
    const first = await append(
      id,
      said('one', { clientId: 'a', name: 'Ada', metadata: { k: [1, null] } }),
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'two ❌' },
          { type: 'mystery', of: { any: ['kind', 1.5] } },
        ],
        clientId: 'b',
      },
      said('three', { createdAt: '2024-02-03T04:05:06+02:00' }),
    );
    expect(first.status).toBe(201);
    expect(first.body.items).toMatchObject([
      { clientId: 'a', seq: 1, status: 'stored' },
      { clientId: 'b', seq: 2, status: 'stored' },
      { clientId: null, seq: 3, status: 'stored' },
    ]);
    const { items, nextCursor } = await list(id);
    expect(nextCursor).toBeNull();
    expect(items[0]).toEqual({
      id: first.body.items[0].id,
      seq: 1,
      clientId: 'a',
      role: 'user',
      name: 'Ada',
      content: 'one',
      metadata: { k: [1, null] },
      createdAt: expect.any(String),
      editedAt: null,
      createdBy: expect.stringMatching(/^key:/),
      importedAuthor: null,
    });
    expect(items[1].content).toEqual([
      { type: 'text', text: 'two ❌' },
      { type: 'mystery', of: { any: ['kind', 1.5] } },
    ]);
    expect(items[2].createdAt).toBe('2024-02-03T02:05:06.000Z');

    const repeated = await append(id, said('one', { clientId: 'a', name: 'Ada' }), said('four', { clientId: 'd' }));
    expect(repeated.status).toBe(201);
    expect(repeated.body.items).toMatchObject([
      { id: first.body.items[0].id, seq: 1, status: 'duplicate' },
      { seq: 4, status: 'stored' },
    ]);
    expect((await append(id, said('four', { clientId: 'd' }))).status).toBe(200);

    const taken = await append(id, said('new'), said('another text', { clientId: 'a', name: 'Ada' }));
    expect([taken.status, taken.body.code]).toEqual([409, 'message-client-id-taken']);
    const broken = await append(id, said('new'), { role: 'robot', content: 'x' });
    expect(broken.status).toBe(400);
    expect(numbersOf((await list(id)).items)).toEqual([1, 2, 3, 4]);
    expect((await append(UNKNOWN_ID, said('x'))).status).toBe(404);
    expect(
      (await append(id, said('five'), said('five', { clientId: 'e' }), said('five', { clientId: 'e' }))).body.items,
    ).toMatchObject([{ seq: 5 }, { seq: 6, status: 'stored' }, { seq: 6, status: 'duplicate' }]);
  });

  it('T21 lists by after, before and around, and by cursor in both directions', async () => {
    const { id } = await begin();
    await append(id, ...Array.from({ length: 12 }, (_, n) => said(`m${n + 1}`)));
    const numbers = async (query: Record<string, string | number>) => numbersOf((await list(id, query)).items);
    expect(await numbers({ limit: 5 })).toEqual([1, 2, 3, 4, 5]);
    expect(await numbers({ after: 9 })).toEqual([10, 11, 12]);
    expect(await numbers({ before: 5, limit: 3 })).toEqual([2, 3, 4]);
    expect(await numbers({ after: 2, before: 6 })).toEqual([3, 4, 5]);
    expect(await numbers({ around: 6, limit: 5 })).toEqual([4, 5, 6, 7, 8]);
    expect(await numbers({ around: 1, limit: 4 })).toEqual([1, 2, 3, 4]);
    expect(await numbers({ around: 12, limit: 4 })).toEqual([9, 10, 11, 12]);

    for (const start of [{ limit: 5 }, { limit: 5, before: 13 }] as Record<string, number>[]) {
      const seen: number[] = [];
      let page = await list(id, start);
      seen.push(...numbersOf(page.items));
      while (page.nextCursor !== null) {
        page = await list(id, { limit: 5, cursor: page.nextCursor });
        seen.push(...numbersOf(page.items));
      }
      expect(seen.toSorted((one, other) => one - other)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    }
    const second = await list(id, { limit: 5, cursor: (await list(id, { limit: 5 })).nextCursor });
    expect(numbersOf((await list(id, { limit: 5, cursor: second.previousCursor })).items)).toEqual([1, 2, 3, 4, 5]);
    const { id: other } = await begin();
    const foreign = await api().get(`/v1/conversations/${other}/messages`, { query: { cursor: second.nextCursor } });
    expect(foreign.status).toBe(400);
    const both = await api().get(`/v1/conversations/${id}/messages`, { query: { around: 3, after: 1 } });
    expect(both.status).toBe(400);
  });

  it('goes on the same way after it was turned back, from either end', async () => {
    const { id } = await begin();
    await append(id, ...Array.from({ length: 9 }, (_, n) => said(`m${n + 1}`)));
    for (const [start, pages] of [
      [
        { limit: 3 },
        [
          [1, 2, 3],
          [4, 5, 6],
          [7, 8, 9],
        ],
      ],
      [
        { limit: 3, before: 10 },
        [
          [7, 8, 9],
          [4, 5, 6],
          [1, 2, 3],
        ],
      ],
    ] as const) {
      const turn = (cursor: string) => list(id, { limit: 3, cursor });
      const first = await list(id, { ...start });
      const second = await turn(first.nextCursor);
      const again = await turn(second.previousCursor);
      expect([again.previousCursor, numbersOf(again.items)]).toEqual([null, pages[0]]);
      const onceMore = await turn(again.nextCursor);
      expect(numbersOf(onceMore.items)).toEqual(pages[1]);
      const third = await turn(onceMore.nextCursor);
      expect([third.nextCursor, numbersOf(third.items)]).toEqual([null, pages[2]]);
    }
  });

  it('refuses a message of too many parts by their number, and stores a deleted one that is sent again', async () => {
    const { id } = await begin();
    const parts = Array.from({ length: 1001 }, () => ({ type: 'text', text: 'a' }));
    const refused = await append(id, { role: 'user', content: parts });
    expect([refused.status, refused.body.errors[0]]).toMatchObject([
      400,
      { pointer: '/messages/0/content', detail: 'must have at most 1000 parts; it has 1001' },
    ]);
    const once = (await append(id, said('one', { clientId: 'a' }))).body.items[0];
    expect((await append(id, said('one', { clientId: 'a' }))).body.items).toMatchObject([{ status: 'duplicate' }]);
    await api().del(`/v1/conversations/${id}/messages/${once.id}`);
    expect((await append(id, said('one', { clientId: 'a' }))).body.items).toMatchObject([{ status: 'stored', seq: 2 }]);
  });

  it('T21 a range between two numbers keeps both ends, page by page and back', async () => {
    const { id } = await begin();
    await append(id, ...Array.from({ length: 12 }, (_, n) => said(`m${n + 1}`)));
    const first = await list(id, { after: 2, before: 8, limit: 2 });
    expect([numbersOf(first.items), first.previousCursor]).toEqual([[3, 4], null]);
    const second = await list(id, { limit: 2, cursor: first.nextCursor });
    expect(numbersOf(second.items)).toEqual([5, 6]);
    const last = await list(id, { limit: 2, cursor: second.nextCursor });
    expect([numbersOf(last.items), last.nextCursor]).toEqual([[7], null]);
    const back = await list(id, { limit: 5, cursor: last.previousCursor });
    expect([numbersOf(back.items), back.previousCursor]).toEqual([[3, 4, 5, 6], null]);
    expect(numbersOf((await list(id, { limit: 5, cursor: back.nextCursor })).items)).toEqual([7]);
    const withBound = { limit: 2, before: 8, cursor: first.nextCursor };
    const refused = await api().get(`/v1/conversations/${id}/messages`, { query: withBound });
    expect([refused.status, refused.body.errors]).toEqual([
      400,
      [
        {
          pointer: '/before',
          in: 'query',
          detail: 'must not stand with cursor, which goes on in the range that it was given for: send one or the other',
        },
      ],
    ]);
  });

  it('lists by time', async () => {
    const { id } = await begin();
    await append(id, ...[1, 2, 3].map((day) => said(`day ${day}`, { createdAt: `2024-05-0${day}T12:00:00Z` })));
    expect(textsOf((await list(id, { since: '2024-05-02T00:00:00Z' })).items)).toEqual(['day 2', 'day 3']);
    expect(textsOf((await list(id, { until: '2024-05-02T12:00:00Z' })).items)).toEqual(['day 1']);
  });

  it('T7 edits, deletes and clears, and never gives a number out again', async () => {
    const { id } = await begin();
    const { body } = await append(id, said('one', { clientId: 'a' }), said('two'), said('three'));
    const path = (n: number) => `/v1/conversations/${id}/messages/${body.items[n].id}`;
    expect((await window(id)).messages).toHaveLength(3);

    const tag = (await api().get(path(0))).headers.get('etag') as string;
    const edited = await api().patch(path(0), { content: 'one, corrected' }, { headers: { 'if-match': tag } });
    expect([edited.status, edited.body]).toMatchObject([200, { seq: 1, content: 'one, corrected', clientId: 'a' }]);
    expect(edited.body.editedAt).not.toBeNull();
    expect((await api().patch(path(0), { content: 'x' }, { headers: { 'if-match': tag } })).status).toBe(412);
    expect(textsOf((await window(id)).messages)).toEqual(['one, corrected', 'two', 'three']);
    expect(textsOf((await list(id)).items)).toEqual(['one, corrected', 'two', 'three']);
    // A repeat of the append is known, whatever was edited since.
    expect((await append(id, said('one', { clientId: 'a' }))).body.items).toMatchObject([{ status: 'duplicate' }]);
    const audit = async () =>
      (await api().get('/v1/admin/audit')).body.items.filter((line: any) => line.details.conversationId === id);
    expect(await audit()).toMatchObject([
      { action: 'message.edit', details: { messageId: body.items[0].id, seq: 1, earlier: 'one' } },
    ]);

    expect((await api().del(path(2))).body).toEqual({ removed: { messages: 1 } });
    expect((await api().get(path(2))).body.code).toBe('message-not-found');
    expect((await append(id, said('four'))).body.items).toMatchObject([{ seq: 4 }]);
    expect(numbersOf((await window(id)).messages)).toEqual([1, 2, 4]);
    expect((await api().get(`/v1/conversations/${id}`)).body).toMatchObject({ messageCount: 3, lastSeq: 4 });

    expect((await api().del(`/v1/conversations/${id}/messages`)).body).toEqual({ removed: { messages: 3 } });
    expect(await window(id)).toEqual({
      summary: null,
      messages: [],
      tokens: 0,
      truncated: false,
      filtered: 0,
      resultsLeftOut: 0,
    });
    expect((await list(id)).items).toEqual([]);
    expect((await append(id, said('five'))).body.items).toMatchObject([{ seq: 5 }]);
    // What was deleted is in no audit line either.
    expect((await audit())[0].details).not.toHaveProperty('earlier');
  });

  it('answers windows within messages and tokens, with tool results and their calls together', async () => {
    const { id } = await begin();
    const call = {
      role: 'assistant',
      content: [{ type: 'tool_call', id: 'c1', name: 'read', arguments: { path: 'a' } }],
    };
    const result = { role: 'tool', content: [{ type: 'tool_result', callId: 'c1', content: 'the file' }] };
    await append(id, said('hello'), call, result, said('thanks'));
    const numbers = async (query: Record<string, number>) => numbersOf((await window(id, query)).messages);
    expect(await numbers({ maxMessages: 4 })).toEqual([1, 2, 3, 4]);
    expect(await numbers({ maxMessages: 3 })).toEqual([2, 3, 4]);
    expect(await numbers({ maxMessages: 2 })).toEqual([4]);
    const whole = await window(id);
    expect(whole).toMatchObject({ summary: null, truncated: false });
    expect(Object.keys(whole.messages[0]).toSorted()).toEqual(
      'clientId content createdAt createdBy editedAt id importedAuthor metadata name role seq'.split(' '),
    );
    for (let maxTokens = 1; maxTokens <= whole.tokens + 1; maxTokens++) {
      const { tokens, messages, truncated } = await window(id, { maxTokens });
      expect(tokens).toBeLessThanOrEqual(maxTokens);
      expect(truncated).toBe(messages.length < 4);
    }
    // Five words of English are five tokens, and each message four.
    const { id: plain } = await begin();
    await append(plain, said('one two three four five'));
    expect((await window(plain)).tokens).toBe(9);
  });

  it('keeps what a person says beside a result without a call, and holds 50 messages, or 200 within maxTokens', async () => {
    const { id } = await begin();
    const mine = { type: 'text', text: 'And what of the bell?' };
    const orphan = { type: 'tool_result', callId: 'gone', content: 'x '.repeat(1000) };
    await append(id, said('hello'), { role: 'user', content: [orphan, mine] }, { role: 'tool', content: [orphan] });
    expect(await window(id, { maxTokens: 40 })).toMatchObject({
      messages: [{ seq: 1 }, { seq: 2, content: [mine] }],
      truncated: false,
      resultsLeftOut: 2,
    });
    const { id: long } = await begin();
    await append(long, ...Array.from({ length: 210 }, (_, n) => said(`m${n + 1}`)));
    const lengths = async (query?: Record<string, number>) => (await window(long, query)).messages.length;
    expect([await lengths(), await lengths({ maxTokens: 100_000 })]).toEqual([50, 200]);
    expect(await lengths({ maxTokens: 100_000, maxMessages: 60 })).toBe(60);
  });

  it('leaves unhelpful answers out by the configured patterns, and says how many', async () => {
    const { id } = await begin();
    const answer = (content: string) => ({ role: 'assistant', content });
    await append(
      id,
      said("I can't help"),
      answer("Well, I can't help with it."),
      answer('I’m sorry, I have no access.'),
      answer('42'),
    );
    expect(await window(id)).toMatchObject({ filtered: 2, messages: [{ seq: 1 }, { seq: 4 }] });
    expect(await list(id)).toMatchObject({ filtered: 2, items: [{ seq: 1 }, { seq: 4 }] });
    expect(numbersOf((await window(id, { unhelpful: 'include' })).messages)).toEqual([1, 2, 3, 4]);
    expect((await list(id, { unhelpful: 'include' })).filtered).toBe(0);
  });

  it('T34 an answer kept for an idempotency key goes with what it created', async () => {
    let keys = 0;
    const post = (path: string, body: object, key: string) =>
      api().post(path, body, { headers: { 'idempotency-key': `${project}-${key}` } });
    const isReplayed = ({ headers }: { headers: Headers }) => headers.get('idempotency-replayed') === 'true';
    const beginOnce = () => post('/v1/conversations', { project, title: 'Once' }, 'begin');
    const begun = await beginOnce();
    expect([isReplayed(await beginOnce()), (await beginOnce()).body.id]).toEqual([true, begun.body.id]);

    const path = `/v1/conversations/${begun.body.id}`;
    const removals = [
      (message: string) => api().del(`${path}/messages/${message}`),
      () => api().del(`${path}/messages`),
    ];
    for (const remove of removals) {
      const key = `append-${++keys}`;
      const appendOnce = () => post(`${path}/messages`, { messages: [said('Once.')] }, key);
      const { id, seq } = (await appendOnce()).body.items[0];
      expect(isReplayed(await appendOnce())).toBe(true);
      expect((await remove(id)).status).toBe(200);
      const again = await appendOnce();
      expect([isReplayed(again), again.body.items[0]]).toEqual([
        false,
        { id: expect.not.stringMatching(id), clientId: null, seq: seq + 1, status: 'stored' },
      ]);
      expect(isReplayed(await appendOnce())).toBe(true);
    }

    // What became of a message is nothing to the answer that began its conversation.
    expect(isReplayed(await beginOnce())).toBe(true);
    expect((await api().del(path)).status).toBe(200);
    expect((await post(`${path}/messages`, { messages: [said('Once.')] }, `append-${keys}`)).status).toBe(404);
    const next = await beginOnce();
    expect([next.status, isReplayed(next), next.body.id === begun.body.id]).toEqual([201, false, false]);
    expect((await api().del(`/v1/projects/${project}`, { query: { confirm: project } })).status).toBe(200);
    const last = await beginOnce();
    expect([isReplayed(last), (await api().get(`/v1/conversations/${last.body.id}`)).status]).toEqual([false, 200]);
  });

  it('goes with its project', async () => {
    const { id } = await begin();
    await append(id, said('one'));
    expect((await api().del(`/v1/projects/${project}`, { query: { confirm: project } })).status).toBe(200);
    expect((await api().get(`/v1/conversations/${id}/window`)).status).toBe(404);
    expect((await api().get('/v1/conversations', { query: { project } })).body.items).toEqual([]);
  });
});
