import { setTimeout as pause } from 'node:timers/promises';
import { Api } from '#test/support/api.js';
import { DATABASES, type ServerFixture, startFixtureOn } from '#test/support/on-each-database.js';

let count = 0;
/** Every test has a project of its own. */
const newProject = () => `valid-search-${++count}`;

const [january, february, march, april] = ['01', '02', '03', '04'].map((month) => `2025-${month}-01T00:00:00.000Z`);
const slot = { subject: 'ledger', attribute: 'store' };

describe.each(DATABASES)('what search says is true, on %s', (_, outside) => {
  let fixture: ServerFixture;
  let api: Api;

  const store = async (project: string, label: string, content: string, rest: object = {}) => {
    const { status, body } = await api.post('/v1/contexts', { project, label, content, ...rest });
    expect(status).toBe(201);
    return body;
  };
  const search = async (project: string, q: string, rest: Record<string, string | number> = {}) => {
    const { status, body } = await api.get('/v1/search', { query: { project, q, ...rest } });
    expect(status).toBe(200);
    return body;
  };
  const labels = async (...asked: Parameters<typeof search>): Promise<string[]> =>
    (await search(...asked)).items.map(({ label }: any) => label);

  beforeAll(async () => {
    fixture = await startFixtureOn(outside, { LOG_LEVEL: 'warn' });
    api = fixture.server.api;
  }, 120_000);

  afterAll(() => fixture.remove());

  it('puts what is valid before what it supersedes, whether it holds the words or not, and marks the rest', async () => {
    const project = newProject();
    const old = await store(project, 'old', 'Our ledger is kept in a badger database.', { slot });
    await store(project, 'other', 'A ledger database was once seen by a fox.');
    const middle = await store(project, 'middle', 'We went to otters.', { slot });
    for (const mode of ['hybrid', 'keyword', 'semantic']) {
      const { items } = await search(project, 'badger database ledger', { mode });
      expect(items.slice(0, 2)).toMatchObject([
        { label: 'middle', supersededBy: null, validTo: null },
        { label: 'old', supersededBy: middle.id, validTo: middle.createdAt },
      ]);
      expect(items[0].scores.succession).toBeGreaterThan(0);
      expect(items[0].score).toBe(items[1].score);
    }
    const now = await store(project, 'now', 'It is herons.', { slot });
    const [first, ...rest] = (await search(project, 'badger database ledger')).items;
    expect(first).toMatchObject({ label: 'now' });
    expect(rest.map(({ label }: any) => label)).toEqual(['old', 'other']);
    expect(rest[0].supersededBy).toBe(middle.id);
    // What is left out has something that stands for it, which holds no word of the query.
    for (const mode of ['hybrid', 'keyword', 'semantic']) {
      const asked = { current: 'true', mode };
      expect(await labels(project, 'badger database ledger', asked)).toEqual(['now', 'other']);
      expect(await labels(project, 'badger', { ...asked, limit: 1 })).toEqual(['now']);
    }
    expect(await labels(project, 'badger', { asOf: now.createdAt })).toEqual(['now']);
    // No filter is dropped for it.
    await api.patch(`/v1/contexts/${old.id}`, { tags: ['kept'] });
    expect(await labels(project, 'badger database', { tags: 'kept' })).toEqual(['old']);
    await api.del(`/v1/contexts/${now.id}`);
    expect((await labels(project, 'badger database ledger'))[0]).toBe('middle');
  });

  it('shows each once on pages of one, and misses none', async () => {
    const project = newProject();
    for (const place of [1, 2, 3, 4]) {
      const rest = { slot: { ...slot, attribute: `part ${place}` } };
      await store(project, `old ${place}`, `The lantern ${'lantern '.repeat(place)}was here.`, rest);
      await store(
        project,
        `new ${place}`,
        place % 2 === 0 ? 'Nothing of it.' : 'A lantern is a lamp that hangs.',
        rest,
      );
    }
    for (const mode of ['hybrid', 'keyword']) {
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const { items, nextCursor } = await search(project, 'lantern', { mode, limit: 3, ...(cursor && { cursor }) });
        seen.push(...items.map(({ label }: any) => label));
        cursor = nextCursor ?? undefined;
      } while (cursor !== undefined);
      expect(new Set(seen).size).toBe(seen.length);
      const matching = ['new 1', 'new 3', 'old 1', 'old 2', 'old 3', 'old 4'];
      expect(seen).toEqual(expect.arrayContaining(matching));
    }
  });

  it('changes with the time, and no cache outlives that', async () => {
    const project = newProject();
    await store(project, 'ends', 'The lighthouse shop sells maps.', {
      validTo: new Date(Date.now() + 4_000).toISOString(),
    });
    await store(project, 'begins', 'The lighthouse shop sells maps and tea.', {
      validFrom: new Date(Date.now() + 4_000).toISOString(),
    });
    const ask = () => labels(project, 'lighthouse shop maps', { current: 'true' });
    const before = Date.now();
    const found = await ask();
    if (Date.now() - before < 1_000) expect(found).toEqual(['ends']);
    expect((await labels(project, 'lighthouse shop maps'))[0]).toBeDefined();
    await pause(Math.max(0, before + 4_200 - Date.now()));
    expect(await ask()).toEqual(['begins']);
    expect(await labels(project, 'lighthouse shop maps')).toEqual(['begins', 'ends']);
  });

  it('answers as of a time: versions, archive marks and what came since, also where it is asked again', async () => {
    const project = newProject();
    await store(project, 'harbour', 'The harbour master is Anders.', { validFrom: january });
    await store(project, 'harbour', 'The harbour master is Birgit.', { validFrom: march });
    const asked = async (asOf: string) => (await search(project, 'harbour master', { asOf })).items;
    for (const round of [1, 2]) {
      expect(await asked(february!)).toMatchObject([
        { snippet: 'The harbour master is Anders.', supersededBy: null, version: 1 },
      ]);
      expect(await asked(april!)).toMatchObject([{ snippet: 'The harbour master is Birgit.' }]);
      expect([round, await asked('2024-12-31T00:00:00Z')]).toEqual([round, []]);
    }
    expect((await search(project, 'harbour master', { asOf: february! })).asOf).toEqual({
      time: february,
      today: ['tags', 'priority', 'metadata'],
    });
    // What arrives late and was valid before counts as known.
    const late = { validFrom: '2025-01-15T00:00:00Z', validTo: '2025-02-20T00:00:00Z' };
    await store(project, 'deputy', 'The deputy of the harbour master was Cyril.', late);
    expect((await asked(february!)).map(({ label }: any) => label).sort()).toEqual(['deputy', 'harbour']);
    expect(await labels(project, 'harbour master', { asOf: '2025-02-21T00:00:00Z' })).toEqual(['harbour']);
    // What was stored and archived by the clock alone.
    const noted = await store(project, 'buoy', 'A buoy of the harbour master.');
    await pause(5);
    const then = new Date().toISOString();
    await pause(5);
    await api.post(`/v1/contexts/${noted.id}/archive`);
    expect(await labels(project, 'buoy')).toEqual([]);
    expect(await labels(project, 'buoy', { asOf: then })).toEqual(['buoy']);
    expect(await labels(project, 'buoy', { asOf: new Date(Date.parse(noted.createdAt) - 1).toISOString() })).toEqual(
      [],
    );
    await api.del(`/v1/contexts/${noted.id}`);
    expect(await labels(project, 'buoy', { asOf: then })).toEqual([]);
  });

  it('lists, gets and recalls as of a time', async () => {
    const project = newProject();
    const first = await store(project, 'mill', 'The mill grinds rye.', { validFrom: january });
    const second = await store(project, 'mill', 'The mill grinds oats.', { validFrom: march });
    const other = await store(project, 'oven', 'The oven is cold.', { validFrom: february, slot });
    const list = async (asOf: string) => {
      const { body } = await api.get('/v1/contexts', { query: { project, asOf } });
      return body.items;
    };
    expect((await list(february!)).map(({ id }: any) => id)).toEqual([other.id, first.id]);
    expect((await list(april!)).map(({ id }: any) => id)).toEqual([other.id, second.id]);
    expect(await list('2024-12-01T00:00:00Z')).toEqual([]);
    const today = ['tags', 'priority', 'metadata'];
    expect((await list(february!))[1]).toMatchObject({
      supersededBy: null,
      validTo: null,
      asOf: { time: february, today },
    });
    const byLabel = (asOf: string) => api.get(`/v1/projects/${project}/contexts/mill`, { query: { asOf } });
    expect((await byLabel(february!)).body).toMatchObject({ content: 'The mill grinds rye.', supersededBy: null });
    expect((await byLabel(april!)).body).toMatchObject({ content: 'The mill grinds oats.' });
    expect((await byLabel('2024-12-01T00:00:00Z')).status).toBe(404);
    const byId = (asOf: string) => api.get(`/v1/contexts/${first.id}`, { query: { asOf } });
    expect((await byId(april!)).body).toMatchObject({ supersededBy: second.id, validTo: march });
    expect((await byId(february!)).body).toMatchObject({ supersededBy: null, validTo: null });
    expect((await byId('2024-12-01T00:00:00Z')).status).toBe(404);
    const recall = async (rest: object) => (await api.post('/v1/contexts/recall', { project, ...rest })).body;
    expect(await recall({ labels: ['mill', 'none'], asOf: february })).toMatchObject({
      items: [{ content: 'The mill grinds rye.', asOf: { time: february } }],
      missing: ['none'],
    });
    expect((await recall({ ids: [second.id], asOf: february })).missing).toEqual([second.id]);
    expect((await recall({ labels: ['mill'], asOf: february, previewOnly: true })).items[0].content).toBeUndefined();
    // A value that arrives late takes its place in what was said before.
    await store(project, 'stove', 'The stove is warm.', { validFrom: '2025-02-10T00:00:00Z', slot });
    expect((await list(march!)).map(({ label }: any) => label)).toEqual(['stove', 'mill']);
    const bad = await api.get('/v1/search', { query: { project, q: 'x', asOf: 'then' } });
    expect(bad.status).toBe(400);
  });
});
