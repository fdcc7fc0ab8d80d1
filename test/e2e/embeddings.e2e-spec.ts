import { newId } from '#kernel';
import { type Misbehaviour, FakeProviderServer } from '#embedding/testing';
import OpenAI from 'openai';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { eventually } from '#test/support/eventually.js';
import { type Keepsake, startKeepsake } from '#test/support/keepsake.js';
import { type RedisServer, startRedis } from '#test/support/services.js';

const KEY = 'ks_embeddings_e2e_0123456789abcdef0123456789';

const number = (text: string | null) => Number(text ?? Number.NaN);
const cacheStatus = (answer: { readonly headers: Headers }) => answer.headers.get('cache-status');

describe('embeddings of Voyage, on three processes with PostgreSQL and Redis', () => {
  let database: TestDatabase;
  let redis: RedisServer;
  let provider: FakeProviderServer;
  let servers: Keepsake[];
  let one: Keepsake;
  let two: Keepsake;
  let three: Keepsake;

  beforeAll(async () => {
    [database, redis, provider] = await Promise.all([createTestDatabase(), startRedis(), FakeProviderServer.start()]);
    const env = {
      DATABASE_URL: database.url,
      REDIS_URL: redis.url,
      // Three processes under load on a busy machine read their answers late; that is not Redis being away.
      REDIS_SOCKET_TIMEOUT: '2000',
      KEEPSAKE_BOOTSTRAP_KEY: KEY,
      LOG_LEVEL: 'warn',
      EMBEDDING_PROVIDER: 'voyage',
      EMBEDDING_DIMENSIONS: '256',
      EMBEDDING_BATCH_TEXTS: '64',
      // An attempt that a busy machine answers late would be paid for twice.
      EMBEDDING_ATTEMPT_TIMEOUT_MS: '4000',
      EMBEDDING_TIMEOUT_MS: '8500',
      EMBEDDING_MAX_ATTEMPTS: '2',
      SEARCH_SEMANTIC_TIMEOUT_MS: '6000',
      RERANK_PROVIDER: 'voyage',
      VOYAGE_API_KEY: 'pa-secret-of-the-server',
      VOYAGE_BASE_URL: provider.baseUrl('voyage'),
    };
    servers = [await startKeepsake({ env })];
    servers.push(...(await Promise.all([startKeepsake({ env }), startKeepsake({ env })])));
    [one, two, three] = servers as [Keepsake, Keepsake, Keepsake];
    // A server serves before it has found its cache.
    for (const { api } of servers) {
      await eventually(async () => (await api.get('/v1/admin/cache/health')).body.breaker === 'closed', {
        what: 'a server with its cache',
      });
    }
  }, 180_000);

  afterAll(async () => {
    await Promise.all(servers.map((server) => server.remove()));
    await provider.close();
    await redis.remove();
    await database.drop();
  }, 120_000);

  beforeEach(() => {
    provider.reset();
  });

  const embed = (server: Keepsake, input: string | readonly string[], rest: object = {}) =>
    server.api.post('/v1/embeddings', { input, ...rest });
  const texts = (count: number, what: string = newId()) => Array.from({ length: count }, (_, n) => `${what} ${n}`);

  it('T44 calls the provider once for a text that 200 requests over three processes ask for at once', async () => {
    const text = `the same ${newId()}`;
    provider.hold();
    const asked = Array.from({ length: 200 }, (_, n) => embed(servers[n % 3]!, text));
    await eventually(() => provider.calls.length > 0, { what: 'a call of the provider' });
    provider.release();
    const answers = await Promise.all(asked);
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 200 }, () => 200));
    expect(provider.texts.filter((sent) => sent === text)).toHaveLength(1);
    const vectors = new Set(answers.map(({ body }) => JSON.stringify(body.data[0].embedding)));
    expect(vectors.size).toBe(1);
    const hits = answers.map(({ headers }) => number(headers.get('x-keepsake-cache-hits')));
    expect(hits.reduce((sum, hit) => sum + hit, 0)).toBe(199);
    const costs = answers.map(({ headers }) => number(headers.get('x-keepsake-cost-usd')));
    expect(costs.filter((cost) => cost > 0)).toHaveLength(1);
  });

  it('T44 sends 150 of 300 texts, 100 being known and 50 twice there, in calls of the batch size', async () => {
    const known = texts(100);
    await embed(one, known);
    const twice = texts(50);
    provider.reset();
    const answer = await embed(two, [...known, ...twice, ...twice, ...texts(100)]);
    expect(answer.status).toBe(200);
    expect(answer.body.data).toHaveLength(300);
    expect(answer.body.data.map(({ index }: { index: number }) => index)).toEqual([...Array(300).keys()]);
    const sizes = provider.calls.map(({ body: { input = [] } }) => input.length);
    expect(sizes.toSorted((left, right) => left - right)).toEqual([22, 64, 64]);
    expect(answer.headers.get('x-keepsake-cache-hits')).toBe('100');
  });

  it('T15 gives exactly the vectors of the provider, whichever process and format is asked', async () => {
    const text = `words ${newId()}`;
    const want = FakeProviderServer.vectorOf(text, 256, 'query', 'voyage-4');
    const float = await embed(one, text, { input_type: 'query' });
    const base64 = await embed(two, text, { input_type: 'query', encoding_format: 'base64' });
    expect(Float32Array.from(float.body.data[0].embedding)).toEqual(want);
    const bytes = Buffer.from(base64.body.data[0].embedding, 'base64');
    expect(bytes).toEqual(Buffer.from(want.buffer, want.byteOffset, want.byteLength));
    const document = await embed(three, text, { input_type: 'document' });
    expect(document.body.data[0].embedding).not.toEqual(float.body.data[0].embedding);
    expect(provider.calls).toHaveLength(2);
  });

  it('serves the official client of OpenAI unchanged', async () => {
    const client = new OpenAI({ apiKey: KEY, baseURL: `${one.url}/v1`, maxRetries: 0 });
    const input = texts(3);
    // The client asks for base64 by itself and decodes it.
    const answer = await client.embeddings.create({ model: 'voyage-4', input });
    expect(answer.object).toBe('list');
    expect(answer.model).toBe('voyage-4');
    expect(answer.usage.total_tokens).toBeGreaterThan(0);
    expect(answer.data.map(({ index }) => index)).toEqual([0, 1, 2]);
    for (const [index, text] of input.entries())
      expect(Float32Array.from(answer.data[index]!.embedding)).toEqual(
        FakeProviderServer.vectorOf(text, 256, null, 'voyage-4'),
      );
    const float = await client.embeddings.create({ model: 'voyage-4', input, encoding_format: 'float' });
    expect(float.data[2]!.embedding).toEqual(answer.data[2]!.embedding);
    const short = await client.embeddings.create({ model: 'voyage-4', input: input[0]!, dimensions: 512, user: 'me' });
    expect(short.data[0]!.embedding).toHaveLength(512);
    const { response } = await client.embeddings.create({ model: 'voyage-4', input }).withResponse();
    expect(response.headers.get('x-keepsake-cache-hits')).toBe('3');

    const wrongModel = client.embeddings.create({ model: 'gpt-4', input });
    await expect(wrongModel).rejects.toBeInstanceOf(OpenAI.NotFoundError);
    await expect(wrongModel).rejects.toMatchObject({ code: 'model_not_found', param: 'model' });
    await expect(client.embeddings.create({ model: 'voyage-4', input: [] })).rejects.toBeInstanceOf(
      OpenAI.BadRequestError,
    );
    const stranger = new OpenAI({ apiKey: 'ks_nobody', baseURL: `${one.url}/v1`, maxRetries: 0 });
    await expect(stranger.embeddings.create({ model: 'voyage-4', input })).rejects.toBeInstanceOf(
      OpenAI.AuthenticationError,
    );
  });

  it('adds up over all processes what was paid and saved', async () => {
    const before = (await one.api.get('/v1/usage')).body;
    const input = texts(5);
    await embed(one, input);
    await embed(two, input);
    // The ledger of another process is written every few seconds.
    const after = await eventually(
      async () => {
        const { body } = await three.api.get('/v1/usage');
        return body.cachedTexts >= before.cachedTexts + 5 && body.texts >= before.texts + 5 ? body : undefined;
      },
      { timeoutMs: 20_000, what: 'the usage of the other processes' },
    );
    expect(after.calls).toBeGreaterThan(before.calls);
    expect(after.cachedCalls).toBeGreaterThan(before.cachedCalls);
    expect(after.costUsd).toBeGreaterThan(before.costUsd);
    expect(after.savedUsd).toBeGreaterThan(before.savedUsd);
    expect(after.models).toEqual([expect.objectContaining({ provider: 'voyage', model: 'voyage-4' })]);
  });

  it('T12 T41 shares neither vectors nor usage between workspaces', async () => {
    const slug = `tenant-${newId().slice(-8)}`;
    expect((await one.api.post('/v1/workspaces', { slug, name: slug })).status).toBe(201);
    const { body: made } = await one.api.post(
      '/v1/keys',
      { name: 'agent', scopes: ['embeddings', 'memory:read', 'memory:write'] },
      { headers: { 'x-keepsake-workspace': slug } },
    );
    const tenant = one.api.as(made.key);
    const input = texts(2);
    await embed(one, input);
    const answer = await tenant.post('/v1/embeddings', { input });
    expect(answer.headers.get('x-keepsake-cache-hits')).toBe('0');
    expect(provider.calls).toHaveLength(2);
    expect((await tenant.get('/v1/usage')).body).toMatchObject({ calls: 1, texts: 2 });

    await store(one, 'tenants', 'a', 'a vixen');
    await ready(one, 'tenants');
    expect((await tenant.get('/v1/search', { query: { project: 'tenants', q: 'vixen' } })).body.items).toEqual([]);
  });

  describe('a provider in trouble', () => {
    const twice = (misbehaviour: Misbehaviour) => [misbehaviour, misbehaviour];
    const status = (code: number, headers?: Record<string, string>): Misbehaviour => ({
      kind: 'status',
      status: code,
      headers,
    });

    it.each<[string, Misbehaviour[], number, string]>([
      ['fails', twice(status(500)), 502, 'embedding-provider-failed'],
      ['is not available', twice(status(503)), 503, 'embedding-provider-unavailable'],
      ['refuses the credential', [status(401)], 502, 'embedding-provider-failed'],
      ['refuses the input', [status(400)], 422, 'embedding-input-refused'],
      ['is silent', twice({ kind: 'silence' }), 504, 'embedding-provider-timeout'],
      ['stalls', twice({ kind: 'stall' }), 504, 'embedding-provider-timeout'],
      ['cuts its answer', twice({ kind: 'cut' }), 502, 'embedding-provider-failed'],
      ['does not speak JSON', [{ kind: 'body', body: '<html>' }], 502, 'embedding-provider-failed'],
      [
        'sends vectors of another length',
        [
          {
            kind: 'alter',
            alter: (answer) => ({ ...answer, data: answer.data.map((item) => ({ ...item, embedding: [1, 2, 3] })) }),
          },
        ],
        502,
        'embedding-provider-failed',
      ],
      [
        'sends one vector too few',
        [{ kind: 'alter', alter: (answer) => ({ ...answer, data: answer.data.slice(1) }) }],
        502,
        'embedding-provider-failed',
      ],
    ])('is reported where it %s, and nothing is remembered of it', async (_, script, code, problem) => {
      const text = `trouble ${newId()}`;
      provider.misbehave(...script);
      const answer = await embed(three, text);
      expect(answer.status).toBe(code);
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
      expect(answer.body).toMatchObject({ status: code, code: problem, error: { message: expect.any(String) } });
      expect(JSON.stringify(answer.body)).not.toMatch(/secret|127\.0\.0\.1/);
      const again = await embed(three, text);
      expect(again.status).toBe(200);
      expect(Float32Array.from(again.body.data[0].embedding)).toEqual(
        FakeProviderServer.vectorOf(text, 256, null, 'voyage-4'),
      );
    });

    it('T47 reports when its rate limit frees, in seconds', async () => {
      provider.misbehave(...twice(status(429, { 'retry-after': '7' })));
      const answer = await embed(three, `limit ${newId()}`);
      expect(answer.status).toBe(503);
      expect(answer.headers.get('retry-after')).toBe('7');
    });

    it('is asked again after the pause that it asks for', async () => {
      provider.misbehave(status(429, { 'retry-after': '0' }));
      expect((await embed(three, `again ${newId()}`)).status).toBe(200);
      expect(provider.calls).toHaveLength(2);
    });
  });

  async function store(server: Keepsake, project: string, label: string, content: string): Promise<string> {
    const { status, body } = await server.api.post('/v1/contexts', { project, label, content });
    expect(status).toBe(201);
    expect(body.embedding).toMatch(/^(pending|ready)$/);
    return body.id;
  }
  const ready = (server: Keepsake, project: string) =>
    eventually(
      async () => {
        const { body } = await server.api.get('/v1/contexts', { query: { project, limit: 100 } });
        return body.items.every(({ embedding }: { embedding: string }) => embedding === 'ready');
      },
      { timeoutMs: 20_000, what: 'the contexts to be embedded' },
    );
  const search = (server: Keepsake, query: Record<string, string | number | boolean>) =>
    server.api.get('/v1/search', { query });

  describe('search', () => {
    let project: string;
    let count = 0;

    beforeEach(async () => {
      project = `meaning-${count++}`;
      await store(one, project, 'rotate', 'Rotate the database password every ninety days.');
      await store(one, project, 'lunch', 'Lunch is at noon in the large room.');
      await ready(two, project);
      provider.reset();
    });

    it('finds by vectors as well as by words, and says what each gave', async () => {
      const { body } = await search(two, { project, q: 'rotating passwords' });
      expect(body).toMatchObject({ mode: 'hybrid', degraded: false, reason: null });
      expect(body.items[0]).toMatchObject({ label: 'rotate', channels: { keyword: { rank: 1 } } });
      const { scores, score } = body.items[0];
      expect(scores.keyword + scores.semantic + scores.recency + scores.priority).toBeCloseTo(score, 9);
      const semantic = await search(two, { project, q: 'noon', mode: 'semantic' });
      expect(semantic.body).toMatchObject({ mode: 'semantic', degraded: false });
      expect(semantic.body.items).toHaveLength(2);
    });

    it('T6 remembers an answer for every process until the next write of the project, which the next read sees', async () => {
      const query = { project, q: 'password' };
      expect(cacheStatus(await search(one, query))).toBe('keepsake; fwd=miss');
      const asked = provider.calls.length;
      expect(cacheStatus(await search(two, query))).toMatch(/^keepsake; hit/);
      expect(provider.calls).toHaveLength(asked);

      await store(three, project, 'new', 'The password of the new database.');
      const found = (await search(two, query)).body.items.map(({ label }: { label: string }) => label);
      expect(found).toContain('new');
      const context = (await search(one, query)).body.items.find(({ label }: { label: string }) => label === 'new');
      await three.api.post(`/v1/contexts/${context.id}/archive`, { reason: 'test' });
      const left = (await search(one, query)).body.items.map(({ label }: { label: string }) => label);
      expect(left).not.toContain('new');
    });

    it('T22 says that vectors are missing while the provider is away, and does not remember that', async () => {
      provider.misbehave({ kind: 'status', status: 500 }, { kind: 'status', status: 500 });
      const query = { project, q: `password ${newId()}` };
      const away = await search(one, query);
      expect(away.status).toBe(200);
      expect(away.body).toMatchObject({ mode: 'keyword', degraded: true });
      expect(away.body.reason).toMatch(/^The embedding provider voyage failed/);
      expect(away.body.items[0].label).toBe('rotate');
      const back = await search(two, query);
      expect(cacheStatus(back)).toBe('keepsake; fwd=miss');
      expect(back.body).toMatchObject({ mode: 'hybrid', degraded: false });
    });

    it('T22 does not hang on a provider that is silent', async () => {
      provider.misbehave({ kind: 'silence' }, { kind: 'silence' });
      const { status, body } = await search(one, { project, q: `password ${newId()}` });
      expect(status).toBe(200);
      expect(body).toMatchObject({ mode: 'keyword', degraded: true });
    });

    it('reranks where asked to, and judges a pair once', async () => {
      const query = { project, q: 'database password', rerank: true };
      const { body } = await search(one, query);
      expect(body.degraded).toBe(false);
      expect(body.items[0]).toMatchObject({ label: 'rotate' });
      expect(body.items[0].score).toBe(body.items[0].scores.rerank);
      expect(provider.callsOf('rerank')).toHaveLength(1);
      await search(two, { ...query, limit: 19 });
      expect(provider.callsOf('rerank')).toHaveLength(1);
    });

    it('T22 says that nothing was reranked where the reranker fails', async () => {
      await search(one, { project, q: 'noon' });
      provider.misbehave({ kind: 'status', status: 500 }, { kind: 'status', status: 500 });
      const { body } = await search(one, { project, q: 'noon', rerank: true });
      expect(body).toMatchObject({ mode: 'hybrid', degraded: true });
      expect(body.reason).toMatch(/^not reranked: /);
    });
  });

  it('T29 loses speed alone when Redis is killed, and is right when it is back', async () => {
    const project = 'without-redis';
    await store(one, project, 'a', 'The first password.');
    await ready(two, project);
    const query = { project, q: 'password' };
    await search(one, query);
    expect(cacheStatus(await search(two, query))).toContain('hit');
    const known = texts(2);
    await embed(one, known);

    await redis.kill();
    const labels = async (server: Keepsake) =>
      (await search(server, query)).body.items.map(({ label }: { label: string }) => label).sort();
    expect(await labels(one)).toEqual(['a']);
    await store(two, project, 'b', 'The second password.');
    expect(await labels(three)).toEqual(['a', 'b']);
    expect((await embed(three, known)).status).toBe(200);

    await redis.start();
    await eventually(
      async () => {
        await search(one, query);
        return cacheStatus(await search(one, query))?.includes('hit');
      },
      { timeoutMs: 20_000, what: 'a hit after Redis is back' },
    );
    expect(await labels(one)).toEqual(['a', 'b']);
    await store(three, project, 'c', 'The third password.');
    expect(await labels(two)).toEqual(['a', 'b', 'c']);
  });
});

