import { request, type OutgoingHttpHeaders } from 'node:http';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { type Keepsake, startKeepsake } from '#test/support/keepsake.js';
import { connectHttp, postMessage } from '#test/support/mcp.js';

const UNKNOWN_ID = '01890000-0000-7000-8000-000000000000';

describe('the protocol of /mcp', () => {
  let database: TestDatabase;
  let server: Keepsake;
  let other: Keepsake;

  beforeAll(async () => {
    database = await createTestDatabase();
    const env = { DATABASE_URL: database.url, EMBEDDING_PROVIDER: 'off', LOG_LEVEL: 'warn', WORKER_ENABLED: 'false' };
    server = await startKeepsake({ env: { ...env, CORS_ORIGINS: 'https://console.example' } });
    // Another process of the same installation, with the same first key.
    other = await startKeepsake({ env: { ...env, KEEPSAKE_BOOTSTRAP_KEY: server.key } });
  }, 120_000);

  afterAll(async () => {
    await other?.remove();
    await server?.remove();
    await database?.drop();
  });

  const initialize = (protocolVersion: string) => ({
    method: 'initialize',
    params: { protocolVersion, capabilities: {}, clientInfo: { name: 'by hand', version: '1' } },
  });
  const call = (name: string, args: object) => ({ method: 'tools/call', params: { name, arguments: args } });
  const problemOf = ({ body }: { body: any }) => JSON.parse(body.result.content[0].text);
  const newKey = async (...scopes: string[]): Promise<string> =>
    (await server.api.post('/v1/keys', { name: scopes.join(' '), scopes })).body.key;

  describe('versions', () => {
    it.each(['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'])(
      'speaks %s with a client of that age',
      async (version) => {
        const begun = await postMessage(server, initialize(version));
        expect(begun.status).toBe(200);
        expect(begun.headers.get('content-type')).toMatch(/^application\/json/);
        expect(begun.body).toMatchObject({
          id: 1,
          result: { protocolVersion: version, serverInfo: { name: 'keepsake' } },
        });
        const headers = {
          'mcp-session-id': begun.headers.get('mcp-session-id') ?? '',
          'mcp-protocol-version': version,
        };
        const noted = await server.api.post(
          '/mcp',
          { jsonrpc: '2.0', method: 'notifications/initialized' },
          { headers },
        );
        expect([noted.status, noted.body]).toEqual([202, undefined]);
        const { body } = await postMessage(server, { id: 7, method: 'tools/list' }, { headers });
        expect(body).toMatchObject({ jsonrpc: '2.0', id: 7, result: { tools: expect.any(Array) } });
        const stored = await postMessage(server, call('context_store', { label: version, content: 'text' }), {
          headers,
        });
        // Versions that do not know structured content get the value as text.
        const { structuredContent, content } = stored.body.result;
        expect(structuredContent === undefined).toBe(version < '2025-06-18');
        expect(structuredContent ?? JSON.parse(content[0].text)).toMatchObject({ label: version, version: 1 });
      },
    );

    it('answers a version that it does not know with one that it does', async () => {
      const { body } = await postMessage(server, initialize('1999-01-01'));
      expect(body.result.protocolVersion).toMatch(/^202\d-\d\d-\d\d$/);
    });

    it('refuses a message of a version that it does not know, naming those it does', async () => {
      const headers = { 'mcp-protocol-version': '1999-01-01' };
      const { status, body } = await postMessage(server, { method: 'tools/list' }, { headers });
      expect(status).toBe(400);
      expect(body.error.message).toContain('2025-11-25');
    });

    it('says what it can do to a client of the newest version', async () => {
      const client = await connectHttp(server, { generation: 'newer' });
      expect(client.sdk.getNegotiatedProtocolVersion()).toBe('2026-07-28');
      await client.close();
    });
  });

  describe('sessions', () => {
    it('T16 are one for each connection, good on every process, and end with 404', async () => {
      const begun = await Promise.all([1, 2].map(() => postMessage(server, initialize('2025-06-18'))));
      const ids = begun.map(({ headers }) => headers.get('mcp-session-id') ?? '');
      expect(new Set(ids).size).toBe(2);
      for (const [process, id] of [server, other].flatMap((each) => ids.map((known) => [each, known] as const))) {
        const { status } = await postMessage(
          process,
          { method: 'ping' },
          { headers: { 'mcp-session-id': id }, key: server.key },
        );
        expect(status).toBe(200);
      }
      const [id = ''] = ids;
      for (const unknown of [
        'nonsense',
        `${id}x`,
        `x${id}`,
        id.replace(/.$/, (last) => (last === 'A' ? 'Q' : 'A')),
        UNKNOWN_ID,
      ]) {
        const answer = await postMessage(server, { method: 'ping' }, { headers: { 'mcp-session-id': unknown } });
        expect([answer.status, answer.body.code, answer.body.error.message]).toEqual([
          404,
          'mcp-session-not-found',
          answer.body.detail,
        ]);
      }
    });

    it("T41 another credential's session is not found", async () => {
      const { headers } = await postMessage(server, initialize('2025-06-18'));
      const key = await newKey('memory:read');
      const session = { 'mcp-session-id': headers.get('mcp-session-id') ?? '' };
      expect((await postMessage(server, { method: 'ping' }, { headers: session, key })).status).toBe(404);
      expect((await postMessage(server, { method: 'ping' }, { headers: session })).status).toBe(200);
    });
  });

  describe('access', () => {
    it.each([undefined, 'ks_wrong_key', 'nonsense'])(
      'is refused to %s, with a problem and a challenge',
      async (key) => {
        const { status, headers, body } = await server.api
          .as(key)
          .post('/mcp', { jsonrpc: '2.0', id: 1, method: 'ping' });
        expect(status).toBe(401);
        expect(headers.get('www-authenticate')).toMatch(/^Bearer /);
        expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
        expect(body).toMatchObject({ code: 'unauthenticated', jsonrpc: '2.0', error: { message: expect.any(String) } });
      },
    );

    it('is refused to pages of other origins, and open to those of this machine and of the list', async () => {
      const statusFor = async (origin: string) =>
        (await postMessage(server, { method: 'ping' }, { headers: { origin } })).status;
      for (const origin of [
        'https://evil.example',
        'http://127.0.0.1.evil.example',
        'http://localhost.evil.example',
        'null',
      ])
        expect([origin, await statusFor(origin)]).toEqual([origin, 403]);
      for (const origin of [
        'http://localhost:5173',
        'http://127.0.0.1',
        'http://[::1]:8080',
        'https://console.example',
      ])
        expect([origin, await statusFor(origin)]).toEqual([origin, 200]);
    });

    it('a key sees the tools that it may call, and is shown why it may not call another', async () => {
      const key = await newKey('memory:read');
      const client = await connectHttp(server, { key, profile: 'full' });
      const { tools } = await client.sdk.listTools();
      expect(tools.every(({ annotations }) => annotations?.readOnlyHint === true)).toBe(true);
      expect(tools.map(({ name }) => name)).not.toEqual(expect.arrayContaining(['embed']));
      const { isError, data } = await client.call('context_store', { label: 'l', content: 'text' });
      expect([isError, data]).toEqual([true, expect.objectContaining({ code: 'missing-scope', status: 403 })]);
      await client.close();
      const blind = await connectHttp(server, { key: await newKey('embeddings'), profile: 'full' });
      expect((await blind.sdk.listTools()).tools.map(({ name }) => name).toSorted()).toEqual(['embed', 'usage_get']);
      expect((await blind.sdk.listResources()).resources).toEqual([]);
      expect((await blind.sdk.listPrompts()).prompts).toEqual([]);
      await expect(blind.sdk.readResource({ uri: `keepsake://contexts/${UNKNOWN_ID}` })).rejects.toThrow(/scope/);
      await blind.close();
    });

    it('an operator names the workspace in a header', async () => {
      await server.api.post('/v1/workspaces', { slug: 'elsewhere' });
      const headers = { 'x-keepsake-workspace': 'elsewhere' };
      const stored = await postMessage(server, call('context_store', { label: 'there', content: 'text' }), { headers });
      const { id } = stored.body.result.structuredContent;
      expect((await server.api.get(`/v1/contexts/${id}`)).status).toBe(404);
      expect((await server.api.get(`/v1/contexts/${id}`, { headers })).status).toBe(200);
    });

    it.each(['GET', 'DELETE', 'PUT'])(
      '%s is no way in: nothing is sent unasked, and no session is kept',
      async (method) => {
        const { status, headers } = await server.api.send(method, '/mcp');
        expect([status, headers.get('allow')]).toEqual([405, 'POST']);
      },
    );
  });

  describe('profiles', () => {
    const namesOf = async (query: Record<string, string>, headers: Record<string, string> = {}) =>
      (await postMessage(server, { method: 'tools/list' }, { query, headers })).body.result.tools.map(
        ({ name }: { name: string }) => name,
      );

    it('are chosen in the address or by a header', async () => {
      const core = await namesOf({});
      const full = await namesOf({ profile: 'full' });
      expect([core.length <= 13, full.length > 40]).toEqual([true, true]);
      expect(full).toEqual(expect.arrayContaining(core));
      expect(await namesOf({ profile: 'core' })).toEqual(core);
      expect(await namesOf({}, { 'x-keepsake-mcp-profile': 'full' })).toEqual(full);
      expect(await namesOf({ profile: 'core' }, { 'x-keepsake-mcp-profile': 'full' })).toEqual(core);
    });

    it('that do not exist are reported, and so is a project that is none', async () => {
      for (const [query, headers] of [
        [{ profile: 'huge' }, {}],
        [{ project: 'NO WAY' }, {}],
        [{ unknown: 'x' }, {}],
        [{}, { 'x-keepsake-mcp-profile': 'huge' }],
        [{}, { 'x-keepsake-mcp-project': 'NO WAY' }],
      ] as [Record<string, string>, Record<string, string>][]) {
        const { status, body } = await postMessage(server, { method: 'tools/list' }, { query, headers });
        expect([status, body.code, body.errors.length]).toEqual([400, 'invalid-request', 1]);
      }
    });

    it('a tool of another profile is unknown', async () => {
      const { body } = await postMessage(server, call('job_list', {}));
      expect(body.error).toMatchObject({ code: -32_602, message: expect.stringContaining('job_list') });
    });
  });

  describe('bad input', () => {
    it.each<[string, string, object, string]>([
      ['an unknown argument', 'context_store', { label: 'l', content: 'c', colour: 'red' }, '/colour'],
      ['an unknown argument of a read', 'search', { q: 'x', colour: 'red' }, '/colour'],
      ['a missing argument', 'context_store', { label: 'l' }, '/content'],
      ['a missing id', 'context_get', {}, '/id'],
      ['a wrong type', 'context_store', { label: 'l', content: 5 }, '/content'],
      ['a wrong type in a query', 'search', { q: 'x', limit: { a: 1 } }, '/limit'],
      ['a wrong type in a path', 'context_get', { id: ['x'] }, '/id'],
      ['an id that is none', 'context_get', { id: 'x' }, '/id'],
      ['an empty id', 'context_get', { id: '' }, '/id'],
      ['a path that leaves the route', 'context_get', { id: '..' }, '/id'],
      ['a path within an id', 'context_get', { id: '../sessions' }, '/id'],
      ['NUL', 'context_store', { label: 'l', content: 'a\0b' }, '/content'],
      ['NUL in a path', 'context_get', { id: 'a\0b' }, '/id'],
      ['NUL in a name', 'context_store', { label: 'l', content: 'c', metadata: { 'a\0b': 1 } }, '/metadata/a\0b'],
    ])('%s is reported with the field that is wrong', async (_what, tool, args, pointer) => {
      const answer = await postMessage(server, call(tool, args));
      expect(answer.status).toBe(200);
      expect(answer.body.result.isError).toBe(true);
      const problem = problemOf(answer);
      expect(problem).toMatchObject({
        code: expect.stringMatching(/^invalid/),
        status: 400,
        detail: expect.any(String),
      });
      expect(problem.errors.map((error: { pointer: string }) => error.pointer)).toEqual([pointer]);
      expect(answer.body.result['_meta']['keepsake/problem']).toEqual(problem);
    });

    it.each<[string, object]>([
      [
        'context_store',
        { label: 'nulls', content: 'c', tags: null, metadata: null, priority: null, sessionId: null, project: '' },
      ],
      ['context_store', { label: 'texts', content: 'c', tags: '["x","y"]', metadata: '{"a":1}' }],
      ['context_recall', { labels: '["nulls"]', ids: null, previewOnly: 'true' }],
      ['session_start', { client: 'x', metadata: null }],
      ['search', { q: 'text', tags: '', since: '', session: '', cursor: '', priority: '', limit: '5' }],
      ['handover_latest', { project: null }],
    ])('%s takes null and an empty text as absent, and JSON as text: %j', async (tool, args) => {
      const { body } = await postMessage(server, call(tool, args));
      expect(body.result).not.toHaveProperty('isError');
      const sentAsText = { method: 'tools/call', params: { name: tool, arguments: JSON.stringify(args) } };
      expect((await postMessage(server, sentAsText)).body.result).not.toHaveProperty('isError');
    });

    it('what is sent as JSON text is stored as what it means, and null is not stored', async () => {
      const args = { label: 'meant', content: 'c', tags: '["x","y"]', metadata: '{"a":null}', priority: '' };
      const { body } = await postMessage(server, call('context_store', args));
      const { id } = body.result.structuredContent;
      expect((await server.api.get(`/v1/contexts/${id}`)).body).toMatchObject({
        tags: ['x', 'y'],
        metadata: { a: null },
        priority: 'reference',
      });
      const listed = await postMessage(server, { method: 'tools/list', params: null as never });
      expect(listed.body.result.tools.length).toBeGreaterThan(7);
      expect((await postMessage(server, call('handover_latest', null as never))).body.result).toBeDefined();
    });

    it('a lone surrogate is reported with its field', async () => {
      for (const args of ['{"label":"l","content":"\\ud800"}', '{"id":"\\ud800"}']) {
        const name = args.includes('label') ? 'context_store' : 'context_get';
        const text = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"${name}","arguments":${args}}}`;
        const answer = await server.api.post('/mcp', text, { headers: { 'content-type': 'application/json' } });
        expect([answer.status, problemOf(answer).code]).toEqual([200, 'invalid-request']);
      }
    });

    it('what is no message is refused, and never a failure of the server', async () => {
      const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
      const many = JSON.stringify(Array.from({ length: 21 }, (_, id) => ({ jsonrpc: '2.0', id, method: 'ping' })));
      const texts = [
        '',
        '5',
        '"x"',
        'null',
        '[]',
        '{}',
        '{"jsonrpc":"1.0"}',
        '{"jsonrpc":"2.0","id":{},"method":"x"}',
        deep,
        many,
      ];
      for (const text of texts) {
        const { status, body } = await server.api.post('/mcp', text, {
          headers: { 'content-type': 'application/json' },
        });
        expect([text.slice(0, 40), status >= 400 && status < 500, body?.error?.code]).toEqual([
          text.slice(0, 40),
          true,
          expect.any(Number),
        ]);
      }
      const broken = await server.api.post('/mcp', '{', { headers: { 'content-type': 'application/json' } });
      expect([broken.status, broken.body.code]).toEqual([400, 'invalid-json']);
      expect((await server.api.post('/mcp', 'x', { headers: { 'content-type': 'text/plain' } })).status).toBe(415);
    });

    it.each<[string, object]>([
      ['an unknown method', { method: 'no/such' }],
      ['an unknown tool', call('no_such', {})],
      ['a tool without a name', { method: 'tools/call', params: {} }],
      ['arguments that are no object', { method: 'tools/call', params: { name: 'search', arguments: 'q' } }],
      ['a resource that is none', { method: 'resources/read', params: { uri: 'file:///etc/passwd' } }],
      [
        'a resource whose address leaves its place',
        { method: 'resources/read', params: { uri: 'keepsake://contexts/%2e%2e' } },
      ],
      [
        'a resource that is not there',
        { method: 'resources/read', params: { uri: `keepsake://contexts/${UNKNOWN_ID}` } },
      ],
      ['a broken percent sign', { method: 'resources/read', params: { uri: 'keepsake://contexts/%E0%A4' } }],
      ['a foreign cursor', { method: 'resources/list', params: { cursor: 'x' } }],
      ['an unknown prompt', { method: 'prompts/get', params: { name: 'no_such' } }],
      [
        'an unknown argument of a prompt',
        { method: 'prompts/get', params: { name: 'wake_up', arguments: { x: 'y' } } },
      ],
      ['a prompt without what it needs', { method: 'prompts/get', params: { name: 'hand_over' } }],
    ])('%s is an error of the protocol', async (_what, message) => {
      const { status, body } = await postMessage(server, message as { method: string });
      expect(status).toBeLessThan(500);
      expect(body).toMatchObject({ id: 1, error: { code: expect.any(Number), message: expect.any(String) } });
      expect([-32_600, -32_601, -32_602]).toContain(body.error.code);
    });

    it.each<[string, object, string]>([
      ['tools/call', { name: 'search', arguments: [] }, '/params/arguments: must be an object'],
      ['tools/call', { name: 'search', arguments: 'q' }, '/params/arguments: must be an object'],
      ['tools/call', { name: 5 }, '/params/name: must be a text'],
      ['tools/call', {}, '/params/name: is required'],
      ['prompts/get', { name: 'wake_up', arguments: [] }, '/params/arguments: must be an object'],
      [
        'prompts/get',
        { name: 'hand_over', arguments: { sessionId: 5 } },
        '/params/arguments/sessionId: must be a text',
      ],
      ['resources/read', { uri: 5 }, '/params/uri: must be a text'],
      ['resources/list', { cursor: 5 }, '/params/cursor: must be a text'],
      ['initialize', {}, '/params/protocolVersion: is required'],
    ])('%s with %j is refused in one sentence', async (method, params, said) => {
      const { body } = await postMessage(server, { method, params });
      expect(body.error).toMatchObject({ code: -32_602, data: { code: 'invalid-request', status: 400 } });
      expect(body.error.message).toContain(`The request is not valid: ${said}`);
      expect(JSON.stringify(body).length).toBeLessThan(1_000);
      expect(body.error.message).not.toMatch(/[\n{[]/);
    });

    it('arguments that are null are none', async () => {
      const { body } = await postMessage(server, {
        method: 'tools/call',
        params: { name: 'session_start', arguments: null },
      });
      expect(body.result.isError).toBeUndefined();
    });

    it('messages of a batch are answered together, where the version knows batches', async () => {
      const messages = [1, 2].map((id) => ({ jsonrpc: '2.0', id, ...call('project_overview', { project: `p${id}` }) }));
      const headers = { 'mcp-protocol-version': '2025-03-26' };
      const { status, body } = await server.api.post('/mcp', messages, { headers });
      expect(status).toBe(200);
      expect(new Set((body as { id: number }[]).map(({ id }) => id))).toEqual(new Set([1, 2]));
    });
  });

  it('the time that a call waited for the database is reported with the request that it came with', async () => {
    const { headers } = await postMessage(server, call('context_store', { label: 'timed', content: 'text' }));
    const [, waitedMs] = /database;dur=([\d.]+)/.exec(headers.get('server-timing') ?? '') ?? [];
    expect(Number(waitedMs)).toBeGreaterThan(0);
  });

  it('resources are listed page by page, each once', async () => {
    const project = 'paged';
    const labels = Array.from({ length: 60 }, (_, n) => `label-${String(n).padStart(2, '0')}`);
    await server.api.post('/v1/contexts/batch', { project, items: labels.map((label) => ({ label, content: label })) });
    const listed: string[] = [];
    let cursor: string | undefined;
    do {
      const { body } = await postMessage(
        server,
        { method: 'resources/list', params: { cursor } },
        { query: { project } },
      );
      listed.push(...body.result.resources.map(({ name }: { name: string }) => name));
      cursor = body.result.nextCursor;
    } while (cursor !== undefined);
    expect(listed.toSorted()).toEqual(labels);
  });

  it('every tool says what it does to what is stored', async () => {
    const { body } = await postMessage(server, { method: 'tools/list' }, { query: { profile: 'full' } });
    for (const { name, title, description, annotations, inputSchema, outputSchema } of body.result.tools) {
      expect([name, title.length > 3, description.length > 10]).toEqual([name, true, true]);
      expect([name, annotations]).toEqual([
        name,
        {
          title,
          readOnlyHint: expect.any(Boolean),
          destructiveHint: expect.any(Boolean),
          idempotentHint: expect.any(Boolean),
          openWorldHint: false,
        },
      ]);
      expect([name, inputSchema.type, inputSchema.additionalProperties, outputSchema.type]).toEqual([
        name,
        'object',
        false,
        'object',
      ]);
    }
  });
});

