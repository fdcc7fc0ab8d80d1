import { createHash } from 'node:crypto';
import { Api, type ApiAnswer } from '#test/support/api.js';
import { eventually } from '#test/support/eventually.js';
import { DATABASES, type ServerFixture, startFixtureOn } from '#test/support/on-each-database.js';

let count = 0;
/** Every test has a project of its own. */
const newProject = () => `project-${++count}`;

function pointers({ body }: ApiAnswer<any>): string[] {
  return body.errors.map((error: { pointer: string }) => error.pointer);
}

async function allPages(api: Api, path: string, query: Record<string, string | number>): Promise<any[]> {
  const items: any[] = [];
  let cursor: string | undefined;
  do {
    const { status, body } = await api.get(path, { query: { ...query, cursor } });
    expect(status).toBe(200);
    items.push(...body.items);
    cursor = body.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return items;
}

describe.each(DATABASES)('contexts on %s', (_, outside) => {
  let fixture: ServerFixture;
  let api: Api;

  const store = (project: string, label: string, content: string, rest: object = {}) =>
    api.post('/v1/contexts', { project, label, content, ...rest });
  const byLabel = (project: string, label: string, query: Record<string, number> = {}) =>
    api.get(`/v1/projects/${project}/contexts/${encodeURIComponent(label)}`, { query });
  const archive = (id: string, order: object = {}) => api.post(`/v1/contexts/${id}/archive`, order);

  beforeAll(async () => {
    fixture = await startFixtureOn(outside, { LOG_LEVEL: 'warn', EMBEDDING_PROVIDER: 'off' });
    api = fixture.server.api;
  }, 120_000);

  afterAll(() => fixture.remove());

  it('stores a text whole, reads it back byte for byte, and says what it made of it', async () => {
    const project = newProject();
    const content =
      '# Deploys\r\n\r\nNEVER deploy on a Friday ❌ \u{1F9E0}.\nowner: Zoë\n\u00e9 e\u0301 \u2028 end \ufeff';
    const answer = await store(project, 'ops/deploy', content, { tags: ['ops', 'ops'], metadata: { n: 1 } });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('etag')).toMatch(/^"[\w-]+"$/);
    expect(answer.body).toMatchObject({
      project,
      label: 'ops/deploy',
      version: 1,
      content,
      contentHash: createHash('sha256').update(content).digest('hex'),
      contentBytes: Buffer.byteLength(content),
      tags: ['ops'],
      priority: 'always_check',
      priorityDetected: true,
      unchanged: false,
      similarTo: [],
      embedding: 'off',
      metadata: { n: 1 },
      sessionId: null,
      archivedAt: null,
    });
    expect(answer.body.preview).toContain('NEVER deploy on a Friday ❌');
    expect(answer.body.keyConcepts).toContain('Deploys');
    const { unchanged: _unchanged, similarTo: _similarTo, ...stored } = answer.body;
    const byId = await api.get(`/v1/contexts/${stored.id}`);
    expect(byId.body).toEqual(stored);
    expect((await byLabel(project, 'ops/deploy')).body).toEqual(stored);
    expect((await api.get(`/v1/contexts/${stored.id}/preview`)).body).toMatchObject({
      preview: stored.preview,
      keyConcepts: stored.keyConcepts,
      algorithm: 2,
    });
  });

  it('keeps a text of exactly 1 MiB and refuses one byte more, naming the field', async () => {
    const project = newProject();
    const line = `${'é'.repeat(511)}\n\n`;
    const content = line.repeat(1024);
    expect(Buffer.byteLength(content)).toBe(1024 * 1024);
    const { status, body } = await store(project, 'large', content);
    expect(status).toBe(201);
    expect((await api.get(`/v1/contexts/${body.id}`)).body.content).toBe(content);
    const refused = await store(project, 'large', `${content}x`);
    expect([400, 413]).toContain(refused.status);
    expect(pointers(refused)).toEqual(['/content']);
    for (const empty of ['', ' \n\t ']) expect(pointers(await store(project, 'empty', empty))).toEqual(['/content']);
  });

  it('gives the existing version for the same text, and a new one for another', async () => {
    const project = newProject();
    const first = await store(project, 'l', 'One text.', { tags: ['a'] });
    const again = await store(project, 'l', 'One text.', { tags: ['b'], priority: 'important' });
    expect(again.status).toBe(200);
    expect(again.body).toEqual({ ...first.body, unchanged: true });
    expect(again.headers.get('etag')).toBe(first.headers.get('etag'));
    const second = await store(project, 'l', 'Another text.');
    expect(second.body).toMatchObject({ version: 2, unchanged: false });
    // The first text is not the newest any more: it is stored again.
    expect((await store(project, 'l', 'One text.')).body).toMatchObject({ version: 3, unchanged: false });
  });

  it('T34 a repeated Idempotency-Key gives the stored answer again, status and ETag included', async () => {
    const project = newProject();
    await store(project, 'l', 'Same.');
    const send = () =>
      api.post(
        '/v1/contexts',
        { project, label: 'l', content: 'Same.' },
        { headers: { 'idempotency-key': `${project}-1` } },
      );
    const first = await send();
    const replay = await send();
    expect(first.status).toBe(200);
    expect(replay.status).toBe(200);
    expect(replay.headers.get('idempotency-replayed')).toBe('true');
    expect(replay.headers.get('etag')).toBe(first.headers.get('etag'));
    expect(replay.body).toEqual(first.body);
  });

  it('T19 version 10 is newer than version 9', async () => {
    const project = newProject();
    for (let version = 1; version <= 11; version++) await store(project, 'counted', `Text ${version}.`);
    const { body } = await byLabel(project, 'counted');
    expect(body.version).toBe(11);
    expect((await byLabel(project, 'counted', { version: 9 })).body.content).toBe('Text 9.');
    const versions = await allPages(api, `/v1/contexts/${body.id}/versions`, { limit: 4 });
    expect(versions.map(({ version }) => version)).toEqual([11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
    expect((await byLabel(project, 'counted', { version: 12 })).status).toBe(404);
  });

  it('T43 fifty parallel stores of one label make fifty consecutive versions', async () => {
    const project = newProject();
    const answers = await Promise.all(Array.from({ length: 50 }, (_text, n) => store(project, 'busy', `Text ${n}.`)));
    expect(answers.map(({ body }) => body.version).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 50 }, (_version, n) => n + 1),
    );
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(50);
    expect(await allPages(api, '/v1/contexts', { project, versions: 'all', limit: 100 })).toHaveLength(50);
  });

  it('T27 labels that a careless key would mix up are different contexts', async () => {
    const project = newProject();
    const labels = [
      'a:b',
      'a/b',
      'a%2Fb',
      'a%252Fb',
      'A:b',
      ' a:b',
      'a:b ',
      'a b',
      'a+b',
      'a?b#c',
      'á',
      'a\u0301',
      '🧠/❌',
      `a:${'b'.repeat(198)}`,
      `a:${'b'.repeat(197)}c`,
      '...',
      '-',
      '__proto__',
    ];
    for (const [index, label] of labels.entries()) await store(project, label, `Text of number ${index}.`);
    for (const [index, label] of labels.entries()) {
      expect((await byLabel(project, label)).body).toMatchObject({ label, content: `Text of number ${index}.` });
    }
    for (const label of ['', '   ', 'a\nb', 'x'.repeat(201), '.', '..', 'a\u0000b']) {
      const refused = await store(project, label, 'text');
      expect(refused.status).toBe(400);
      expect(pointers(refused)).toContain('/label');
    }
  });

  it('T23 priority is read from whole words alone', async () => {
    const project = newProject();
    const cases: [string, string][] = [
      ['The column updated_at and the hallways of the mustard museum.', 'reference'],
      ['We ALWAYS squash.', 'always_check'],
      ['This is Important to know.', 'important'],
    ];
    for (const [content, priority] of cases) {
      expect((await store(project, content, content)).body).toMatchObject({ priority, priorityDetected: true });
    }
    expect((await store(project, 'given', 'We always squash.', { priority: 'reference' })).body).toMatchObject({
      priority: 'reference',
      priorityDetected: false,
    });
  });

  it('changes tags, priority and metadata without a new version, and refuses a lost update', async () => {
    const project = newProject();
    const { body: stored, headers } = await store(project, 'l', 'We never do it.', { metadata: { a: 1, b: 2 } });
    const tag = headers.get('etag') as string;
    const path = `/v1/contexts/${stored.id}`;
    const patched = await api.patch(
      path,
      { tags: ['x'], priority: 'reference', metadata: { a: null, c: 3 } },
      { headers: { 'if-match': tag } },
    );
    expect(patched.status).toBe(200);
    expect(patched.body).toMatchObject({
      version: 1,
      tags: ['x'],
      priority: 'reference',
      priorityDetected: false,
      metadata: { b: 2, c: 3 },
    });
    const lost = await api.patch(path, { tags: ['y'] }, { headers: { 'if-match': tag } });
    expect(lost.status).toBe(412);
    const current = await api.get(path);
    expect(current.body).toEqual(patched.body);
    expect(current.headers.get('etag')).toBe(patched.headers.get('etag'));
    const { body: cleared } = await api.patch(path, { tags: null, priority: null, metadata: null });
    expect(cleared).toMatchObject({ tags: [], priority: 'always_check', priorityDetected: true, metadata: {} });
    expect(pointers(await api.patch(path, { content: 'other' }))).toEqual(['/content']);
  });

  it('archives a version, falls back to the newest left, and restores', async () => {
    const project = newProject();
    const { body: first } = await store(project, 'l', 'The first zebra.');
    const { body: second } = await store(project, 'l', 'The second zebra.');
    const archived = await archive(second.id, { reason: 'wrong' });
    expect(archived.status).toBe(200);
    expect(archived.body).toMatchObject({ id: second.id, archiveReason: 'wrong' });
    expect((await byLabel(project, 'l')).body.id).toBe(first.id);
    expect((await api.get(`/v1/contexts/${second.id}`)).body.archivedAt).not.toBeNull();
    expect((await archive(second.id, { reason: 'again' })).body.archiveReason).toBe('wrong');
    // The number of an archived version is not given out again.
    const { body: third } = await store(project, 'l', 'The third zebra.');
    expect(third.version).toBe(3);
    await archive(third.id);
    const restored = await api.post(`/v1/contexts/${second.id}/restore`);
    expect(restored.body).toMatchObject({ archivedAt: null, archiveReason: null });
    expect((await byLabel(project, 'l')).body.id).toBe(second.id);
    await archive(first.id, { allVersions: true });
    expect((await byLabel(project, 'l')).status).toBe(404);
    expect((await api.get('/v1/contexts', { query: { project } })).body.items).toEqual([]);
    expect((await api.get('/v1/contexts', { query: { project, archived: true } })).body.items).toHaveLength(3);
    await api.post(`/v1/contexts/${first.id}/restore`, { allVersions: true });
    expect((await byLabel(project, 'l')).body.id).toBe(third.id);
  });

  it('archives always_check contexts only by force', async () => {
    const project = newProject();
    const { body } = await store(project, 'l', 'You must know this.');
    await store(project, 'l', 'A mild text.');
    for (const order of [{}, { allVersions: true }]) {
      const refused = await archive(body.id, order);
      expect(refused.status).toBe(409);
      expect(pointers(refused)).toEqual(['/force']);
    }
    expect((await archive(body.id, { allVersions: true, force: true })).status).toBe(200);
    expect((await api.get('/v1/contexts', { query: { project } })).body.items).toEqual([]);
  });

  it('reports what changed between two versions', async () => {
    const project = newProject();
    const { body: first } = await store(project, 'l', 'one\ntwo\nthree\n');
    const { body: second } = await store(project, 'l', 'one\n2\nthree\nfour\n');
    const { status, body } = await api.get(`/v1/contexts/${second.id}/diff`, { query: { from: 1, to: 2 } });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      label: 'l',
      from: { id: first.id, version: 1 },
      to: { id: second.id, version: 2 },
      hunks: [{ oldStart: 1, oldLines: 3, newStart: 1, newLines: 4, lines: [' one', '-two', '+2', ' three', '+four'] }],
      addedLines: 2,
      removedLines: 1,
      minimal: true,
    });
    expect(body.unified).toBe('--- version 1\n+++ version 2\n@@ -1,3 +1,4 @@\n one\n-two\n+2\n three\n+four\n');
    expect((await api.get(`/v1/contexts/${second.id}/diff`)).body).toEqual(body);
    expect((await api.get(`/v1/contexts/${first.id}/diff`, { query: { from: 1, to: 1 } })).body.unified).toBe('');
    const missing = await api.get(`/v1/contexts/${first.id}/diff`, { query: { from: 1, to: 7 } });
    expect(missing.status).toBe(404);
    expect(pointers(missing)).toEqual(['/to']);
  });

  it('T20 a batch with one bad item leaves nothing behind, and content with ❌ is fine', async () => {
    const project = newProject();
    const good = { label: 'good', content: 'All tests pass ❌ or not.' };
    const bad = await api.post('/v1/contexts/batch', {
      project,
      items: [good, { label: 'bad', content: '' }, { label: 'worse', content: 'x', surprise: 1 }],
    });
    expect(bad.status).toBe(400);
    expect(pointers(bad)).toEqual(['/items/1/content', '/items/2/surprise']);
    const foreign = await api.post('/v1/contexts/batch', {
      project,
      items: [good, { ...good, label: 'l', sessionId: '01890000-0000-7000-8000-000000000000' }],
    });
    expect(foreign.status).toBe(404);
    expect(pointers(foreign)).toEqual(['/items/1/sessionId']);
    expect((await api.get('/v1/contexts', { query: { project } })).body.items).toEqual([]);
    expect((await api.get(`/v1/projects/${project}`)).body).toMatchObject({ id: null, counts: { contexts: 0 } });

    const { status, body } = await api.post('/v1/contexts/batch', {
      project,
      items: [good, { ...good, content: 'Two.' }, { ...good, content: 'Two.' }, { label: 'other', content: 'Three.' }],
    });
    expect(status).toBe(201);
    expect(body.items.map((item: any) => [item.status, item.context.label, item.context.version])).toEqual([
      [201, 'good', 1],
      [201, 'good', 2],
      [200, 'good', 2],
      [201, 'other', 1],
    ]);
    expect((await byLabel(project, 'good')).body.content).toBe('Two.');
  });

  it('T20 a batch that is not atomic stores what it can and gives a problem for the rest', async () => {
    const project = newProject();
    const { status, body } = await api.post('/v1/contexts/batch', {
      project,
      atomic: false,
      items: [
        { label: 'a', content: 'Text a.' },
        { label: '', content: 'no label' },
        { label: 'c', content: 'Text c.', sessionId: '01890000-0000-7000-8000-000000000000' },
        17,
        { label: 'e', content: 'Text e.' },
        { label: 'f', content: 'a\0b' },
        { label: 'g', content: 'g', metadata: { 'a/b': '\ud800' } },
      ],
    });
    expect(status).toBe(201);
    expect(body.items.map((item: any) => item.status)).toEqual([201, 400, 404, 400, 201, 400, 400]);
    expect(body.items[1].problem.errors[0].pointer).toBe('/items/1/label');
    expect(body.items[2].problem.errors[0].pointer).toBe('/items/2/sessionId');
    expect(body.items[3].problem.errors[0].pointer).toBe('/items/3');
    expect(body.items[5].problem.errors[0]).toMatchObject({
      pointer: '/items/5/content',
      detail: expect.stringContaining('NUL'),
    });
    expect(body.items[6].problem.errors[0].pointer).toBe('/items/6/metadata/a~1b');
    const stored = await allPages(api, '/v1/contexts', { project });
    expect(stored.map(({ label }) => label as string).toSorted()).toEqual(['a', 'e']);
    const tooMany = await api.post('/v1/contexts/batch', {
      project,
      items: Array.from({ length: 101 }, (_item, n) => ({ label: `${n}`, content: 'x' })),
    });
    expect(pointers(tooMany)).toEqual(['/items']);
    const unknown = Object.fromEntries(Array.from({ length: 60 }, (_key, n) => [`${n}`.padEnd(200, 'x'), 1]));
    const refused = await api.post('/v1/contexts/batch', { project, atomic: false, items: Array(100).fill(unknown) });
    expect(refused.body.items[99].problem).toMatchObject({ errors: [{ in: 'body' }], errorsLeftOut: 60 });
    expect(JSON.stringify(refused.body).length).toBeLessThan(65_536);
  });

  it('recalls many at once, in the order asked for, and reports what is missing', async () => {
    const project = newProject();
    const { body: a } = await store(project, 'a', 'Text a.');
    await store(project, 'b', 'Text b, first.');
    const { body: b } = await store(project, 'b', 'Text b, second.');
    const byLabels = await api.post('/v1/contexts/recall', { project, labels: ['b', 'nothing', 'a', 'b'] });
    expect(byLabels.status).toBe(200);
    expect(byLabels.body.items.map(({ id, content }: any) => [id, content])).toEqual([
      [b.id, 'Text b, second.'],
      [a.id, 'Text a.'],
    ]);
    expect(byLabels.body).toMatchObject({ missing: ['nothing'], withoutContent: [] });
    const unknown = '01890000-0000-7000-8000-000000000000';
    const byIds = await api.post('/v1/contexts/recall', { ids: [a.id, unknown, b.id], previewOnly: true });
    expect(byIds.body.items.map(({ id }: any) => id)).toEqual([a.id, b.id]);
    expect(byIds.body.items[0]).not.toHaveProperty('content');
    expect(byIds.body.missing).toEqual([unknown]);
    expect((await api.post('/v1/contexts/recall', { project: newProject(), ids: [a.id] })).body.items).toEqual([]);
    expect((await api.post('/v1/contexts/recall', { labels: ['a'], ids: [a.id] })).status).toBe(400);
  });

  it('counts recalls without a write per read', async () => {
    const project = newProject();
    await store(project, 'often', 'Read this often.');
    await store(project, 'seldom', 'Read this once.');
    for (let read = 0; read < 5; read++) await byLabel(project, 'often');
    await api.post('/v1/contexts/recall', { project, labels: ['seldom', 'often'] });
    const overview = await eventually(
      async () => {
        const { body } = await api.get(`/v1/projects/${project}/overview`);
        return body.mostUsed.length === 2 ? body : undefined;
      },
      { timeoutMs: 20_000, what: 'the counts to be written' },
    );
    expect(overview.mostUsed.map((used: any) => [used.label, used.accessCount])).toEqual([
      ['often', 6],
      ['seldom', 1],
    ]);
    expect(overview.leastUsed[0].label).toBe('seldom');
  });

  it('does not store as new what was handed out before', async () => {
    const project = newProject();
    const { body: session } = await api.post('/v1/sessions', { project, client: 'echo' });
    const content = `# Setup\n\n${'Every developer installs the services first and then the packages.\n'.repeat(20)}`;
    const { body: stored } = await store(project, 'setup', content);
    // A preview stored under its own label would replace the text by its extract.
    const previewed = await store(project, 'setup', stored.preview);
    expect(previewed.status).toBe(200);
    expect(previewed.body).toMatchObject({ id: stored.id, content, unchanged: true });

    const copy = await store(project, 'copy', content);
    expect(copy.status).toBe(201);
    expect(copy.body.similarTo).toEqual([{ id: stored.id, label: 'setup', version: 1, similarity: 1 }]);

    await api.post('/v1/contexts/recall', { project, labels: ['setup'], sessionId: session.id });
    const echo = await store(project, 'notes', content, { sessionId: session.id });
    expect(echo.status).toBe(200);
    expect(echo.body).toMatchObject({ id: stored.id, label: 'setup', unchanged: true });
    expect((await byLabel(project, 'notes')).status).toBe(404);
    const { body: other } = await api.post('/v1/sessions', { project, client: 'other' });
    expect((await store(project, 'notes', content, { sessionId: other.id })).status).toBe(201);
  });

  it('reports near-duplicates and nothing else', async () => {
    const project = newProject();
    const words = Array.from({ length: 200 }, (_word, n) => `word${n}`).join(' ');
    const { body: original } = await store(project, 'original', words);
    await store(project, 'unrelated', 'Something else altogether about boats, harbours and the weather at sea.');
    const { body: close } = await store(project, 'close', words.replace('word77', 'changed'));
    expect(close.similarTo).toHaveLength(1);
    expect(close.similarTo[0]).toMatchObject({ id: original.id, label: 'original', version: 1 });
    expect(close.similarTo[0].similarity).toBeGreaterThan(0.9);
    expect(close.similarTo[0].similarity).toBeLessThan(1);
    expect((await store(newProject(), 'elsewhere', words)).body.similarTo).toEqual([]);
  });

  it('T21 paging returns every row exactly once while others are written', async () => {
    const project = newProject();
    for (let n = 0; n < 23; n++)
      await store(project, `label-${n}`, `Text number ${n}.`, { tags: n % 2 ? ['odd'] : [] });
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const { body } = await api.get('/v1/contexts', { query: { project, limit: 5, cursor } });
      seen.push(...body.items.map(({ label }: any) => label));
      cursor = body.nextCursor ?? undefined;
      await store(project, `later-${seen.length}`, `A later text ${seen.length}.`);
    } while (cursor !== undefined);
    expect(seen).toEqual(Array.from({ length: 23 }, (_label, n) => `label-${22 - n}`));

    const { body: odd } = await api.get('/v1/contexts', { query: { project, tags: 'odd', limit: 5 } });
    expect(odd.items.every(({ tags }: any) => tags.includes('odd'))).toBe(true);
    const refusals = [
      { project: newProject(), tags: 'odd', cursor: odd.nextCursor },
      { project, cursor: odd.nextCursor },
      { project, tags: 'odd', cursor: `${odd.nextCursor}x` },
      { project, tags: 'odd', cursor: 'nonsense' },
    ];
    for (const query of refusals) {
      const refused = await api.get('/v1/contexts', { query });
      expect(refused.status).toBe(400);
      expect(pointers(refused)).toEqual(['/cursor']);
    }
  });

  it('T40 a filter that matches nothing answers nothing', async () => {
    const project = newProject();
    await store(project, 'ops/a', 'Text a.', { tags: ['x', 'y'], priority: 'important' });
    await store(project, 'ops/b', 'Text b.', { tags: ['x'] });
    const labels = async (query: Record<string, string>) =>
      (await api.get('/v1/contexts', { query: { project, ...query } })).body.items.map(({ label }: any) => label);
    expect(await labels({ tags: 'x' })).toEqual(['ops/b', 'ops/a']);
    expect(await labels({ tags: 'x,y' })).toEqual(['ops/a']);
    expect(await labels({ tags: 'x,z' })).toEqual([]);
    expect(await labels({ priority: 'important' })).toEqual(['ops/a']);
    expect(await labels({ priority: 'always_check' })).toEqual([]);
    expect(await labels({ labelPrefix: 'ops/' })).toEqual(['ops/b', 'ops/a']);
    expect(await labels({ labelPrefix: 'ops%' })).toEqual([]);
    expect(await labels({ label: 'ops/b' })).toEqual(['ops/b']);
    expect(await labels({ session: '01890000-0000-7000-8000-000000000000' })).toEqual([]);
    expect(await labels({ project: newProject() })).toEqual([]);
  });

  it('shows a project as a tree, and says where it is cut', async () => {
    const project = newProject();
    for (const label of ['a', 'a/b', 'a/b/c', 'd/e', 'd/f']) await store(project, label, `Text of ${label}.`);
    const { body } = await api.get(`/v1/projects/${project}/overview`);
    expect(body.counts).toMatchObject({ labels: 5, versions: 5, archivedVersions: 0, stale: 0 });
    expect(body.tree).toMatchObject({ truncated: false, shownLabels: 5 });
    const [a, d] = body.tree.nodes;
    expect(a).toMatchObject({ name: 'a', path: 'a', labels: 3, context: { version: 1, preview: 'Text of a.' } });
    expect(a.children[0].children[0]).toMatchObject({ name: 'c', path: 'a/b/c', labels: 1, children: [] });
    expect(d).toMatchObject({ path: 'd', context: null, labels: 2 });
    const { body: cut } = await api.get(`/v1/projects/${project}/overview`, { query: { treeLimit: 2, limit: 1 } });
    expect(cut.tree).toMatchObject({ truncated: true, shownLabels: 2 });
    expect(cut.leastUsed).toHaveLength(1);
    expect((await api.get(`/v1/projects/${newProject()}/overview`)).body).toMatchObject({
      counts: { labels: 0 },
      tree: { nodes: [], truncated: false },
    });
  });

  it('T42 a deleted project is gone from every read at once, and starts again', async () => {
    const project = newProject();
    const { body: stored } = await store(project, 'secret', 'The walrus sings at noon.');
    await store(project, 'secret', 'The walrus sings at midnight.');
    const { body: session } = await api.post('/v1/sessions', { project, client: 'c' });
    expect(await api.del(`/v1/projects/${project}`)).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/confirm', detail: expect.stringContaining('must repeat the slug') }] },
    });
    expect((await api.del(`/v1/projects/${project}`, { query: { confirm: 'other' } })).status).toBe(400);
    expect((await api.get(`/v1/contexts/${stored.id}`)).status).toBe(200);

    const deleted = await api.del(`/v1/projects/${project}`, { query: { confirm: project } });
    expect(deleted.body).toMatchObject({ slug: project, deleted: { contexts: 1 } });
    for (const path of ['', '/versions', '/preview', '/diff?from=1&to=2']) {
      expect((await api.get(`/v1/contexts/${stored.id}${path}`)).status).toBe(404);
    }
    expect((await byLabel(project, 'secret')).status).toBe(404);
    expect((await api.get(`/v1/sessions/${session.id}`)).status).toBe(404);
    expect((await api.post('/v1/contexts/recall', { project, labels: ['secret'] })).body.items).toEqual([]);
    expect((await api.get('/v1/search', { query: { project, q: 'walrus' } })).body.items).toEqual([]);
    expect((await api.get(`/v1/projects/${project}/overview`)).body.counts.labels).toBe(0);
    const slugs = (await allPages(api, '/v1/projects', { limit: 100 })).map(({ slug }) => slug);
    expect(slugs).not.toContain(project);
    expect(slugs).toContain('default');
    expect((await api.del(`/v1/projects/${project}`, { query: { confirm: project } })).status).toBe(404);
    expect((await store(project, 'secret', 'A new start.')).body.version).toBe(1);
  });

  it('keeps a retention policy, and a dry run changes nothing', async () => {
    const project = newProject();
    await store(project, 'l', 'A mild text.');
    const path = `/v1/retention/${project}`;
    const before = await api.get(path);
    expect(before.body).toEqual({
      project,
      archiveAfterDays: null,
      purgeAfterDays: null,
      noticeDays: 7,
      updatedAt: null,
    });
    const ifMatch = { headers: { 'if-match': before.headers.get('etag') as string } };
    const policy = { archiveAfterDays: 3, purgeAfterDays: 30, noticeDays: 5 };
    const put = await api.put(path, policy, ifMatch);
    expect(put.body).toMatchObject(policy);
    expect((await api.put(path, policy, ifMatch)).status).toBe(412);
    expect((await api.get('/v1/retention')).body.items).toContainEqual(put.body);
    const { body: report } = await api.post(`${path}/run`);
    expect(report).toMatchObject({ dryRun: true, complete: true, archived: { count: 0 }, purged: { count: 0 } });
    expect(report.notice.archive).toMatchObject({ count: 1, items: [{ label: 'l', version: 1 }] });
    expect((await byLabel(project, 'l')).status).toBe(200);
    expect(pointers(await api.put(path, { archiveAfterDays: 0 }))).toEqual(['/archiveAfterDays']);
    expect((await api.post(`/v1/retention/${newProject()}/run`, { dryRun: false })).body).toMatchObject({
      archived: { count: 0 },
    });
  });
});
