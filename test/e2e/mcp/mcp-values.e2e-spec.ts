import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { type Keepsake, startKeepsake } from '#test/support/keepsake.js';
import { connectHttp, type McpClient } from '#test/support/mcp.js';

/** Of a model's window, a tenth. */
const MAX_ANSWER = 70_000;

describe('values by tools', () => {
  let database: TestDatabase;
  let server: Keepsake;
  let client: McpClient;

  beforeAll(async () => {
    database = await createTestDatabase();
    const env = { DATABASE_URL: database.url, EMBEDDING_PROVIDER: 'off', LOG_LEVEL: 'warn', WORKER_ENABLED: 'false' };
    server = await startKeepsake({ env });
    client = await connectHttp(server, { profile: 'full', project: 'atlas' });
  }, 120_000);

  afterAll(async () => {
    await client?.close();
    await server?.remove();
    await database?.drop();
  });

  /** All parts of what a tool answers, put together. */
  const readAll = async (tool: string, args: Record<string, unknown>, field: string) => {
    const forms = new Set<string>();
    let whole = '';
    for (let offset: number | null = 0; offset !== null;) {
      const data: any = await client.done(tool, { ...args, offset });
      expect(JSON.stringify(data).length).toBeLessThan(MAX_ANSWER);
      whole += data[field];
      forms.add(data.range.of);
      offset = data.range.nextOffset;
    }
    return { whole, forms: [...forms] };
  };
  /** Cut to pieces it would be no JSON; no text of it is long. */
  const long = Object.fromEntries(Array.from({ length: 9000 }, (_, n) => [`key ${n}`, [n, `"\u0001${n}"`]]));

  it('a long state is read in parts of its JSON, a short one as it is, and so is a checkpoint', async () => {
    const agent = 'long';
    await client.done('agent_state_put', { agent, value: { n: 1 } });
    const short = await client.done('agent_state_get', { agent });
    expect(short).toMatchObject({ value: { n: 1 }, range: { of: 'value', nextOffset: null } });
    await client.done('agent_state_put', { agent, value: long });
    const { id } = await client.done('agent_checkpoint_create', { agent, name: 'one' });
    for (const [tool, args] of [
      ['agent_state_get', { agent }],
      ['agent_checkpoint_get', { agent, id }],
    ] as const) {
      const { whole, forms } = await readAll(tool, args, 'value');
      expect([JSON.parse(whole), forms]).toEqual([long, ['json']]);
    }
    await client.done('agent_state_put', { agent, value: 'line "one"\n'.repeat(20_000) });
    const text = await readAll('agent_state_get', { agent }, 'value');
    expect([text.whole === 'line "one"\n'.repeat(20_000), text.forms]).toEqual([true, ['text']]);
  });

  it('what a change of a long state answers fits, and says how the state is read on', async () => {
    const agent = 'changed';
    await client.done('agent_state_put', { agent, value: long });
    await client.done('agent_checkpoint_create', { agent, name: 'one' });
    for (const data of [
      await client.done('agent_state_update', { agent, value: { more: 1 } }),
      await client.done('agent_state_restore', { agent, checkpoint: 'one' }),
    ]) {
      expect(JSON.stringify(data).length).toBeLessThan(MAX_ANSWER);
      expect(data.shortened.readOn).toContain('agent_state_get');
      expect(data.range.nextOffset).toBe(data.value.length);
    }
  });

  it('a window that has no room ends with the newest message, and splits no call from its results', async () => {
    const { id } = await client.done('conversation_begin', {});
    const turns = Array.from({ length: 60 }, (_, n) => [
      {
        role: 'assistant',
        content: [{ type: 'tool_call', id: `c${n}`, name: 'look', arguments: { at: 'x'.repeat(600) } }],
      },
      { role: 'tool', content: [{ type: 'tool_result', toolCallId: `c${n}`, content: 'y'.repeat(600) }] },
    ]).flat();
    for (const messages of [turns.slice(0, 100), [...turns.slice(100), { role: 'user', content: 'What now?' }]])
      await client.done('conversation_append', { id, messages });
    const window: any = await client.done('conversation_window', { id, maxMessages: 200 });
    expect(JSON.stringify(window).length).toBeLessThan(MAX_ANSWER);
    const shown = window.messages.map(({ seq }: any) => seq);
    expect([shown.at(-1), window.truncated]).toEqual([121, true]);
    expect(shown).toEqual(Array.from({ length: shown.length }, (_, n) => 122 - shown.length + n));
    expect(window.messages[0].role).toBe('assistant');
    expect(window.shortened.parts[0]).toEqual({ pointer: '/messages', unit: 'items', shown: shown.length, total: 121 });
    const { contents } = await client.sdk.readResource({ uri: `keepsake://conversations/${id}` });
    const text = (contents[0] as { text: string }).text;
    expect(JSON.parse(text).messages.at(-1).seq).toBe(121);
    expect(JSON.stringify(JSON.parse(text)).length).toBeLessThan(MAX_ANSWER);
  });

  it('pages that have no room lose no message: the cursor goes on behind what is shown', async () => {
    const { id } = await client.done('conversation_begin', {});
    const content = (n: number) =>
      Array.from({ length: 4 }, (_, part) => ({ type: 'text', text: `${n}.${part} ${'z'.repeat(300)}` }));
    const messages = Array.from({ length: 90 }, (_, n) => ({ role: 'user', content: content(n + 1) }));
    await client.done('conversation_append', { id, messages });
    const read: number[] = [];
    for (let cursor: string | null | undefined; cursor !== null;) {
      const page: any = await client.done('conversation_messages', {
        id,
        limit: 90,
        ...(cursor === undefined ? {} : { cursor }),
      });
      expect(JSON.stringify(page).length).toBeLessThan(MAX_ANSWER);
      read.push(...page.items.map(({ seq }: any) => seq));
      cursor = page.nextCursor;
    }
    expect(read).toEqual(Array.from({ length: 90 }, (_, n) => n + 1));
    const around: any = await client.done('conversation_messages', { id, around: 45, limit: 80 });
    expect(around.items.map(({ seq }: any) => seq)).toContain(45);
    const before: any = await client.done('conversation_messages', { id, before: 91, limit: 80 });
    expect(before.items.at(-1).seq).toBe(90);
  });

  it('a long message is read in parts: of its text, or of the JSON of its parts', async () => {
    const { id } = await client.done('conversation_begin', {});
    const parts = [{ type: 'tool_call', id: 'a', name: 'write', arguments: long }];
    const said = 'He said "yes".\n'.repeat(10_000);
    const messages = [
      { role: 'user', content: said },
      { role: 'assistant', content: parts },
    ];
    const { items } = await client.done('conversation_append', { id, messages });
    const text = await readAll('conversation_message', { id, message: items[0].id }, 'content');
    expect([text.whole === said, text.forms]).toEqual([true, ['text']]);
    const json = await readAll('conversation_message', { id, message: items[1].id }, 'content');
    expect([JSON.parse(json.whole), json.forms]).toEqual([parts, ['json']]);
    for (const data of [
      await client.done('conversation_messages', { id }),
      await client.done('conversation_window', { id }),
    ]) {
      expect(JSON.stringify(data).length).toBeLessThan(MAX_ANSWER);
      expect(data.shortened.readOn).toContain('conversation_message,');
    }
  });

  it('a context whose JSON is much longer than its text loses nothing between its parts', async () => {
    const content = 'He said "\\\\".\n"""'.repeat(5000);
    const { id } = await client.done('context_store', { label: 'quotes', content });
    let whole = '';
    for (let offset: number | null = 0; offset !== null;) {
      const data: any = await client.done('context_get', { id, offset, length: 50_000 });
      expect(data.content.length).toBe(data.range.length);
      whole += data.content;
      offset = data.range.nextOffset;
    }
    expect(whole === content).toBe(true);
  });

  it('a state that is sent as JSON text is the value that the text is; a patch is an object', async () => {
    const agent = 'as text';
    await client.done('agent_state_put', { agent, value: '{"a": 1, "b": [2]}' });
    expect((await client.done('agent_state_get', { agent })).value).toEqual({ a: 1, b: [2] });
    const updated = await client.done('agent_state_update', { agent, value: '{"a": null, "c": 3}' });
    expect(updated.value).toEqual({ b: [2], c: 3 });
    for (const value of ['no patch', '[1]', [1], 5]) {
      const { isError, data } = await client.call('agent_state_update', { agent, value });
      expect([isError, data]).toMatchObject([true, { status: 400, errors: [{ pointer: '/value' }] }]);
    }
    for (const args of [{}, { value: '' }, { value: null }, { value: '', ttlSeconds: '' }]) {
      const { isError, data } = await client.call('agent_state_update', { agent, ...args });
      expect([isError, data]).toMatchObject([true, { status: 400, errors: [{ pointer: '/value' }] }]);
    }
    const { value, version } = await client.done('agent_state_get', { agent });
    expect([value, version]).toEqual([{ b: [2], c: 3 }, 2]);
    for (const text of ['plain', '5', 'true', '{not json', '']) {
      await client.done('agent_state_put', { agent, value: text });
      expect((await client.done('agent_state_get', { agent })).value).toBe(text);
    }
  });

  it('a change of a state or a profile that says nothing is refused, and changes nothing', async () => {
    const path = '/v1/agents/quiet/state';
    await server.api.put(path, { project: 'atlas', value: 1 });
    const refused = await server.api.patch(path, { project: 'atlas' });
    expect([refused.status, refused.body.errors]).toMatchObject([
      400,
      [{ pointer: '/value', detail: expect.stringContaining('ttlSeconds') as string }],
    ]);
    expect((await server.api.get(`${path}?project=atlas`)).body.version).toBe(1);
    const profile = await server.api.patch('/v1/users/quiet/profile', {});
    expect([profile.status, profile.body.errors]).toMatchObject([
      400,
      [{ pointer: '/profile', detail: expect.stringContaining('preferences') as string }],
    ]);
    expect((await server.api.get('/v1/users/quiet/profile')).body.version).toBe(0);
  });

  it('lists are of the project of the connection, unless a call names another one or a session', async () => {
    const sessionOf = async (project: string) => (await client.done('session_start', { project })).id as string;
    const [mine, theirs] = [await sessionOf('atlas'), await sessionOf('other')];
    for (const [project, sessionId] of [
      ['atlas', mine],
      ['other', theirs],
    ]) {
      await client.done('conversation_begin', { project, sessionId });
      await client.done('handover_make', { project });
    }
    const projectsOf = async (tool: string, args: Record<string, unknown> = {}) => {
      const { items } = await client.done(tool, args);
      return [...new Set(items.map(({ project }: { project: string }) => project))];
    };
    for (const tool of ['session_list', 'conversation_list', 'handover_list']) {
      expect([tool, await projectsOf(tool)]).toEqual([tool, ['atlas']]);
      expect([tool, await projectsOf(tool, { project: 'other' })]).toEqual([tool, ['other']]);
    }
    expect(await projectsOf('conversation_list', { session: theirs })).toEqual(['other']);
    const { tools } = await client.sdk.listTools();
    const said = (name: string) => tools.find((tool) => tool.name === name)?.inputSchema;
    expect(said('conversation_list')?.properties).toMatchObject({ project: { default: 'atlas' } });
    expect(said('project_overview')).toMatchObject({ properties: { project: { default: 'atlas' } }, required: [] });
  });
});