describe('the limits of /mcp', () => {
  let server: Keepsake;

  beforeAll(async () => {
    server = await startKeepsake({
      env: {
        EMBEDDING_PROVIDER: 'off',
        RATE_LIMIT_ENABLED: 'true',
        RATE_LIMIT_READS_PER_MINUTE: '10',
        RATE_LIMIT_WRITES_PER_MINUTE: '3',
        // Each test has a key of its own.
        RATE_LIMIT_WORKSPACE_FACTOR: '100',
        LOG_LEVEL: 'warn',
      },
    });
  }, 120_000);

  afterAll(() => server?.remove());

  it('are those of REST: a call counts as what it calls, everything else as a read', async () => {
    const { body } = await server.api.post('/v1/keys', { name: 'limited', scopes: ['memory:read', 'memory:write'] });
    const key = body.key as string;
    const store = (n: number) => ({
      method: 'tools/call',
      params: { name: 'context_store', arguments: { label: `l${n}`, content: 'text' } },
    });
    const written = [];
    for (let n = 0; n < 4; n++) written.push((await postMessage(server, store(n), { key })).body.result);
    expect(written.map(({ isError }) => isError === true)).toEqual([false, false, false, true]);
    expect(JSON.parse(written[3].content[0].text)).toMatchObject({
      code: 'rate-limited',
      status: 429,
      retryAfterSeconds: expect.any(Number),
    });
    expect((await server.api.as(key).post('/v1/contexts', { label: 'x', content: 'text' })).status).toBe(429);
    const statuses = [];
    for (let n = 0; n < 11; n++) statuses.push(await postMessage(server, { method: 'tools/list' }, { key }));
    expect(statuses.map(({ status }) => status)).toEqual([...Array.from({ length: 10 }, () => 200), 429]);
    expect(statuses.at(-1)?.headers.get('retry-after')).toMatch(/^\d+$/);
    expect((await server.api.as(key).get('/v1/contexts')).status).toBe(429);
  });

  const UNKNOWN_SESSION = { 'mcp-session-id': 'nonsense' };
  it.each<[string, object, Record<string, string>]>([
    ['an unknown tool', { id: 1, method: 'tools/call', params: { name: 'no_such', arguments: {} } }, {}],
    ['wrong arguments', { id: 1, method: 'tools/call', params: { name: 'context_get', arguments: { id: '..' } } }, {}],
    ['no arguments that can be read', { id: 1, method: 'tools/call', params: { name: 'search', arguments: 5 } }, {}],
    ['an unknown prompt', { id: 1, method: 'prompts/get', params: { name: 'no_such' } }, {}],
    ['a resource that is none', { id: 1, method: 'resources/read', params: { uri: 'file:///etc/passwd' } }, {}],
    ['an unknown method', { id: 1, method: 'no/such' }, {}],
    ['a notification', { method: 'notifications/initialized' }, {}],
    ['a call as a notification', { method: 'tools/call', params: { name: 'search' } }, {}],
    ['a call in an unknown session', { id: 1, method: 'tools/call', params: { name: 'search' } }, UNKNOWN_SESSION],
  ])('count %s as one read', async (_what, message, headers) => {
    const { body } = await server.api.post('/v1/keys', { name: 'counted', scopes: ['memory:read'] });
    const send = () => server.api.as(body.key as string).post('/mcp', { jsonrpc: '2.0', ...message }, { headers });
    for (let n = 0; n < 10; n++) expect((await send()).status).not.toBe(429);
    expect((await send()).status).toBe(429);
  });

  it('count what is no message, and a call of a route once', async () => {
    const { body } = await server.api.post('/v1/keys', { name: 'counted', scopes: ['memory:read'] });
    const reader = server.api.as(body.key as string);
    for (let n = 0; n < 4; n++) expect((await reader.post('/mcp', [[[]]])).status).toBeLessThan(429);
    const list = { method: 'resources/list' };
    // Two routes are called for one page: the latest handover and the contexts.
    for (let n = 0; n < 3; n++) expect((await postMessage(server, list, { key: body.key })).status).toBe(200);
    expect((await reader.get('/v1/contexts')).status).toBe(429);
  });

  /** What comes back before a byte of the body was sent: the server asks for it, or answers. */
  function announce(key: string, bytes: number, headers: OutgoingHttpHeaders = {}): Promise<number> {
    return new Promise((resolve, reject) => {
      const outgoing = request(`${server.url}/mcp`, {
        method: 'POST',
        agent: false,
        headers: {
          authorization: `Bearer ${key}`,
          'content-type': 'application/json',
          'content-length': bytes,
          expect: '100-continue',
          ...headers,
        },
      });
      const settle = (status: number) => {
        resolve(status);
        outgoing.destroy();
      };
      outgoing.on('continue', () => settle(100));
      outgoing.on('response', ({ statusCode = 0 }) => settle(statusCode));
      outgoing.on('error', reject);
      outgoing.flushHeaders();
    });
  }

  it('are asked before a byte of the body is read, of known keys too', async () => {
    const newKey = async () => {
      const { body } = await server.api.post('/v1/keys', { name: 'announced', scopes: ['memory:read'] });
      return body.key as string;
    };
    const large = 8 * 1024 * 1024;
    const writer = await newKey();
    const asked = [];
    for (let n = 0; n < 4; n++) asked.push(await announce(writer, large));
    // Each large one takes a write before it is read.
    expect(asked).toEqual([100, 100, 100, 429]);
    expect(await announce(writer, 1_000)).toBe(100);
    expect(await announce(writer, 1_000, { 'content-encoding': 'gzip' })).toBe(429);
    const reader = await newKey();
    for (let n = 0; n < 10; n++) expect((await server.api.as(reader).get('/v1/projects')).status).toBe(200);
    expect(await announce(reader, 1_000)).toBe(429);
    const refused = await postMessage(server, { method: 'tools/list' }, { key: reader });
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, expect.stringMatching(/^[1-6]$/)]);
  });
});
