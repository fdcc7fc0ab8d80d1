import { newId, type SessionId, type WorkspaceId } from '#kernel';
import { ManualClock } from '#kernel/testing';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { ContextProcess } from '../testing/context-process.js';

describe('storing contexts, by several processes on one database', () => {
  const clock = new ManualClock(Date.UTC(2031, 0, 1));
  let testDatabase: TestDatabase;
  let one: ContextProcess;
  let two: ContextProcess;
  let workspaceId: WorkspaceId;

  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    one = await ContextProcess.start(testDatabase.url, clock);
    two = await ContextProcess.start(testDatabase.url, clock);
  });

  afterAll(async () => {
    await one?.stop();
    await two?.stop();
    await testDatabase?.drop();
  });

  beforeEach(async () => {
    workspaceId = newId<WorkspaceId>();
    await one.database.query('INSERT INTO workspaces (id, slug, name) VALUES ($1, $2, $2)', [workspaceId, workspaceId]);
    one.observer.seen.length = 0;
    two.observer.seen.length = 0;
  });

  const put = (label: string, content: string, rest: { sessionId?: SessionId } = {}, by = one) =>
    by.put(workspaceId, 'p', { label, content, ...rest });

  async function newSession(): Promise<SessionId> {
    const id = newId<SessionId>();
    await put('seed', 'seed');
    await one.database.query(
      `INSERT INTO sessions (workspace_id, id, project_id, metadata, created_at, last_active_at, expires_at, revision)
       SELECT $1, $2, id, '{}', $3, $3, $3::timestamptz + interval '1 day', gen_random_uuid()
       FROM projects WHERE workspace_id = $1 AND slug = 'p'`,
      [workspaceId, id, clock.now()],
    );
    return id;
  }

  it('T19 two processes that store one label at once give consecutive versions', async () => {
    const stored = await Promise.all(
      Array.from({ length: 30 }, (_, index) => put('same', `text ${index}`, {}, index % 2 === 0 ? one : two)),
    );
    const versions = stored.map(({ context }) => context.version).toSorted((a, b) => a - b);
    expect(versions).toEqual(Array.from({ length: 30 }, (_, index) => index + 1));
    expect((await one.contexts.getByLabel(workspaceId, 'p', 'same')).version).toBe(30);
    expect(await one.versions(workspaceId, 'p', 'same')).toEqual(versions.toReversed());
  });

  it('T43 the same text stored fifty times at once is one version', async () => {
    const stored = await Promise.all(
      Array.from({ length: 50 }, (_, index) => put('same', 'one text', {}, index % 2 === 0 ? one : two)),
    );
    expect(stored.filter(({ unchanged }) => !unchanged)).toHaveLength(1);
    expect(new Set(stored.map(({ context }) => context.id)).size).toBe(1);
  });

  it('stores batches of the same labels in whatever order without a deadlock', async () => {
    const labels = Array.from({ length: 20 }, (_, index) => `label ${index}`);
    const batch = (by: ContextProcess, names: readonly string[], content: string) =>
      by.store.storeAll(
        workspaceId,
        'p',
        names.map((label) => ({ label, content, tags: [], metadata: {} })),
      );
    await Promise.all([
      batch(one, labels, 'a'),
      batch(two, labels.toReversed(), 'b'),
      batch(one, labels.toReversed(), 'c'),
      batch(two, labels, 'd'),
    ]);
    for (const label of labels) expect(await one.versions(workspaceId, 'p', label)).toEqual([4, 3, 2, 1]);
  });

  it('T20 an atomic batch with one bad session leaves nothing, not even the project', async () => {
    const items = [
      { label: 'a', content: '❌ fine', tags: [], metadata: {} },
      { label: 'b', content: 'bad', tags: [], metadata: {}, sessionId: newId<SessionId>() },
    ];
    await expect(one.store.storeAll(workspaceId, 'p', items)).rejects.toMatchObject({
      code: 'session-not-found',
      issues: [{ pointer: '/items/1/sessionId' }],
    });
    expect((await one.contexts.list(workspaceId, 'p', { which: 'active' }, undefined, 10)).items).toEqual([]);
    const [first, second] = await one.store.storeEach(workspaceId, 'p', items);
    expect(first).toMatchObject({ unchanged: false, context: { content: '❌ fine' } });
    expect(second).toMatchObject({ error: { code: 'session-not-found' } });
  });

  it('numbers versions of one label within a batch in its order, and only the last is the latest', async () => {
    const items = ['first', 'second', 'second', 'third'].map((content) => ({
      label: 'l',
      content,
      tags: [],
      metadata: {},
    }));
    const stored = await one.store.storeAll(workspaceId, 'p', items);
    expect(stored.map(({ context, unchanged }) => [context.version, unchanged])).toEqual([
      [1, false],
      [2, false],
      [2, true],
      [3, false],
    ]);
    expect((await one.contexts.getByLabel(workspaceId, 'p', 'l')).content).toBe('third');
    expect(one.observer.seen).toEqual(['latest l 3']);
  });

  describe('a text that repeats', () => {
    const long = ['# Title', 'A first line that is long enough to be reported.', 'more '.repeat(200)].join('\n');

    it('is unchanged where it is the newest text of its label, or its extract', async () => {
      const { context } = await put('l', long);
      for (const again of [long, context.preview, `\n${context.preview}\n`]) {
        expect(await put('l', again)).toMatchObject({ unchanged: true, context: { id: context.id, content: long } });
      }
      expect((await put('other', context.preview)).unchanged).toBe(false);
    });

    it.each([
      ['a line end', 'hello', 'hello\n'],
      ['no line end', 'hello\n', 'hello'],
      ['white space around', 'hello', '  hello '],
      ['blank lines', 'a: 1\n\n\nb: 2\n', 'a: 1\nb: 2'],
    ])('is new where it differs by %s: every byte is kept', async (_, first, second) => {
      await put('l', first);
      const stored = await put('l', second);
      expect(stored).toMatchObject({ unchanged: false, context: { version: 2, content: second } });
    });

    it('is new where the label has moved on, and where all of it is archived', async () => {
      const first = await put('l', 'one');
      await put('l', 'two');
      expect((await put('l', 'one')).context.version).toBe(3);
      await one.contexts.archive(workspaceId, first.context.id, { force: false, allVersions: true });
      expect((await put('l', 'one')).context.version).toBe(4);
    });

    it('is the context that a recall handed out to the session, under whatever label', async () => {
      const sessionId = await newSession();
      const { context } = await put('source', long);
      expect((await put('before', long, { sessionId })).unchanged).toBe(false);
      await one.recalls.recall(workspaceId, {
        project: 'p',
        by: { labels: ['source'] },
        previewOnly: false,
        sessionId,
      });
      expect(await put('note', long, { sessionId })).toMatchObject({ unchanged: true, context: { id: context.id } });
      expect(await put('note', context.preview, { sessionId })).toMatchObject({
        unchanged: true,
        context: { id: context.id, content: long },
      });
      expect((await put('note', `${long} And what I make of it.`, { sessionId })).unchanged).toBe(false);
      // What this process noted is known to the others once it is written.
      await one.usage.write();
      expect(await put('elsewhere', long, { sessionId }, two)).toMatchObject({ unchanged: true });
      expect((await put('elsewhere', long)).unchanged).toBe(false);
    });
  });

  it('T2 recalls a label as it was before an archive that is under way, or as it is after it', async () => {
    const first = await put('l', 'one');
    const second = await put('l', 'two');
    const { lookup } = one;
    const findEach = lookup.findEach.bind(lookup);
    const found = jest.spyOn(lookup, 'findEach').mockImplementationOnce(async (...asked) => {
      // Between the look for the newest version and the one for its text.
      await two.contexts.archive(workspaceId, second.context.id, { force: false, allVersions: false });
      return findEach(...asked);
    });
    const recall = () => one.recalls.recall(workspaceId, { project: 'p', by: { labels: ['l'] }, previewOnly: false });
    expect((await recall()).items).toMatchObject([{ id: second.context.id, content: 'two', archivedAt: null }]);
    found.mockRestore();
    expect((await recall()).items).toMatchObject([{ id: first.context.id, content: 'one', archivedAt: null }]);
  });

  it('informs observers of what becomes the newest of a label, and of what goes', async () => {
    const first = await put('l', 'one');
    const second = await put('l', 'two');
    await one.contexts.patch(workspaceId, first.context.id, { tags: ['t'] });
    await one.contexts.archive(workspaceId, second.context.id, { force: false, allVersions: false });
    await one.contexts.restore(workspaceId, second.context.id, false);
    await one.contexts.archive(workspaceId, first.context.id, { force: false, allVersions: true });
    expect(one.observer.seen).toEqual([
      'latest l 1',
      'latest l 2',
      'described l 1',
      'withdrawn l',
      'latest l 1',
      'latest l 2',
      'withdrawn l',
      'withdrawn l',
    ]);
  });

  it('counts reads and uses apart from the contexts, added up over processes', async () => {
    const { context } = await put('l', 'one');
    const before = await one.contexts.getSummary(workspaceId, context.id);
    for (const by of [one, two, two]) await by.contexts.get(workspaceId, context.id);
    await one.usage.write();
    await two.usage.write();
    const { mostUsed } = await one.overviews.overviewOf(workspaceId, 'p', { limit: 5, treeLimit: 5, staleDays: 30 });
    expect(mostUsed).toMatchObject([{ id: context.id, accessCount: 3 }]);
    expect(await one.contexts.getSummary(workspaceId, context.id)).toEqual(before);
  });
});
