import { randomUUID } from 'node:crypto';
import { FakeProviderServer } from '#embedding/testing';
import { api, type Api } from '#test/support/api.js';
import { eventually } from '#test/support/eventually.js';
import { CachingFixture, PLACES } from './caching/caching-places.js';

const KEY = 'ks_cached_providers_e2e_0123456789abcdef012345';

describe.each(PLACES)('what providers are asked for, %s', (_name, place) => {
  let fixture: CachingFixture;
  let provider: FakeProviderServer;
  /** Where tests write, and where they read. */
  let here: Api;
  let there: Api;
  let stranger: Api;
  let count = 0;

  beforeAll(async () => {
    provider = await FakeProviderServer.start();
    fixture = await CachingFixture.at(place, {
      KEEPSAKE_BOOTSTRAP_KEY: KEY,
      EMBEDDING_PROVIDER: 'voyage',
      EMBEDDING_DIMENSIONS: '256',
      RERANK_PROVIDER: 'voyage',
      VOYAGE_API_KEY: 'pa-secret-of-the-server',
      VOYAGE_BASE_URL: provider.baseUrl('voyage'),
    });
    here = fixture.here.api;
    there = fixture.there.api;
    await here.post('/v1/workspaces', { slug: 'strangers' });
    const key = { name: 'stranger', scopes: ['memory:read', 'memory:write', 'embeddings'] };
    const { body } = await here.post('/v1/keys', key, { headers: { 'x-keepsake-workspace': 'strangers' } });
    stranger = api(fixture.there.url, body.key);
  }, 180_000);

  afterAll(async () => {
    await fixture.remove();
    await provider.close();
  }, 120_000);

  /** A project whose contexts are all embedded. */
  async function remember(texts: Readonly<Record<string, string>>): Promise<string> {
    const project = `p${++count}`;
    for (const [label, content] of Object.entries(texts)) await store(project, label, content);
    return project;
  }

  async function store(project: string, label: string, content: string): Promise<string> {
    const { status, body } = await here.post('/v1/contexts', { project, label, content });
    expect(status).toBe(201);
    const isReady = async () => (await here.get(`/v1/contexts/${body.id}`)).body.embedding === 'ready';
    await eventually(isReady, { timeoutMs: 20_000, what: 'the context to be embedded' });
    return body.id;
  }

  /** What a call was answered, and what was asked for it. */
  async function asked(call: (headers: Record<string, string>) => Promise<{ status: number; body: any }>) {
    const id = randomUUID();
    const calls = provider.calls.length;
    const { status, body } = await call({ 'x-request-id': id });
    expect(status).toBe(200);
    return { body, statements: await fixture.statements.statementsOf(id), calls: provider.calls.length - calls };
  }

  const search = (reader: Api, query: Record<string, string | number | boolean | undefined>) =>
    asked((headers) => reader.get('/v1/search', { query, headers }));
  const embed = (reader: Api, input: string) =>
    asked((headers) => reader.post('/v1/embeddings', { input }, { headers }));
  const labelsOf = ({ body }: { body: any }) => body.items.map(({ label }: { label: string }) => label).sort();

  it('T1 a vector is asked for once, and from no database', async () => {
    const text = `a lighthouse ${randomUUID()}`;
    const first = await embed(here, text);
    expect(first.calls).toBe(1);
    const second = await embed(there, text);
    expect([second.calls, second.statements]).toEqual([0, []]);
    expect(second.body.data).toEqual(first.body.data);
  });

  it.each([
    ['hybrid', {}],
    ['semantic', { mode: 'semantic' }],
    ['reranked', { rerank: true }],
  ])('T1 a %s search is made once: the second asks neither database nor provider', async (_mode, rest) => {
    const project = await remember({ rotate: 'Rotate the password.', lunch: 'Lunch is at noon.' });
    const query = { project, q: `password ${randomUUID()}`, ...rest };
    const first = await search(here, query);
    expect([first.calls > 0, first.statements.length > 0, first.body.degraded]).toEqual([true, true, false]);
    const second = await search(there, query);
    expect([second.calls, second.statements]).toEqual([0, []]);
    expect(second.body).toEqual(first.body);
  });

  it('T1 a pair is judged once, and a query is embedded once, whatever else a search asks for', async () => {
    const project = await remember({ rotate: 'Rotate the password.', lunch: 'Lunch is at noon.' });
    const query = { project, q: `password ${randomUUID()}`, rerank: true };
    expect((await search(here, query)).calls).toBe(2);
    const other = await search(there, { ...query, limit: 7 });
    expect([other.calls, other.statements.length > 0, other.body.degraded]).toEqual([0, true, false]);
  });

  it('T2 T6 the next search sees what was written, wherever', async () => {
    const project = await remember({ rotate: 'Rotate the password.' });
    for (const rest of [{}, { mode: 'semantic' }, { rerank: true }]) {
      const query = { project, q: 'password', ...rest };
      const before = labelsOf(await search(there, query));
      const label = `new${++count}`;
      const id = await store(project, label, 'The password of the new door.');
      expect(labelsOf(await search(there, query))).toHaveLength(before.length + 1);
      expect((await here.post(`/v1/contexts/${id}/archive`)).status).toBe(200);
      expect(labelsOf(await search(there, query))).toEqual(before);
    }
  });

  it('T12 nothing of it crosses workspaces: neither vectors nor judgements nor answers', async () => {
    const text = `a secret ${randomUUID()}`;
    await embed(there, text);
    const theirs = await embed(stranger, text);
    expect(theirs.calls).toBe(1);
    const project = await remember({ rotate: 'Rotate the password.' });
    const query = { project, q: 'password', rerank: true };
    expect(labelsOf(await search(there, query))).toEqual(['rotate']);
    expect(labelsOf(await search(stranger, query))).toEqual([]);
    expect(
      (await stranger.post('/v1/contexts', { project, label: 'rotate', content: 'Rotate the password.' })).status,
    ).toBe(201);
    // The same words, judged for somebody else.
    expect((await search(stranger, query)).calls).toBeGreaterThan(0);
  });

  if (place.redis) {
    it('T29 with Redis killed in between all of it is right, and from the cache again when it is back', async () => {
      const project = await remember({ rotate: 'Rotate the password.' });
      const query = { project, q: 'password', rerank: true };
      const text = `a lighthouse ${randomUUID()}`;
      const vector = (await embed(here, text)).body.data[0].embedding;
      await search(here, query);
      await fixture.redis!.kill();
      expect((await embed(there, text)).body.data[0].embedding).toEqual(vector);
      expect(labelsOf(await search(there, query))).toEqual(['rotate']);
      await store(project, 'away', 'A password of the time without Redis.');
      expect(labelsOf(await search(there, query))).toEqual(['away', 'rotate']);
      await fixture.redis!.start();
      const isCached = async () => {
        const [found, embedded] = [await search(there, query), await embed(there, text)];
        expect(labelsOf(found)).toEqual(['away', 'rotate']);
        return found.calls + found.statements.length + embedded.calls + embedded.statements.length === 0;
      };
      await eventually(isCached, { timeoutMs: 20_000, what: 'both to be cached' });
    }, 120_000);
  }
});