describe('embeddings of the embedded server', () => {
  let server: Keepsake;

  beforeAll(async () => {
    server = await startKeepsake({ env: { LOG_LEVEL: 'warn' } });
  }, 120_000);
  afterAll(() => server.remove());

  it('needs no provider: lexical vectors, reported as such, also for the client of OpenAI', async () => {
    const client = new OpenAI({ apiKey: server.key, baseURL: `${server.url}/v1`, maxRetries: 0 });
    const { data, model } = await client.embeddings.create({ model: 'lexical-1', input: ['a red fox', 'red foxes'] });
    expect(model).toBe('lexical-1');
    expect(data[0]!.embedding).toHaveLength(512);
    const again = await server.api.post('/v1/embeddings', { input: 'a red fox' });
    expect(again.headers.get('x-keepsake-cache-hits')).toBe('1');
    expect(again.headers.get('x-keepsake-cost-usd')).toBe('0');
  });

  it('embeds contexts in the background, and finds parts of words by their vectors', async () => {
    const project = 'lexical';
    const { body } = await server.api.post('/v1/contexts', { project, label: 'x', content: 'Datenbankpasswort' });
    expect(body.embedding).toMatch(/^(pending|ready)$/);
    await eventually(async () => (await server.api.get(`/v1/contexts/${body.id}`)).body.embedding === 'ready', {
      timeoutMs: 20_000,
      what: 'the context to be embedded',
    });
    const found = await server.api.get('/v1/search', { query: { project, q: 'Passwort' } });
    const reason = expect.stringMatching(/^no text holds these words/);
    expect(found.body).toMatchObject({ mode: 'hybrid', degraded: false, reason });
    expect(found.body.items).toEqual([
      expect.objectContaining({
        label: 'x',
        weak: true,
        channels: expect.objectContaining({ semantic: expect.anything() }),
      }),
    ]);
    const again = await server.api.get('/v1/search', { query: { project, q: 'Passwort' } });
    expect(cacheStatus(again)).toContain('keepsake; hit');
    expect(again.body).toEqual(found.body);
  });

  it.each([
    [{}, '/input'],
    [{ input: '' }, '/input'],
    [{ input: [] }, '/input'],
    [{ input: ['a', '  '] }, '/input'],
    [{ input: [1, 2, 3] }, '/input'],
    [{ input: 'a', encoding_format: 'int8' }, '/encoding_format'],
    [{ input: 'a', dimensions: 0 }, '/dimensions'],
    [{ input: 'a', dimensions: 5_000 }, '/dimensions'],
    [{ input: 'a', input_type: 'none' }, '/input_type'],
    [{ input: 'a', temperature: 1 }, '/temperature'],
  ])('refuses %j with a pointer, and in the words of OpenAI', async (body, pointer) => {
    const answer = await server.api.post('/v1/embeddings', body);
    expect(answer.status).toBe(400);
    expect(answer.body.errors[0].pointer).toContain(pointer);
    expect(answer.body.error).toMatchObject({ type: 'invalid_request_error', message: expect.any(String) });
  });
});

describe('a server with embeddings turned off', () => {
  let server: Keepsake;

  beforeAll(async () => {
    server = await startKeepsake({ env: { LOG_LEVEL: 'warn', EMBEDDING_PROVIDER: 'off' } });
  }, 120_000);
  afterAll(() => server.remove());

  it('says so wherever it matters', async () => {
    const stored = await server.api.post('/v1/contexts', { label: 'x', content: 'a red fox' });
    expect(stored.body.embedding).toBe('off');
    const answer = await server.api.post('/v1/embeddings', { input: 'a' });
    expect(answer.status).toBe(503);
    expect(answer.body.code).toBe('embeddings-off');
    const plain = await server.api.get('/v1/search', { query: { q: 'fox' } });
    expect(plain.body).toMatchObject({ mode: 'keyword', degraded: false });
    const hybrid = await server.api.get('/v1/search', { query: { q: 'fox', mode: 'hybrid' } });
    expect(hybrid.body).toMatchObject({ mode: 'keyword', degraded: true, reason: 'embeddings are not enabled' });
    expect(hybrid.body.items).toHaveLength(1);
  });
});
