import { type ContextId, type HandoverId, newId, type WorkspaceId } from '#kernel';
import type { Session } from '#session';
import type { Handover, UsedContext } from '../handover.js';
import type { HandoverRepository } from '../persistence/handover.repository.js';
import { content, handover } from './handover.factory.js';

const MINUTE_MS = 60_000;

interface HandoverRepositorySubject {
  readonly handovers: HandoverRepository;
  /** A stored session in a new project, in a new workspace or in the given one. */
  newSession(workspaceId?: WorkspaceId): Promise<Session>;
  /** A stored session in the project of another. */
  newSessionInSameProject(session: Session): Promise<Session>;
}

/** What every repository of handovers does for one caller. */
export function handoverRepositoryContract(subject: () => HandoverRepositorySubject): void {
  let handovers: HandoverRepository;
  let session: Session;

  beforeEach(async () => {
    handovers = subject().handovers;
    session = await subject().newSession();
  });

  const later = (minutes: number) => new Date(session.createdAt.getTime() + minutes * MINUTE_MS);
  const find = ({ workspaceId, id }: Handover) => handovers.find(workspaceId, id);
  const latest = () => handovers.findLatest(session.workspaceId, session.projectId);

  it('gives back what was inserted, with and without a session', async () => {
    const of = handover(session, { reason: 'manual', content: content(session, { summary: '"❌" \n 𝒮' }) });
    const without = handover(session, { reason: 'manual', sessionId: null });
    await handovers.insert(of);
    await handovers.insert(without);
    expect(await find(of)).toEqual(of);
    expect(await find(without)).toEqual(without);
  });

  it('T17 keeps one that a session leaves in a project, made again each time', async () => {
    const first = await handovers.leave(handover(session, { reason: 'idle' }));
    const remade = handover(session, { createdAt: later(5), content: content(session, { summary: 'More.' }) });
    const second = await handovers.leave(remade);
    expect(second).toEqual({
      ...first,
      reason: 'end',
      content: remade.content,
      updatedAt: later(5),
      revision: remade.revision,
    });
    expect(await handovers.findLeft(session.workspaceId, session.id, session.projectId)).toEqual(second);
    expect(await handovers.count(session.workspaceId, session.projectId)).toBe(1);
  });

  it('keeps those made by hand beside it', async () => {
    const byHand = handover(session, { reason: 'manual' });
    await handovers.insert(byHand);
    const left = await handovers.leave(handover(session));
    await handovers.insert(handover(session, { reason: 'manual' }));
    expect(await handovers.findLeft(session.workspaceId, session.id, session.projectId)).toEqual(left);
    expect(await find(byHand)).toEqual(byHand);
    expect(await handovers.count(session.workspaceId, session.projectId)).toBe(3);
  });

  it('keeps one for each project that a session worked in', async () => {
    const elsewhere = await subject().newSession(session.workspaceId);
    const here = await handovers.leave(handover(session, { reason: 'switch' }));
    const there = await handovers.leave(
      handover(session, { projectId: elsewhere.projectId, project: elsewhere.project }),
    );
    expect(there.id).not.toBe(here.id);
    expect(await handovers.findLeft(session.workspaceId, session.id, session.projectId)).toEqual(here);
    expect(await handovers.findLeft(session.workspaceId, session.id, elsewhere.projectId)).toEqual(there);
  });

  it('finds the one with the newest content as the latest, though another was made after it', async () => {
    expect(await latest()).toBeUndefined();
    const first = await handovers.leave(handover(session, { reason: 'idle', createdAt: later(1) }));
    expect(await latest()).toEqual(first);
    const other = await handovers.leave(
      handover(await subject().newSessionInSameProject(session), { createdAt: later(2) }),
    );
    expect(await latest()).toEqual(other);
    await handovers.leave(handover(session, { createdAt: later(3) }));
    expect(await latest()).toMatchObject({ id: first.id, updatedAt: later(3) });
  });

  it('finds the one made last as the latest among those of one moment', async () => {
    await handovers.insert(handover(session, { reason: 'manual' }));
    const last = handover(session, { reason: 'manual' });
    await handovers.insert(last);
    expect(await latest()).toEqual(last);
  });

  it('T61 keeps in the order in which they came, whatever the clocks said that made them', async () => {
    const first = await handovers.leave(handover(session, { createdAt: later(60_000), updatedAt: later(60_000) }));
    const byHand = await handovers.insert(
      handover(session, { reason: 'manual', createdAt: later(1), updatedAt: later(1) }),
    );
    expect(byHand.updatedAt.getTime()).toBeGreaterThan(first.updatedAt.getTime());
    expect(await latest()).toEqual(byHand);
    const again = await handovers.leave(handover(session, { createdAt: later(2), updatedAt: later(2) }));
    expect(again).toMatchObject({ id: first.id, createdAt: first.createdAt });
    expect(await latest()).toEqual(again);
    const by = { at: later(3), by: 'key:1', sessionId: null };
    const acknowledged = await handovers.acknowledge(again.workspaceId, again.id, by);
    expect(acknowledged?.acknowledgement?.at).toEqual(again.updatedAt);
  });

  it('T21 pages through all of a project exactly once, newest first', async () => {
    const made = [];
    for (let count = 0; count < 5; count++) {
      made.push(handover(session, { reason: 'manual' }));
    }
    for (const one of made) await handovers.insert(one);
    const elsewhere = await subject().newSession(session.workspaceId);
    await handovers.insert(handover(elsewhere));
    const seen: Handover[] = [];
    let after: HandoverId | undefined;
    do {
      const page = await handovers.list(session.workspaceId, { projectId: session.projectId }, after, 2);
      seen.push(...page.items);
      after = page.next?.[0];
    } while (after !== undefined);
    expect(seen).toEqual(made.reverse());
    const ofSession = await handovers.list(session.workspaceId, { sessionId: elsewhere.id }, undefined, 10);
    expect(ofSession.items).toHaveLength(1);
  });

  describe('an acknowledgement', () => {
    const by = { at: new Date(Date.UTC(2031, 1, 1)), by: 'key:1', sessionId: null };

    it('is taken once: who was first stands', async () => {
      const left = await handovers.leave(handover(session));
      const next = await subject().newSessionInSameProject(session);
      const acknowledged = await handovers.acknowledge(left.workspaceId, left.id, { ...by, sessionId: next.id });
      expect(acknowledged).toEqual({
        ...left,
        acknowledgement: { ...by, sessionId: next.id },
        revision: expect.not.stringContaining(left.revision),
      });
      expect(await handovers.acknowledge(left.workspaceId, left.id, { ...by, by: 'key:2' })).toEqual(acknowledged);
    });

    it('stands while nothing but the statistics is new, and not longer', async () => {
      const left = await handovers.leave(handover(session, { reason: 'idle' }));
      await handovers.acknowledge(left.workspaceId, left.id, by);
      const statistics = { ...left.content.statistics, durationMs: 12_345 };
      const same = await handovers.leave(handover(session, { content: { ...left.content, statistics } }));
      expect(same).toMatchObject({ acknowledgement: by, content: { statistics } });
      const remade = await handovers.leave(handover(session, { content: content(session, { summary: 'More.' }) }));
      expect(remade.acknowledgement).toBeNull();
    });
  });

  it('T42 names no context that was deleted, and leaves every other handover as it is', async () => {
    const [gone, stays] = [1, 2].map((version) => ({ id: newId<ContextId>(), label: 'l', version }));
    const naming = (...contextsUsed: UsedContext[]) => content(session, { contextsUsed });
    const both = await handovers.insert(handover(session, { reason: 'manual', content: naming(gone!, stays!) }));
    const other = await handovers.insert(handover(session, { reason: 'manual', content: naming(stays!) }));
    const elsewhere = await subject().newSession(session.workspaceId);
    await handovers.removeContexts(session.workspaceId, elsewhere.projectId, [gone!.id]);
    expect(await find(both)).toEqual(both);
    await handovers.removeContexts(session.workspaceId, session.projectId, [gone!.id]);
    const after = await find(both);
    expect(after).toEqual({ ...both, content: naming(stays!), revision: after?.revision });
    expect(after?.revision).not.toBe(both.revision);
    expect(await find(other)).toEqual(other);
    await handovers.removeContexts(session.workspaceId, session.projectId, [stays!.id]);
    expect((await find(both))?.content.contextsUsed).toEqual([]);
  });

  it('T41 finds, lists and acknowledges nothing of another workspace', async () => {
    const left = await handovers.leave(handover(session));
    const { workspaceId } = await subject().newSession();
    const by = { at: later(1), by: 'key:1', sessionId: null };
    expect(await handovers.find(workspaceId, left.id)).toBeUndefined();
    expect(await handovers.findLeft(workspaceId, session.id, session.projectId)).toBeUndefined();
    expect(await handovers.findLatest(workspaceId, session.projectId)).toBeUndefined();
    expect((await handovers.list(workspaceId, {}, undefined, 10)).items).toEqual([]);
    expect(await handovers.count(workspaceId, session.projectId)).toBe(0);
    expect(await handovers.acknowledge(workspaceId, left.id, by)).toBeUndefined();
    expect(await find(left)).toEqual(left);
  });
}
