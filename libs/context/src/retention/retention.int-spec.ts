import { newId, type WorkspaceId } from '#kernel';
import { ManualClock } from '#kernel/testing';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { ContextProcess } from '../testing/context-process.js';
import type { RetentionPolicy } from './retention.js';

const DAY_MS = 24 * 60 * 60 * 1000;

describe('RetentionService', () => {
  let testDatabase: TestDatabase;
  let clock: ManualClock;
  let process: ContextProcess;
  let workspaceId: WorkspaceId;

  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    clock = new ManualClock(Date.UTC(2031, 0, 1));
    process = await ContextProcess.start(testDatabase.url, clock);
  });

  afterAll(async () => {
    await process?.stop();
    await testDatabase?.drop();
  });

  beforeEach(async () => {
    workspaceId = newId<WorkspaceId>();
    await process.database.query('INSERT INTO workspaces (id, slug, name) VALUES ($1, $2, $2)', [
      workspaceId,
      workspaceId,
    ]);
    process.observer.seen.length = 0;
  });

  const put = (label: string, content = label) => process.put(workspaceId, 'p', { label, content });
  const keep = (policy: Partial<RetentionPolicy>, project = 'p') =>
    process.retention.put(workspaceId, project, {
      archiveAfterDays: null,
      purgeAfterDays: null,
      noticeDays: 7,
      ...policy,
    });
  const preview = () => process.retention.preview(workspaceId, 'p');
  const run = () => process.retention.run(workspaceId, 'p');
  const days = (count: number) => clock.advance(count * DAY_MS);
  const labels = async (which: 'active' | 'archived' = 'active') =>
    (await process.contexts.list(workspaceId, 'p', { which }, undefined, 100)).items
      .map(({ label }) => label)
      .toSorted();

  it('keeps everything until set otherwise', async () => {
    await put('a');
    days(10_000);
    expect(await process.retention.get(workspaceId, 'p')).toMatchObject({
      archiveAfterDays: null,
      purgeAfterDays: null,
    });
    expect(await run()).toMatchObject({ archived: { count: 0 }, purged: { count: 0 } });
    expect(await labels()).toEqual(['a']);
  });

  it('archives what nobody read or changed for long enough, and reports it with its reason', async () => {
    await put('old');
    const read = await put('read');
    const changed = await put('changed');
    await keep({ archiveAfterDays: 30 });
    days(20);
    await process.contexts.get(workspaceId, read.context.id);
    await process.usage.write();
    await process.contexts.patch(workspaceId, changed.context.id, { tags: ['t'] });
    days(11);
    expect(await run()).toMatchObject({
      dryRun: false,
      complete: true,
      archived: { count: 1, items: [{ label: 'old' }] },
    });
    expect(await labels()).toEqual(['changed', 'read']);
    const [archived] = (await process.contexts.list(workspaceId, 'p', { which: 'archived' }, undefined, 10)).items;
    expect(archived).toMatchObject({ label: 'old', archivedAt: clock.now() });
    expect(archived?.archiveReason).toContain('retention');
    expect(process.observer.seen).toContain('withdrawn old');
    expect(await run()).toMatchObject({ archived: { count: 0 } });
  });

  it('never archives what is always to be checked', async () => {
    await put('rule', 'You must never do this.');
    await keep({ archiveAfterDays: 1 });
    days(1_000);
    expect(await run()).toMatchObject({ archived: { count: 0 } });
    expect(await labels()).toEqual(['rule']);
  });

  it('archives an old version and leaves the newer one the latest', async () => {
    await put('l', 'one');
    days(20);
    await put('l', 'two');
    await keep({ archiveAfterDays: 30 });
    days(15);
    expect(await run()).toMatchObject({ archived: { items: [{ label: 'l', version: 1 }] } });
    expect((await process.contexts.getByLabel(workspaceId, 'p', 'l')).version).toBe(2);
  });

  it('T42 purges what has been archived long enough, for good, with its label', async () => {
    const { context } = await put('gone');
    await put('kept');
    await process.contexts.archive(workspaceId, context.id, { force: false, allVersions: false });
    await keep({ purgeAfterDays: 10 });
    days(9);
    expect(await run()).toMatchObject({ purged: { count: 0 } });
    days(2);
    expect(await run()).toMatchObject({ purged: { count: 1, items: [{ label: 'gone' }] } });
    await expect(process.contexts.get(workspaceId, context.id)).rejects.toMatchObject({ code: 'context-not-found' });
    expect(await labels('archived')).toEqual([]);
    expect((await put('gone')).context.version).toBe(1);
  });

  it('a dry run says what a run would do and what comes due soon, and does nothing', async () => {
    await put('due');
    days(5);
    await put('soon');
    await keep({ archiveAfterDays: 30, noticeDays: 7 });
    days(26);
    const reported = await preview();
    expect(reported).toMatchObject({
      dryRun: true,
      archived: { count: 1, items: [{ label: 'due' }] },
      notice: { archive: { count: 1, items: [{ label: 'soon' }] } },
    });
    expect(await labels()).toEqual(['due', 'soon']);
    const done = await run();
    expect(done.archived.items).toEqual(reported.archived.items);
    expect(await labels()).toEqual(['soon']);
  });

  it('a dry run counts all where it lists a hundred', async () => {
    const items = Array.from({ length: 120 }, (_, index) => ({
      label: `l${index}`,
      content: `${index}`,
      tags: [],
      metadata: {},
    }));
    await process.store.storeAll(workspaceId, 'p', items);
    await keep({ archiveAfterDays: 1 });
    days(2);
    const { archived } = await preview();
    expect([archived.count, archived.items.length]).toEqual([120, 100]);
  });

  it('refuses a policy based on an older state', async () => {
    const first = await keep({ archiveAfterDays: 1 });
    const tag = process.retention.tagOf('p', first);
    await keep({ archiveAfterDays: 2 });
    const policy = { archiveAfterDays: 3, purgeAfterDays: null, noticeDays: 7 };
    await expect(process.retention.put(workspaceId, 'p', policy, { ifMatch: tag })).rejects.toMatchObject({
      kind: 'precondition-failed',
    });
    expect(await process.retention.get(workspaceId, 'p')).toMatchObject({ archiveAfterDays: 2 });
  });

  it('runs the policies of all projects, and stops when asked to', async () => {
    for (const project of ['p', 'q']) {
      await process.put(workspaceId, project, { label: 'old' });
      await keep({ archiveAfterDays: 1 }, project);
    }
    days(2);
    await process.retention.runAll(AbortSignal.abort());
    expect(await labels()).toEqual(['old']);
    await process.retention.runAll(new AbortController().signal);
    expect(await labels()).toEqual([]);
    expect(await process.idsOf(workspaceId, 'q')).toEqual([]);
  });
});
