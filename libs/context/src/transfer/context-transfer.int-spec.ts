import { copyId, newId, type ProjectId, type WorkspaceId } from '#kernel';
import { ManualClock } from '#kernel/testing';
import { ImportTally, type ImportTarget } from '#project';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import type { Context } from '../context.js';
import { ContextRows } from './context-rows.js';
import { ContextProcess } from '../testing/context-process.js';
import type { ContextCopy } from './context-import.js';
import { ContextTransferService } from './context-transfer.service.js';

const AT = new Date('2026-01-01T00:00:00.000Z');

describe('contexts on their way', () => {
  let testDatabase: TestDatabase;
  let world: ContextProcess;
  let repository: ContextRows;
  let service: ContextTransferService;
  let workspaceId: WorkspaceId;
  let projectId: ProjectId;

  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    world = await ContextProcess.start(testDatabase.url, new ManualClock());
    repository = new ContextRows(world.database);
    service = world.transfer;
  });
  afterAll(async () => {
    await world?.stop();
    await testDatabase?.drop();
  });

  beforeEach(async () => {
    workspaceId = newId<WorkspaceId>();
    await world.database.query('INSERT INTO workspaces (id, slug, name) VALUES ($1, $2, $2)', [
      workspaceId,
      workspaceId,
    ]);
    await world.put(workspaceId, 'p', { label: 'seed', content: 'seed' });
    const [project] = await world.database.query<{ id: ProjectId }>('SELECT id FROM projects WHERE workspace_id = $1', [
      workspaceId,
    ]);
    projectId = project!.id;
    world.observer.seen.length = 0;
  });

  const put = (label: string, content: string) => world.put(workspaceId, 'p', { label, content });
  const copy = (label: string, version: number, content: string, over: Partial<ContextCopy> = {}): ContextCopy => ({
    id: newId(),
    createdBy: null,
    label,
    version,
    content,
    tags: [],
    priority: 'reference',
    priorityDetected: false,
    sessionId: null,
    metadata: {},
    createdAt: AT,
    updatedAt: AT,
    archivedAt: null,
    archiveReason: null,
    validFrom: null,
    validTo: null,
    slotSubject: null,
    slotAttribute: null,
    supersedes: [],
    ...over,
  });
  async function importAll(over: Partial<ImportTarget>, ...batches: ContextCopy[][]): Promise<ImportTally> {
    const target = { workspaceId, projectId, project: 'p', conflict: 'skip', dryRun: false, ...over } as ImportTarget;
    const tally = new ImportTally();
    await world.database.run(async () => {
      const run = service.importInto(target, tally);
      for (const batch of batches) await run.import(batch);
    });
    return tally;
  }
  const all = async (limit = 100, bytes = 1_000_000) => {
    const seen: Context[] = [];
    for (let after: Context | undefined; ;) {
      const page = await repository.listVersions(workspaceId, projectId, after, limit, bytes);
      if (page.length === 0) return seen;
      seen.push(...page);
      after = page.at(-1);
    }
  };
  const shown = async () => (await all()).map(({ label, version, content }) => [label, version, content]);

  it('T21 pages through every version once, by label and number, whatever the page holds', async () => {
    for (const label of ['b', 'ä', 'B', '𝒮', '\uffff'])
      for (const version of [1, 2, 3]) await put(label, `${label} ${version}`);
    const expected = (await all()).map(({ id }) => id);
    expect(expected).toHaveLength(16);
    expect((await shown()).map(([label]) => label).filter((label, at, labels) => label !== labels[at - 1])).toEqual([
      'B',
      'b',
      'seed',
      'ä',
      '\uffff',
      '𝒮',
    ]);
    for (const [limit, bytes] of [
      [1, 1_000],
      [2, 1_000],
      [5, 1_000],
      [100, 1],
      [100, 9],
    ] as const)
      expect((await all(limit, bytes)).map(({ id }) => id)).toEqual(expected);
  });

  it('marks a project as changed by whatever is written to it', async () => {
    const marks = new Set([await repository.fingerprint(workspaceId, projectId)]);
    const { context } = await put('a', 'one');
    marks.add(await repository.fingerprint(workspaceId, projectId));
    await world.contexts.patch(workspaceId, context.id, { tags: ['x'] });
    marks.add(await repository.fingerprint(workspaceId, projectId));
    await world.contexts.archive(workspaceId, context.id, { force: true, allVersions: false });
    marks.add(await repository.fingerprint(workspaceId, projectId));
    marks.add(await repository.fingerprint(workspaceId, projectId));
    expect(marks.size).toBe(4);
  });

  it('makes the newest version that is not archived the latest, and informs observers of it alone', async () => {
    await importAll({}, [
      copy('a', 2, 'two'),
      copy('a', 5, 'five'),
      copy('a', 7, 'seven', { archivedAt: AT, archiveReason: 'r' }),
    ]);
    expect(world.observer.seen).toEqual(['latest a 5']);
    const latest = await world.contexts.getByLabel(workspaceId, 'p', 'a');
    expect(latest).toMatchObject({ version: 5, createdAt: AT, contentBytes: 4 });
    expect((await put('a', 'the next')).context.version).toBe(8);
  });

  it('goes on with a label across batches', async () => {
    await put('a', 'mine');
    const tally = await importAll(
      { conflict: 'new_version' },
      [copy('a', 1, 'theirs 1')],
      [copy('a', 2, 'theirs 2'), copy('b', 1, 'other')],
    );
    expect(tally).toMatchObject({ created: 1, newVersions: 2, skipped: 0 });
    expect(await shown()).toEqual([
      ['a', 1, 'mine'],
      ['a', 2, 'theirs 1'],
      ['a', 3, 'theirs 2'],
      ['b', 1, 'other'],
      ['seed', 1, 'seed'],
    ]);
  });

  it('overwrites the newest by an archived one, and falls back', async () => {
    await put('a', 'one');
    const { context } = await put('a', 'two');
    world.observer.seen.length = 0;
    await importAll({ conflict: 'overwrite' }, [copy('a', 2, 'two', { archivedAt: AT, tags: ['t'] })]);
    expect(world.observer.seen).toEqual(['withdrawn a', 'latest a 1']);
    expect(await world.contexts.get(workspaceId, context.id)).toMatchObject({
      tags: ['t'],
      archivedAt: AT,
      revision: expect.not.stringContaining(context.revision),
    });
    world.observer.seen.length = 0;
    await importAll({ conflict: 'overwrite' }, [copy('a', 2, 'two', { archivedAt: AT, tags: ['t'] })]);
    expect(world.observer.seen).toEqual([]);
  });

  it('gives another text another id, also where the id is taken', async () => {
    const { context } = await put('a', 'mine');
    await importAll({ conflict: 'overwrite' }, [copy('a', 1, 'theirs', { id: context.id })]);
    const [stored] = await all();
    expect(stored).toMatchObject({ label: 'a', content: 'theirs' });
    expect([context.id, copyId(context.id, projectId)]).toContain(stored?.id);
    expect(world.observer.seen).toContain('withdrawn a');
  });

  it('locates what a file speaks of by id, and else by label and version', async () => {
    const { context } = await put('a', 'one');
    const target = { workspaceId, projectId, project: 'p', conflict: 'skip', dryRun: false } as const;
    const unknown = newId<Context['id']>();
    const none = newId<Context['id']>();
    const located = await service.locate(target, [
      { id: context.id, label: 'renumbered', version: 9 },
      { id: unknown, label: 'seed', version: 1 },
      { id: none, label: 'nowhere', version: 1 },
    ]);
    expect(located.get(context.id)).toMatchObject({ id: context.id, label: 'a', version: 1 });
    expect(located.get(unknown)).toMatchObject({ label: 'seed', version: 1 });
    expect(located.has(none)).toBe(false);
  });

  it('T41 sees and finds nothing of another workspace', async () => {
    const { context } = await put('a', 'one');
    const foreign = newId<WorkspaceId>();
    expect(await repository.listVersions(foreign, projectId, undefined, 10, 1_000)).toEqual([]);
    expect(await repository.count(foreign, projectId)).toBe(0);
    expect((await repository.findTaken(foreign, projectId, [context.id])).size).toBe(0);
    expect(await repository.findVersions(foreign, projectId, ['a'])).toEqual([]);
    await repository.remove(foreign, [context.id]);
    expect(await repository.describe(foreign, [{ ...context, tags: ['stolen'] }])).toEqual([]);
    expect(await world.contexts.get(workspaceId, context.id)).toMatchObject({ tags: [] });
  });
});
