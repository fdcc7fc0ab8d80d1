import { noForgottenTexts } from '#project/testing';
import { AlwaysCheckReaders, type ContextReader } from '#context';
import { type ContextId, newId, type Principal, type WorkspaceId } from '#kernel';
import { EXPIRY_MS, IDLE_MS, SessionWorld } from '#session/testing';
import { CacheWarmers } from '#warming';
import { WakeUpContentService, WakeUpService } from './wake-up.service.js';
import { NO_NOTES } from './compose-handover.js';
import { HandoverChanges } from './handover-changes.js';
import { HandoverObservers } from './handover-observers.js';
import { HandoverService } from './handover.service.js';
import { FakeHandoverRepository } from './testing/fake-handover.repository.js';

const used = { id: newId<ContextId>(), label: 'rules', version: 2, preview: 'Rules' };
const contexts = {
  usedBy: async () => ({ items: [used], total: 1 }),
  keep: async (_workspace: unknown, ids: readonly ContextId[]) => new Set(ids),
  alwaysCheck: async (_workspace: unknown, _project: unknown, limit: number) => ({
    items: [used].slice(0, limit),
    until: null,
  }),
  count: async () => ({ total: 5, alwaysCheck: 1 }),
} as unknown as ContextReader;

describe('HandoverService', () => {
  let world: SessionWorld;
  let handovers: HandoverService;
  let wakeUps: WakeUpService;

  beforeEach(() => {
    world = new SessionWorld();
    const repository = new FakeHandoverRepository();
    const wakeUpContents = new WakeUpContentService(
      repository,
      contexts,
      world.projectReader,
      world.cache,
      world.clock,
      new AlwaysCheckReaders(),
    );
    handovers = new HandoverService(
      repository,
      world.service,
      world.reader,
      contexts,
      world.projects,
      world.transactions,
      world.clock,
      new HandoverChanges(world.cache, wakeUpContents),
      world.queries,
      world.cache,
      new HandoverObservers(),
      noForgottenTexts,
      world.observers,
    );
    const warmers = new CacheWarmers(world.transactions);
    wakeUps = new WakeUpService(
      world.service,
      world.reader,
      repository,
      contexts,
      wakeUpContents,
      world.queries,
      warmers,
    );
  });

  const caller = (): Principal => ({ id: 'key:1', workspaceId: world.workspaceId, scopes: new Set() });
  const list = async (project?: string) => (await handovers.list(world.workspaceId, { project }, undefined, 100)).items;
  const write = (id: Parameters<typeof world.log.add>[1], text: string, kind: 'progress' | 'todo' = 'progress') =>
    world.log.add(world.workspaceId, id, { kind, text, metadata: {}, resolves: [] });

  it('T17 leaves exactly one handover with the recorded work, though the client never returns', async () => {
    const session = await world.start();
    await write(session.id, 'Laid the pipes.');
    world.clock.advance(IDLE_MS);
    await world.sweep();
    await world.sweep();
    world.clock.advance(EXPIRY_MS);
    await world.sweep();
    const [left, ...more] = await list();
    expect(more).toEqual([]);
    expect(left).toMatchObject({ sessionId: session.id, reason: 'idle' });
    expect(left?.content.workDone).toMatchObject([{ text: 'Laid the pipes.' }]);
    expect(left?.content.contextsUsed).toEqual([{ id: used.id, label: 'rules', version: 2 }]);
  });

  it('makes the same handover again for a client that came back from idle, so nothing is lost', async () => {
    const { id } = await world.start();
    await write(id, 'Before.');
    world.clock.advance(IDLE_MS);
    await world.sweep();
    const [idle] = await list();
    await handovers.acknowledge(caller(), idle!.id, undefined);
    await write(id, 'After.');
    const { handover } = await handovers.endSession(world.workspaceId, id, undefined);
    expect(handover).toMatchObject({ id: idle?.id, reason: 'end', acknowledgement: null });
    expect(handover.content.workDone.map(({ text }) => text)).toEqual(['Before.', 'After.']);
    expect(await list()).toEqual([handover]);
  });

  it('refuses to acknowledge what was made again since it was read', async () => {
    const { id } = await world.start();
    world.clock.advance(IDLE_MS);
    await world.sweep();
    const [idle] = await list();
    const tag = handovers.tagOf(idle!);
    await write(id, 'After.');
    const { handover } = await handovers.endSession(world.workspaceId, id, undefined);
    await expect(handovers.acknowledge(caller(), idle!.id, undefined, { ifMatch: tag })).rejects.toMatchObject({
      kind: 'precondition-failed',
    });
    const taken = await handovers.acknowledge(caller(), idle!.id, undefined, { ifMatch: handovers.tagOf(handover) });
    expect(taken.acknowledgement).toMatchObject({ by: 'key:1' });
    // Nothing is left to be lost.
    expect(await handovers.acknowledge(caller(), idle!.id, undefined, { ifMatch: tag })).toEqual(taken);
  });

  it('gives the same answer to every end', async () => {
    const { id } = await world.start();
    const first = await handovers.endSession(world.workspaceId, id, 'Done.');
    world.clock.advance(EXPIRY_MS);
    expect(await handovers.endSession(world.workspaceId, id, 'Again.')).toEqual(first);
    expect(await list()).toEqual([first.handover]);
  });

  it('leaves a handover in each project that the session worked in', async () => {
    const { id } = await world.start('one');
    await write(id, 'In one.');
    await world.service.patch(world.workspaceId, id, { project: 'two' });
    await write(id, 'In two.');
    await handovers.endSession(world.workspaceId, id, undefined);
    expect(await list('one')).toMatchObject([{ reason: 'switch', content: { workDone: [{ text: 'In one.' }] } }]);
    expect(await list('two')).toMatchObject([{ reason: 'end', content: { workDone: [{ text: 'In two.' }] } }]);
  });

  it('shows what a live session would leave, and keeps nothing of it', async () => {
    const { id } = await world.start();
    await write(id, 'One.');
    const text = async () => (await handovers.preview(world.workspaceId, id)).content.workDone.map((item) => item.text);
    expect(await text()).toEqual(['One.']);
    await write(id, 'Two.');
    expect(await text()).toEqual(['One.', 'Two.']);
    expect(await list()).toEqual([]);
  });

  it('answers with none for a project that has none, or was never written to', async () => {
    await world.start();
    expect(await handovers.findLatest(world.workspaceId, 'default')).toBeUndefined();
    expect(await handovers.findLatest(world.workspaceId, 'unknown')).toBeUndefined();
    expect(await list('unknown')).toEqual([]);
    expect(await world.projects.find(world.workspaceId, 'unknown')).toBeUndefined();
  });

  describe('by hand', () => {
    it('reports a session that goes on, beside the one it leaves in the end', async () => {
      const { id } = await world.start('one');
      await write(id, 'Half of it.');
      const byHand = await handovers.makeByHand(world.workspaceId, {
        sessionId: id,
        notes: { ...NO_NOTES, summary: 'So far.' },
      });
      expect(byHand).toMatchObject({ reason: 'manual', project: 'one', content: { summary: 'So far.' } });
      expect(byHand.content.workDone).toMatchObject([{ text: 'Half of it.' }]);
      const { handover } = await handovers.endSession(world.workspaceId, id, undefined);
      expect((await list('one')).map((one) => one.id).toSorted()).toEqual([byHand.id, handover.id].toSorted());
    });

    it('reports what is open in a project where it is of no session', async () => {
      const { id } = await world.start();
      await write(id, 'Paint the door.', 'todo');
      const byHand = await handovers.makeByHand(world.workspaceId, { notes: { ...NO_NOTES, decisions: ['Blue.'] } });
      expect(byHand).toMatchObject({
        project: 'default',
        sessionId: null,
        content: {
          decisions: [{ text: 'Blue.' }],
          openTodos: [{ text: 'Paint the door.' }],
          nextSteps: ['Paint the door.'],
        },
      });
    });

    it('refuses a session of another project or workspace, naming the field', async () => {
      const { id } = await world.start('one');
      const notes = NO_NOTES;
      await expect(
        handovers.makeByHand(world.workspaceId, { project: 'two', sessionId: id, notes }),
      ).rejects.toMatchObject({
        kind: 'invalid',
        issues: [{ pointer: '/project' }],
      });
      await expect(handovers.makeByHand(newId<WorkspaceId>(), { sessionId: id, notes })).rejects.toMatchObject({
        kind: 'not-found',
        issues: [{ pointer: '/sessionId' }],
      });
    });
  });

  describe('WakeUpService', () => {
    it('wakes a session up with what the last one left', async () => {
      const first = await wakeUps.start(world.workspaceId, { project: 'one', client: null, metadata: {} });
      expect(first.wakeUp).toEqual({
        handover: undefined,
        contexts: [used],
        todos: [],
        counts: { contexts: 5, alwaysCheck: 1, openTodos: 0, sessions: 1, handovers: 0 },
      });
      const todo = await write(first.session.id, 'Go on.', 'todo');
      const { handover } = await handovers.endSession(world.workspaceId, first.session.id, 'Began.');
      const second = await wakeUps.start(world.workspaceId, { project: 'one', client: null, metadata: {} });
      expect(second.wakeUp).toMatchObject({
        handover,
        todos: [todo],
        counts: { openTodos: 1, sessions: 2, handovers: 1 },
      });
      const elsewhere = await wakeUps.start(world.workspaceId, { project: 'two', client: null, metadata: {} });
      expect(elsewhere.wakeUp).toMatchObject({ handover: undefined, todos: [] });
    });

    it('reports the most urgent todos and how many there are', async () => {
      const { id } = await world.start();
      for (let count = 0; count < 25; count++) await write(id, `Todo ${count}`, 'todo');
      const { wakeUp } = await wakeUps.start(world.workspaceId, { project: 'default', client: null, metadata: {} });
      expect(wakeUp.todos).toHaveLength(20);
      expect(wakeUp.counts.openTodos).toBe(25);
    });
  });
});
