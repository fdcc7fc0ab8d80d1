import { randomUUID } from 'node:crypto';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { type Keepsake, startKeepsake } from '#test/support/keepsake.js';
import { DATABASES, type ServerFixture, startFixtureOn } from '#test/support/on-each-database.js';

const hashOf = ({ contentHash }: { contentHash: string }) => contentHash.slice(0, 8);

describe.each(DATABASES)('contexts without a label, on %s', (_, isOutside) => {
  let fixture: ServerFixture;

  beforeAll(async () => {
    fixture = await startFixtureOn(isOutside, { EMBEDDING_PROVIDER: 'off', WORKER_ENABLED: 'false' });
  }, 120_000);

  afterAll(() => fixture.remove());

  const store = (project: string, content: string, rest: object = {}, request: object = {}) =>
    fixture.server.api.post('/v1/contexts', { project, content, ...rest }, request);

  it.each([
    ['its heading', 'Intro\n\n## Deploys: on Tuesdays\n\nNot on Fridays.', 'Deploys: on Tuesdays'],
    ['its first line', 'Deploys are on Tuesdays.\nNot on Fridays.', 'Deploys are on Tuesdays.'],
    ['its first line, cut at a grapheme', `${'ab '.repeat(26)}👩‍👩‍👧 and more`, 'ab '.repeat(26).trim()],
    ['one line without control characters', '# Tabs\tand\u0007bells', 'Tabs and bells'],
    ['a word of its own where it says nothing', '..', 'untitled'],
  ])('are found under %s', async (_name, content, label) => {
    const project = `titles-${randomUUID()}`;
    const stored = await store(project, content);
    expect([stored.status, stored.body.label, stored.body.version]).toEqual([201, label, 1]);
    const read = await fixture.server.api.get(`/v1/projects/${project}/contexts/${encodeURIComponent(label)}`);
    expect(read.body).toMatchObject({ id: stored.body.id, content });
  });

  it('are the one that exists where the project has the same content, whatever its label', async () => {
    const first = await store('same', 'The gate opens at nine.', { label: 'gate', tags: ['a'] });
    const again = await store('same', 'The gate opens at nine.', { tags: ['b'], priority: 'important' });
    expect([again.status, again.body.unchanged]).toEqual([200, true]);
    expect(again.body).toEqual({ ...first.body, unchanged: true });
    expect((await store('elsewhere', 'The gate opens at nine.')).status).toBe(201);
    // With a label it is a context of its own, as ever.
    expect((await store('same', 'The gate opens at nine.', { label: 'another' })).body.id).not.toBe(first.body.id);
    // What is archived says nothing any more.
    for (const label of ['gate', 'another']) {
      const { body } = await fixture.server.api.get(`/v1/projects/same/contexts/${label}`);
      await fixture.server.api.post(`/v1/contexts/${body.id}/archive`, {});
    }
    expect((await store('same', 'The gate opens at nine.', { label: null })).status).toBe(201);
  });

  it('with one title are two contexts, and neither replaces the other or one with that label', async () => {
    const labelled = (await store('titles', 'Chosen by hand.', { label: 'Notes' })).body;
    const second = (await store('titles', '# Notes\n\nThe second.')).body;
    const third = (await store('titles', '# Notes\n\nThe third.')).body;
    expect([second.label, third.label]).toEqual([`Notes (${hashOf(second)})`, `Notes (${hashOf(third)})`]);
    expect([second.version, third.version]).toEqual([1, 1]);
    expect((await fixture.server.api.get('/v1/projects/titles/contexts/Notes')).body.id).toBe(labelled.id);
    // A newer text under such a label is not replaced either.
    expect((await store('titles', 'Newer.', { label: second.label })).body.version).toBe(2);
    const last = (await store('titles', '# Notes\n\nThe second.')).body;
    expect([last.version, last.label.startsWith('Notes (')]).toEqual([1, true]);
    expect(last.label).not.toBe(second.label);
  });

  it('in a batch are kept apart, found again within it, and refused with what is wrong', async () => {
    const items = [
      { content: '# Title\n\nOne.' },
      { content: '# Title\n\nTwo.' },
      { content: '# Title\n\nOne.' },
      { label: 'given', content: 'Given.' },
      { content: 'Given.' },
    ];
    const send = () => fixture.server.api.post('/v1/contexts/batch', { project: 'batch', items });
    const { body } = await send();
    const [one, two, again, given, same] = body.items;
    expect(body.items.map(({ status }: { status: number }) => status)).toEqual([201, 201, 200, 201, 200]);
    expect([one.context.label, two.context.label]).toEqual(['Title', `Title (${hashOf(two.context)})`]);
    expect([again.context.id, same.context.id]).toEqual([one.context.id, given.context.id]);
    const repeated = (await send()).body.items;
    expect(repeated.map(({ status }: { status: number }) => status)).toEqual([200, 200, 200, 200, 200]);
    const refused = await store('batch', 'Text.', { label: '' });
    expect([refused.status, refused.body.errors[0].pointer]).toEqual([400, '/label']);
  });

  it('T34 are sent again with an Idempotency-Key and answered as before', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const first = await store('keyed', 'Sent once.', {}, { headers });
    const again = await store('keyed', 'Sent once.', {}, { headers });
    expect([again.status, again.body]).toEqual([201, first.body]);
    expect((await store('keyed', 'Sent once.')).status).toBe(200);
  });
});

describe('contexts without a label, from two processes at once', () => {
  let database: TestDatabase;
  let servers: Keepsake[];

  beforeAll(async () => {
    database = await createTestDatabase();
    const env = {
      DATABASE_URL: database.url,
      KEEPSAKE_BOOTSTRAP_KEY: `ks_test_${'unl'.repeat(16)}`,
      EMBEDDING_PROVIDER: 'off',
      WORKER_ENABLED: 'false',
      LOG_LEVEL: 'error',
      RATE_LIMIT_ENABLED: 'false',
    };
    servers = await Promise.all([startKeepsake({ env }), startKeepsake({ env })]);
  }, 120_000);

  afterAll(async () => {
    await Promise.all(servers.map((server) => server.remove()));
    await database?.drop();
  });

  const storeOnBoth = async (project: string, contents: readonly string[]) => {
    const answers = await Promise.all(
      contents.flatMap((content) => servers.map(({ api }) => api.post('/v1/contexts', { project, content }))),
    );
    for (const { status } of answers) expect([200, 201]).toContain(status);
    return answers;
  };

  it('T43 are one context for one text, and as many as there are texts for one title', async () => {
    for (let round = 0; round < 5; round++) {
      const project = `round-${round}`;
      const contents = Array.from({ length: 8 }, (_, number) => `# One title\n\nText number ${number}.`);
      const answers = await storeOnBoth(project, [...contents, ...contents]);
      const byContent = new Map(
        contents.map((content) => [content, answers.filter(({ body }) => body.content === content)]),
      );
      for (const same of byContent.values()) {
        expect(new Set(same.map(({ body }) => body.id)).size).toBe(1);
        expect(same.filter(({ status }) => status === 201)).toHaveLength(1);
        expect(same.filter(({ body }) => body.unchanged)).toHaveLength(3);
      }
      const list = await servers[0]!.api.get('/v1/contexts', { query: { project, versions: 'all', limit: 100 } });
      expect(list.body.items).toHaveLength(8);
      expect(new Set(list.body.items.map(({ label }: { label: string }) => label)).size).toBe(8);
      expect(list.body.items.map(({ version }: { version: number }) => version)).toEqual(Array(8).fill(1));
    }
  }, 120_000);
});
