import { DataSource } from 'typeorm';
import { Database } from '#database';
import { newId, newRevision, type ProjectId, type SessionId, type WorkspaceId } from '#kernel';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { entry, session } from '../testing/session.factory.js';
import { PostgresSessionEntryRepository } from './postgres-session-entry.repository.js';
import { PostgresSessionTransferRepository } from './postgres-session-transfer.repository.js';

describe('PostgresSessionTransferRepository', () => {
  let testDatabase: TestDatabase;
  let dataSource: DataSource;
  let repository: PostgresSessionTransferRepository;
  let entries: PostgresSessionEntryRepository;
  let workspaceId: WorkspaceId;
  let projectId: ProjectId;

  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    const options = { type: 'postgres', url: testDatabase.url, installExtensions: false } as const;
    dataSource = await new DataSource(options).initialize();
    const database = new Database(dataSource);
    repository = new PostgresSessionTransferRepository(database);
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
  const list = async (of = workspaceId) => {
    const seen: SessionId[] = [];
    for (let after: SessionId | undefined; ;) {
      const page = await repository.listSessionIds(of, projectId, after, 2);
      if (page.length === 0) return seen;
      seen.push(...page);
      after = page.at(-1);
    }
  };

  it('gives back sessions as they were inserted, and with everything but their place when they are replaced', async () => {
    const made = here({ client: 'c', metadata: { é: [1.5, null, '❌'] }, summary: '"s"\n', finalisedAt: new Date(5) });
    await repository.insertSessions([made]);
    expect(await repository.findSessions(workspaceId, [made.id])).toEqual([made]);
    const elsewhere = await newProject();
    const times = { endedAt: new Date(6), lastActiveAt: new Date(7) };
    const other = { ...made, projectId: elsewhere, summary: null, ...times, revision: newRevision() };
    await repository.replaceSessions([other]);
    expect(await repository.findSessions(workspaceId, [made.id])).toEqual([
      { ...other, projectId, project: made.project },
    ]);
  });

  it('T21 lists those that work in the project or logged there once, page by page', async () => {
    const elsewhere = await newProject();
    const working = [here(), here(), here()];
    const gone = session({ workspaceId, projectId: elsewhere });
    const stranger = session({ workspaceId, projectId: elsewhere });
    await repository.insertSessions([...working, gone, stranger]);
    await repository.insertEntries([entry(working[0]!), entry(gone, { projectId }), entry(gone, { projectId })]);
    expect(await list()).toEqual([...working, gone].map(({ id }) => id).toSorted());
    const places = await repository.placesOfSessions(workspaceId, projectId, [gone.id, stranger.id, newId()]);
    expect(new Map(places)).toEqual(
      new Map([
        [gone.id, 'here'],
        [stranger.id, 'elsewhere'],
      ]),
    );
    expect(await repository.countEntries(workspaceId, projectId)).toBe(3);
    expect(await repository.listEntries(workspaceId, projectId, undefined, 2)).toHaveLength(2);
  });

  it('says what settled entries that were settled then, and leaves the others', async () => {
    const of = here();
    await repository.insertSessions([of]);
    const at = new Date(9);
    const todo = entry(of, { kind: 'todo', resolvedAt: at });
    const otherwise = entry(of, { kind: 'todo', resolvedAt: new Date(10) });
    const open = entry(of, { kind: 'todo' });
    const by = entry(of);
    await repository.insertEntries([todo, otherwise, open, by]);
    await repository.resolve(
      workspaceId,
      [todo, otherwise, open].map(({ id }) => ({ id, by: by.id, at })),
    );
    const log = (await entries.list(workspaceId, of.id, {}, undefined, 10)).items;
    expect(log).toEqual([{ ...todo, resolvedBy: by.id }, otherwise, open, by]);
    await repository.replaceEntries([{ ...todo, kind: 'progress', priority: null, text: 'new', resolvedAt: null }]);
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
    const mark = () => repository.mark(workspaceId, projectId);
    const of = here();
    const marks = [await mark()];
    await repository.insertSessions([of]);
    marks.push(await mark());
    await repository.insertEntries([entry(of)]);
    marks.push(await mark());
    await repository.replaceSessions([of]);
    marks.push(await mark());
    expect(new Set(marks).size).toBe(4);
    expect(await mark()).toBe(marks.at(-1));
  });

  it('T41 sees and changes nothing of another workspace', async () => {
    const of = here();
    const log = entry(of);
    await repository.insertSessions([of]);
    await repository.insertEntries([log]);
    const foreign = newId<WorkspaceId>();
    expect(await list(foreign)).toEqual([]);
    expect(await repository.findSessions(foreign, [of.id])).toEqual([]);
    expect(await repository.listEntries(foreign, projectId, undefined, 10)).toEqual([]);
    expect((await repository.placesOfSessions(foreign, projectId, [of.id])).size).toBe(0);
    expect((await repository.placesOfEntries(foreign, projectId, [log.id])).size).toBe(0);
    await repository.replaceSessions([{ ...of, workspaceId: foreign, summary: 'stolen' }]);
    await repository.replaceEntries([{ ...log, workspaceId: foreign, text: 'stolen' }]);
    expect(await repository.findSessions(workspaceId, [of.id])).toEqual([of]);
    expect(await repository.listEntries(workspaceId, projectId, undefined, 10)).toEqual([log]);
  });
});
