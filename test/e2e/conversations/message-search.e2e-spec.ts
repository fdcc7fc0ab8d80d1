import type { Keepsake } from '#test/support/keepsake.js';
import { CachingFixture } from '../caching/caching-places.js';

describe('messages in searches, over two processes', () => {
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
    project = `found-${++count}`;
  });

  const begin = async () => (await here.api.post('/v1/conversations', { project })).body.id as string;
  const say = async (id: string, ...texts: string[]) => {
    const messages = texts.map((content) => ({ role: 'user', content }));
    const { status, body } = await here.api.post(`/v1/conversations/${id}/messages`, { messages });
    expect(status).toBe(201);
    return body.items.map((item: { id: string }) => item.id) as string[];
  };
  const found = async (q: string, query: Record<string, string> = {}) => {
    const { status, body } = await there.api.get('/v1/search', { query: { project, q, ...query } });
    expect(status).toBe(200);
    return body.items.map(({ kind, id }: { kind: string; id: string }) => `${kind} ${id}`).toSorted() as string[];
  };

  it('finds a message on the other process with the answer to its append, also where the search was remembered', async () => {
    const id = await begin();
    expect(await found('lighthouse')).toEqual([]);
    const [first] = await say(id, 'The lighthouse burns at night.');
    expect(await found('lighthouse')).toEqual([`message ${first}`]);
    const [second] = await say(id, 'Who keeps the lighthouse?');
    expect(await found('lighthouse')).toEqual([`message ${first}`, `message ${second}`].toSorted());
    // What tools answer is found as well.
    const part = { type: 'tool_result', callId: 'c', content: [{ type: 'text', text: 'a file about otters' }] };
    const { body } = await here.api.post(`/v1/conversations/${id}/messages`, {
      messages: [
        { role: 'assistant', content: [{ type: 'tool_call', id: 'c', name: 'read', arguments: {} }] },
        { role: 'tool', content: [part] },
      ],
    });
    expect(await found('otters')).toEqual([`message ${body.items[1].id}`]);
  });

  it('narrows by kind, and leaves out what active conversations hold', async () => {
    const id = await begin();
    const [said] = await say(id, 'The lighthouse burns at night.');
    const stored = await here.api.post('/v1/contexts', { project, label: 'l', content: 'The lighthouse is white.' });
    const context = `context ${stored.body.id}`;
    expect(await found('lighthouse')).toEqual([context, `message ${said}`].toSorted());
    expect(await found('lighthouse', { kinds: 'message' })).toEqual([`message ${said}`]);
    expect(await found('lighthouse', { kinds: 'entry,context' })).toEqual([context]);
    expect(await found('lighthouse', { live: 'false' })).toEqual([context]);
    await here.api.post(`/v1/conversations/${id}/archive`);
    expect(await found('lighthouse', { live: 'false' })).toEqual([context, `message ${said}`].toSorted());
    await here.api.post(`/v1/conversations/${id}/restore`);
    expect(await found('lighthouse', { live: 'false' })).toEqual([context]);
    const wrong = await there.api.get('/v1/search', { query: { project, q: 'x', kinds: 'message,dream' } });
    expect(wrong.status).toBe(400);
  });

  it('says where a hit comes from, and what was said around it, right at the edges of the conversation', async () => {
    const id = await begin();
    const other = await begin();
    await say(other, 'Nothing of this.');
    const ids = await say(id, 'zero', 'one', 'two', 'three', 'four');
    const hitOf = async (q: string, neighbours?: number) => {
      const { body } = await there.api.get('/v1/search', { query: { project, q, neighbours } });
      return body.items.find(
        ({ id: hit }: { id: string }) => hit === ids[['zero', 'one', 'two', 'three', 'four'].indexOf(q)],
      );
    };
    const around = async (q: string, neighbours?: number) =>
      (await hitOf(q, neighbours)).neighbours.map(({ offset, text }: any) => `${offset} ${text}`);
    expect(await hitOf('two')).toMatchObject({ source: { conversationId: id, seq: 3, sessionId: null } });
    expect(await around('two')).toEqual(['-1 one', '1 three']);
    expect(await around('zero')).toEqual(['1 one']);
    expect(await around('four')).toEqual(['-1 three']);
    expect(await around('zero', 5)).toEqual(['1 one', '2 two', '3 three', '4 four']);
    expect(await around('two', 5)).toEqual(['-2 zero', '-1 one', '1 three', '2 four']);
    expect(await around('two', 0)).toEqual([]);
    await say(id, 'five');
    expect(await around('four')).toEqual(['-1 three', '1 five']);
    await here.api.patch(`/v1/conversations/${id}/messages/${ids[3]}`, { content: 'changed' });
    expect(await around('four')).toEqual(['-1 changed', '1 five']);
    await here.api.del(`/v1/conversations/${id}/messages/${ids[3]}`);
    expect(await around('four')).toEqual(['-1 two', '1 five']);
  });

  it('finds messages by the session that their conversation has now', async () => {
    const session = async () => (await here.api.post('/v1/sessions', { project })).body.id as string;
    const [first, second] = [await session(), await session()];
    const { body: talk } = await here.api.post('/v1/conversations', { project, sessionId: first });
    const [said] = await say(talk.id, 'The lighthouse burns at night.');
    const hit = [`message ${said}`];
    expect([await found('lighthouse', { session: first }), await found('lighthouse', { session: second })]).toEqual([
      hit,
      [],
    ]);
    await here.api.patch(`/v1/conversations/${talk.id}`, { sessionId: second });
    expect([await found('lighthouse', { session: first }), await found('lighthouse', { session: second })]).toEqual([
      [],
      hit,
    ]);
    await here.api.patch(`/v1/conversations/${talk.id}`, { sessionId: null });
    expect([await found('lighthouse', { session: second }), await found('lighthouse')]).toEqual([[], hit]);
  });

  it('shows the log around an entry of a session', async () => {
    const { body: session } = await here.api.post('/v1/sessions', { project });
    for (const text of ['before it', 'the badger digs', 'after it'])
      await here.api.post(`/v1/sessions/${session.id}/entries`, { kind: 'progress', text });
    await here.api.post(`/v1/sessions/${session.id}/end`);
    const { body } = await there.api.get('/v1/search', { query: { project, q: 'badger' } });
    expect(body.items[0]).toMatchObject({
      kind: 'entry',
      source: { sessionId: session.id, conversationId: null, seq: null },
      neighbours: [
        { offset: -1, text: 'before it', entryKind: 'progress' },
        { offset: 1, text: 'after it', entryKind: 'progress' },
      ],
    });
  });

  it('T42 finds nothing of what was edited, deleted or cleared, at once', async () => {
    const id = await begin();
    const [edited, deleted, cleared] = await say(id, 'One otter swims.', 'Two otters swim.', 'Three otters swim.');
    expect(await found('otters', { kinds: 'message' })).toHaveLength(3);
    await here.api.patch(`/v1/conversations/${id}/messages/${edited}`, { content: 'One badger digs.' });
    expect(await found('otters')).toEqual([`message ${deleted}`, `message ${cleared}`].toSorted());
    expect(await found('badger')).toEqual([`message ${edited}`]);
    await here.api.del(`/v1/conversations/${id}/messages/${deleted}`);
    expect(await found('otters')).toEqual([`message ${cleared}`]);
    await here.api.del(`/v1/conversations/${id}/messages`);
    expect(await found('otters')).toEqual([]);
    const [last] = await say(id, 'An otter again.');
    expect(await found('otter')).toEqual([`message ${last}`]);
    await here.api.del(`/v1/conversations/${id}`);
    expect(await found('otter')).toEqual([]);
  });
});
