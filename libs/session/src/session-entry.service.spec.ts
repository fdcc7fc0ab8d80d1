import { type EntryId, newId, type SessionId } from '#kernel';
import type { NewEntry } from './session-entry.service.js';
import { SessionWorld, TOUCH_MS } from './testing/session-world.js';

describe('SessionEntryService', () => {
  let world: SessionWorld;
  let sessionId: SessionId;

  beforeEach(async () => {
    world = new SessionWorld();
    sessionId = (await world.start()).id;
  });

  const add = (entry: Partial<NewEntry>, to = sessionId) =>
    world.log.add(world.workspaceId, to, { kind: 'progress', text: 'Done.', metadata: {}, resolves: [], ...entry });
  const listed = async () => (await world.log.list(world.workspaceId, sessionId, {}, undefined, 100)).items;

  it('counts as activity', async () => {
    world.clock.advance(TOUCH_MS);
    await add({});
    expect((await world.service.get(world.workspaceId, sessionId)).lastActiveAt).toEqual(world.clock.now());
  });

  it('reads the priority of a todo from its metadata, and gives other kinds none', async () => {
    expect(await add({ kind: 'todo', metadata: { priority: 'high' } })).toMatchObject({
      priority: 'high',
      resolvedAt: null,
    });
    expect(await add({ kind: 'decision', metadata: { priority: 'high' } })).toMatchObject({ priority: null });
  });

  it('takes a todo that was written as done for resolved', async () => {
    const done = await add({ kind: 'todo', metadata: { done: true } });
    expect(done).toMatchObject({ resolvedAt: world.clock.now(), resolvedBy: null });
    expect(await add({ kind: 'progress', metadata: { done: true } })).toMatchObject({ resolvedAt: null });
  });

  it('resolves what an earlier session of the project left open', async () => {
    const todo = await add({ kind: 'todo' });
    await world.service.end(world.workspaceId, sessionId, undefined);
    const next = await world.start();
    const by = await add({ resolves: [todo.id] }, next.id);
    expect(await listed()).toEqual([{ ...todo, resolvedAt: world.clock.now(), resolvedBy: by.id }]);
    expect(await world.reader.openTodos(world.workspaceId, todo.projectId, 10)).toEqual([]);
  });

  it('refuses to resolve what is not there, not of this project, or can not be open; and writes nothing then', async () => {
    const progress = await add({});
    const elsewhere = await add({ kind: 'todo' }, (await world.start('other')).id);
    for (const id of [newId<EntryId>(), elsewhere.id, progress.id]) {
      await expect(add({ resolves: [id] })).rejects.toMatchObject({
        code: 'entry-not-resolvable',
        kind: 'invalid',
        issues: [{ pointer: '/resolves/0' }],
      });
    }
    expect(await listed()).toEqual([progress]);
  });

  it('stays in the project where it was written when the session switches', async () => {
    const before = await add({ kind: 'todo' });
    const { projectId } = await world.service.patch(world.workspaceId, sessionId, { project: 'other' });
    const after = await add({ kind: 'todo' });
    expect(after.projectId).toBe(projectId);
    expect(await world.reader.openTodos(world.workspaceId, before.projectId, 10)).toEqual([before]);
    expect(await listed()).toEqual([before, after]);
  });
});
