import { DATABASES, type ServerFixture, startFixtureOn } from '#test/support/on-each-database.js';

interface Hit {
  readonly kind: string;
  readonly id: string;
  readonly label: string | null;
  readonly version: number | null;
  readonly score: number;
  readonly scores: Readonly<Record<'keyword' | 'semantic' | 'recency' | 'priority', number>>;
  readonly snippet: string;
}

type Query = Readonly<Record<string, string | number | boolean | undefined>>;

describe.each(DATABASES)('search, on %s', (_, outside) => {
  let fixture: ServerFixture;
  let projectCount = 0;
  let project: string;

  beforeAll(async () => {
    fixture = await startFixtureOn(outside, { LOG_LEVEL: 'warn' });
  }, 120_000);

  afterAll(() => fixture.remove());

  beforeEach(() => {
    project = `search-${projectCount++}`;
  });

  async function store(label: string, content: string, rest: object = {}): Promise<string> {
    const { status, body } = await fixture.server.api.post('/v1/contexts', { project, label, content, ...rest });
    expect([200, 201]).toContain(status);
    return body.id;
  }

  async function startSession(): Promise<{ id: string }> {
    const { status, body } = await fixture.server.api.post('/v1/sessions', { project, client: 'test' });
    expect(status).toBe(201);
    return body;
  }

  async function search(q: string, query: Query = {}): Promise<any> {
    const { status, body } = await fixture.server.api.get('/v1/search', { query: { project, q, ...query } });
    expect(status).toBe(200);
    return body;
  }

  const labels = async (q: string, query: Query = {}) => (await search(q, query)).items.map((hit: Hit) => hit.label);

  it('finds by plain questions, at once, and explains each hit', async () => {
    const id = await store('deploys', '# Deploys\nWe deploy on Tuesdays, after the migration has run.', {
      priority: 'important',
    });
    await store('lunch', 'The canteen opens at noon.');

    const answer = await search('on which day of the week do we usually deploy things?');

    expect(answer).toMatchObject({ project, mode: 'hybrid', degraded: false, nextCursor: null });
    const [hit] = answer.items as Hit[];
    expect(hit).toMatchObject({ kind: 'context', id, label: 'deploys', version: 1 });
    expect(hit!.snippet).toContain('We deploy on Tuesdays');
    const { keyword, semantic, recency, priority } = hit!.scores;
    expect(keyword + semantic + recency + priority).toBeCloseTo(hit!.score, 6);
    expect(hit!.scores.priority).toBeGreaterThan(0);
  });

  it('finds misspelt words, phrases and what is left by exclusions', async () => {
    await store('one', 'The lighthouse keeper repairs the lantern.');
    await store('two', 'A keeper of the lighthouse went home.');

    expect((await labels('lighthuose lantern')).toSorted()).toEqual(['one', 'two']);
    expect(await labels('"lighthouse keeper"')).toEqual(['one']);
    expect(await labels('keeper -lantern')).toEqual(['two']);
  });

  it('T40 applies every filter, and answers nothing where none is left', async () => {
    const session = await startSession();
    await store('a', 'lighthouse', { tags: ['north', 'sea'], priority: 'important', sessionId: session.id });
    await store('b', 'lighthouse', { tags: ['north'] });

    expect((await labels('lighthouse', { tags: 'north' })).toSorted()).toEqual(['a', 'b']);
    expect(await labels('lighthouse', { tags: 'sea,north' })).toEqual(['a']);
    expect(await labels('lighthouse', { session: session.id })).toEqual(['a']);
    expect(await labels('lighthouse', { priority: 'important' })).toEqual(['a']);
    expect(await labels('lighthouse', { since: '2000-01-01T00:00:00Z' })).toHaveLength(2);
    for (const filter of [
      { tags: 'south' },
      { tags: 'north,south' },
      { priority: 'always_check' },
      { session: '01890000-0000-7000-8000-000000000000' },
      { since: '2999-01-01T00:00:00Z' },
      { minScore: 1_000 },
    ]) {
      expect(await search('lighthouse', filter)).toMatchObject({ items: [], nextCursor: null, reason: null });
    }
  });

  it('finds the newest version that is not archived, and nothing else', async () => {
    await store('plan', 'the walrus plan');
    const second = await store('plan', 'the narwhal plan');
    expect(await labels('walrus')).toEqual([]);
    expect(await labels('narwhal')).toEqual(['plan']);

    await fixture.server.api.post(`/v1/contexts/${second}/archive`, { reason: 'wrong animal' });
    expect(await labels('narwhal')).toEqual([]);
    expect((await search('walrus')).items).toMatchObject([{ label: 'plan', version: 1 }]);

    await fixture.server.api.post(`/v1/contexts/${second}/restore`);
    expect((await search('narwhal')).items).toMatchObject([{ label: 'plan', version: 2 }]);
    expect(await labels('walrus')).toEqual([]);

    await fixture.server.api.post(`/v1/contexts/${second}/archive`, { reason: 'all wrong', allVersions: true });
    expect(await labels('walrus narwhal plan')).toEqual([]);
  });

  it('follows a change of tags and priority', async () => {
    const id = await store('plan', 'the walrus plan', { tags: ['old'] });

    await fixture.server.api.patch(`/v1/contexts/${id}`, { tags: ['new'], priority: 'important' });

    expect(await labels('walrus', { tags: 'new', priority: 'important' })).toEqual(['plan']);
    expect(await labels('walrus', { tags: 'old' })).toEqual([]);
  });

  it('leaves nothing behind of a batch that was taken back', async () => {
    const items = [
      { label: 'good', content: 'walrus ❌' },
      { label: '', content: 'walrus' },
    ];

    const { status } = await fixture.server.api.post('/v1/contexts/batch', { project, atomic: true, items });

    expect(status).toBeGreaterThanOrEqual(400);
    expect(await labels('walrus')).toEqual([]);
  });

  it("finds a session's entries, and where what goes on is left out once it has ended", async () => {
    const session = await startSession();
    const path = `/v1/sessions/${session.id}`;
    const { body: entry } = await fixture.server.api.post(`${path}/entries`, {
      kind: 'decision',
      text: 'We take the walrus.',
    });
    expect((await search('walrus', { live: false })).items).toEqual([]);
    expect((await search('walrus')).items).toMatchObject([{ id: entry.id }]);

    await fixture.server.api.post(`${path}/end`, {});

    expect((await search('walrus', { live: false })).items).toMatchObject([
      { kind: 'entry', id: entry.id, label: null, version: null, snippet: 'We take the walrus.' },
    ]);
    expect((await search('walrus', { session: session.id })).items).toHaveLength(1);
  });

  it('T21 paging returns every hit exactly once while the project grows', async () => {
    const items = Array.from({ length: 45 }, (__, n) => ({
      label: `n${n}`,
      content: `walrus${' tusk'.repeat(n % 4)}`,
    }));
    await fixture.server.api.post('/v1/contexts/batch', { project, atomic: true, items });
    const whole = (await search('walrus tusk', { limit: 100 })).items.map(({ id }: Hit) => id);

    const walked: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await search('walrus tusk', { limit: 7, cursor });
      walked.push(...page.items.map(({ id }: Hit) => id));
      cursor = page.nextCursor ?? undefined;
      await store(`more${walked.length}`, 'tusk '.repeat(walked.length));
    } while (cursor !== undefined);

    expect(whole).toHaveLength(45);
    expect(walked.filter((id) => whole.includes(id))).toEqual(whole);
  });

  it("T21 another project's, another query's and a broken cursor are refused", async () => {
    await store('a', 'walrus');
    await store('b', 'walrus');
    const { nextCursor } = await search('walrus', { limit: 1 });
    expect(typeof nextCursor).toBe('string');

    for (const query of [
      { q: 'walrus', project: 'another', cursor: nextCursor },
      { q: 'narwhal', project, cursor: nextCursor },
      { q: 'walrus', project, tags: 'x', cursor: nextCursor },
      {
        q: 'walrus',
        project,
        cursor: `${nextCursor.slice(0, 30)}${nextCursor[30] === 'x' ? 'y' : 'x'}${nextCursor.slice(31)}`,
      },
      { q: 'walrus', project, cursor: 'broken' },
    ]) {
      const { status, body } = await fixture.server.api.get('/v1/search', { query });
      expect({ status, code: body.code }).toEqual({ status: 400, code: 'invalid-cursor' });
    }
    expect((await search('walrus', { limit: 1, cursor: nextCursor })).items).toHaveLength(1);
  });

  it.each(['keyword', 'hybrid'])('runs in %s mode where it is asked to, and says so', async (mode) => {
    await store('a', 'walrus');

    const answer = await search('walrus', { mode });

    expect(answer).toMatchObject({ mode, degraded: false });
    expect(answer.items).toHaveLength(1);
  });

  it('T23 words of a query are words, whatever they look like', async () => {
    await store('a', "updated_at is not UPDATE; Robert'); DROP TABLE contexts;--");

    for (const q of [
      "'; DROP TABLE search_documents; --",
      'updated_at',
      "robert' OR '1'='1",
      '%_\\ & | ! <-> :* robert',
      '(((',
      '"',
    ]) {
      const { status } = await fixture.server.api.get('/v1/search', { query: { project, q } });
      expect([q, status]).toEqual([q, 200]);
    }
    expect(await labels('updated_at')).toEqual(['a']);
  });

  it('T42 a purged or archived context is gone from search at once', async () => {
    const id = await store('secret', 'the walrus password is tusk-4711');
    await fixture.server.api.post(`/v1/contexts/${id}/archive`, { reason: 'leaked' });

    for (const q of ['walrus', 'walrsu', 'tusk-4711', '"walrus password"', 'secret'])
      expect(await labels(q)).toEqual([]);
  });

  it('says why a query finds nothing where that is not plain', async () => {
    await store('a', 'to be or not to be');

    expect(await search('not of the to be')).toMatchObject({
      items: [],
      degraded: false,
      reason: expect.stringContaining('the query holds stop words alone'),
    });
    expect(await search('.')).toMatchObject({
      items: [],
      reason: expect.stringContaining('the query holds no word to look for'),
    });
    expect(await search('walrus')).toMatchObject({ items: [], reason: null });
  });

  it('answers empty for a project that nothing was written to', async () => {
    const { body } = await fixture.server.api.get('/v1/search', { query: { q: 'walrus', project: 'never-written' } });

    expect(body).toMatchObject({ project: 'never-written', items: [], nextCursor: null });
  });

  it.each([
    ['no query', {}, '/q'],
    ['an empty query', { q: '' }, '/q'],
    ['a blank query', { q: '  ' }, '/q'],
    ['a query of more than 1,000 characters', { q: 'x'.repeat(1_001) }, '/q'],
    ['an unknown mode', { q: 'x', mode: 'best' }, '/mode'],
    ['a limit of 0', { q: 'x', limit: 0 }, '/limit'],
    ['a limit of 101', { q: 'x', limit: 101 }, '/limit'],
    ['an unknown priority', { q: 'x', priority: 'high' }, '/priority'],
    ['a session that is no id', { q: 'x', session: 'mine' }, '/session'],
    ['a time that is none', { q: 'x', since: 'yesterday' }, '/since'],
    ['a score that is none', { q: 'x', minScore: 'high' }, '/minScore'],
    ['an unknown field', { q: 'x', depth: 3 }, '/depth'],
  ])('refuses %s and names the field', async (__, query: Query, pointer) => {
    const { status, body } = await fixture.server.api.get('/v1/search', { query });

    expect(status).toBe(400);
    expect(body.errors).toEqual(expect.arrayContaining([expect.objectContaining({ pointer })]));
  });

  it('finds in content of 1 MiB, in any script', async () => {
    const filler = 'Lorem ipsum dolor sit amet. '.repeat(37_000);
    await store('big', `${filler.slice(0, 1_000_000)} the walrus of 東京都 sleeps`);

    expect((await search('walrus')).items[0].snippet).toContain('the walrus of 東京都 sleeps');
    expect(await labels('東京')).toEqual(['big']);
  });
});
