import { Database, KeepsakeDataSource } from '#database';
import { newId, newRevision, type ProjectId, type SessionId, type WorkspaceId } from '#kernel';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { entry, session } from '../testing/session.factory.js';
import { PostgresSessionEntryRepository } from '../persistence/postgres-session-entry.repository.js';
import { EntryRows, SessionRows } from './session-rows.js';

describe('sessions and entries on their way', () => {
  let testDatabase: TestDatabase;
  let dataSource: KeepsakeDataSource;
  let sessionRows: SessionRows;
  let entryRows: EntryRows;
  let entries: PostgresSessionEntryRepository;
  let workspaceId: WorkspaceId;
  let projectId: ProjectId;

  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    const options = { type: 'postgres', url: testDatabase.url, installExtensions: false } as const;
    dataSource = await new KeepsakeDataSource(options).initialize();
    const database = new Database(dataSource);
    sessionRows = new SessionRows(database);
    entryRows = new EntryRows(database);
    entries = new PostgresSessionEntryRepository(database);
  });
  afterAll(async () => {
    await dataSource?.destroy();
    await testDatabase?.drop();
  });

  async function newProject(): Promise<ProjectId> {
    const id = newId<ProjectId>();
    await dataSource.query('INSERT INTO projects (workspace_id, id, slug) VALUES ($1, $2::uuid, $2::text)', [
      workspaceId,
      id,
    ]);
    return id;
  }
  beforeEach(async () => {
    workspaceId = newId<WorkspaceId>();
    await dataSource.query('INSERT INTO workspaces (id, slug, name) VALUES ($1, $2, $2)', [workspaceId, workspaceId]);
    projectId = await newProject();
  });
  const here = (over = {}) => session({ workspaceId, projectId, ...over });
  /** Page by page. */
  const list = async (rows: SessionRows | EntryRows, of = workspaceId) => {
    const seen: SessionId[] = [];
    for (let after: SessionId | undefined; ;) {
      const page = await rows.listSessionIds(of, projectId, after, 2);
      if (page.length === 0) return seen;
      seen.push(...page);
      after = page.at(-1);
    }
  };

  it('gives back sessions as they were inserted, and with everything but their place when they are replaced', async () => {
    const made = here({ client: 'c', metadata: { é: [1.5, null, '❌'] }, summary: '"s"\n', finalisedAt: new Date(5) });
    await sessionRows.insert([made]);
    expect(await sessionRows.find(workspaceId, [made.id])).toEqual([made]);
    const elsewhere = await newProject();
    const times = { endedAt: new Date(6), lastActiveAt: new Date(7) };
    const other = { ...made, projectId: elsewhere, summary: null, ...times, revision: newRevision() };
    await sessionRows.replace([other], ['projectId']);
    expect(await sessionRows.find(workspaceId, [made.id])).toEqual([{ ...other, projectId, project: made.project }]);
  });

  it('T21 lists those that work in the project or logged there once, page by page', async () => {
    const elsewhere = await newProject();
    const working = [here(), here(), here()];
    const gone = session({ workspaceId, projectId: elsewhere });
    const stranger = session({ workspaceId, projectId: elsewhere });
    await sessionRows.insert([...working, gone, stranger]);
    await entryRows.insert([entry(working[0]!), entry(gone, { projectId }), entry(gone, { projectId })]);
    expect(await list(sessionRows)).toEqual(working.map(({ id }) => id).toSorted());
    expect(await list(entryRows)).toEqual([working[0]!.id, gone.id].toSorted());
    const ids = [working[0]!.id, gone.id, stranger.id, newId<SessionId>()];
    expect(new Map(await sessionRows.places(workspaceId, projectId, ids))).toEqual(
      new Map([
        [working[0]!.id, 'here'],
        [gone.id, 'elsewhere'],
        [stranger.id, 'elsewhere'],
      ]),
    );
    expect(new Set(await entryRows.sessionsHere(workspaceId, projectId, ids))).toEqual(
      new Set([working[0]!.id, gone.id]),
    );
    expect(await entryRows.count(workspaceId, projectId)).toBe(3);
    expect(await entryRows.list(workspaceId, projectId, undefined, 2)).toHaveLength(2);
  });

  it('says what settled entries that were settled then, and leaves the others', async () => {
    const of = here();
    await sessionRows.insert([of]);
    const at = new Date(9);
    const todo = entry(of, { kind: 'todo', resolvedAt: at });
    const otherwise = entry(of, { kind: 'todo', resolvedAt: new Date(10) });
    const open = entry(of, { kind: 'todo' });
    const by = entry(of);
    await entryRows.insert([todo, otherwise, open, by]);
    await entryRows.resolve(
      workspaceId,
      [todo, otherwise, open].map(({ id }) => ({ id, by: by.id, at })),
    );
    const log = (await entries.list(workspaceId, of.id, {}, undefined, 10)).items;
    expect(log).toEqual([{ ...todo, resolvedBy: by.id }, otherwise, open, by]);
    await entryRows.replace([{ ...todo, kind: 'progress', priority: null, text: 'new', resolvedAt: null }]);
    const [replaced] = (await entries.list(workspaceId, of.id, {}, undefined, 1)).items;
    expect(replaced).toMatchObject({
      kind: 'progress',
      text: 'new',
      priority: null,
      resolvedAt: null,
      resolvedBy: null,
    });
  });

  it('marks what has changed', async () => {
    const mark = async () =>
      [await sessionRows.fingerprint(workspaceId), await entryRows.fingerprint(workspaceId, projectId)].join();
    const of = here();
    const marks = [await mark()];
    await sessionRows.insert([of]);
    marks.push(await mark());
    await entryRows.insert([entry(of)]);
    marks.push(await mark());
    await sessionRows.replace([of], ['projectId']);
    marks.push(await mark());
    expect(new Set(marks).size).toBe(4);
    expect(await mark()).toBe(marks.at(-1));
  });

  it('T41 sees and changes nothing of another workspace', async () => {
    const of = here();
    const log = entry(of);
    await sessionRows.insert([of]);
    await entryRows.insert([log]);
    const foreign = newId<WorkspaceId>();
    expect(await list(sessionRows, foreign)).toEqual([]);
    expect(await list(entryRows, foreign)).toEqual([]);
    expect(await sessionRows.find(foreign, [of.id])).toEqual([]);
    expect(await entryRows.list(foreign, projectId, undefined, 10)).toEqual([]);
    expect((await sessionRows.places(foreign, projectId, [of.id])).size).toBe(0);
    expect((await entryRows.places(foreign, projectId, [log.id])).size).toBe(0);
    await sessionRows.replace([{ ...of, workspaceId: foreign, summary: 'stolen' }], ['projectId']);
    await entryRows.replace([{ ...log, workspaceId: foreign, text: 'stolen' }]);
    expect(await sessionRows.find(workspaceId, [of.id])).toEqual([of]);
    expect(await entryRows.list(workspaceId, projectId, undefined, 10)).toEqual([log]);
  });
});
