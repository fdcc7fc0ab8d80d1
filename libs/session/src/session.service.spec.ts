import { MAX_METADATA_BYTES, newId, type SessionId, type WorkspaceId } from '#kernel';
import { EXPIRY_MS, IDLE_MS, RecordingObserver, SessionWorld, TOUCH_MS } from './testing/session-world.js';

const HOUR_MS = 3_600_000;

describe('SessionService', () => {
  let world: SessionWorld;
  let observer: RecordingObserver;

  beforeEach(() => {
    world = new SessionWorld();
    observer = new RecordingObserver();
    world.observers.register(observer);
  });

  const reasons = () => observer.seen.map(({ reason }) => reason);
  const get = (id: SessionId) => world.service.get(world.workspaceId, id);
  const stateOf = async (id: SessionId) => world.service.stateOf(await get(id));
  const heartbeat = (id: SessionId) => world.service.heartbeat(world.workspaceId, id);
  const end = (id: SessionId, summary?: string) => world.service.end(world.workspaceId, id, summary);
  const patch = (id: SessionId, change: Parameters<typeof world.service.patch>[2], ifMatch?: string) =>
    world.service.patch(world.workspaceId, id, change, { ifMatch });

  it('T16 gives every client a session of its own, in the project it named', async () => {
    const [one, two, other] = [await world.start(), await world.start(), await world.start('other')];
    expect(new Set([one.id, two.id, other.id]).size).toBe(3);
    expect(one.projectId).toBe(two.projectId);
    expect(other.projectId).not.toBe(one.projectId);
    await end(one.id);
    expect(await stateOf(two.id)).toBe('active');
  });

  it('is idle after idleMs without activity and expired after expiryMs, to the millisecond', async () => {
    const { id } = await world.start();
    world.clock.advance(IDLE_MS - 1);
    expect(await stateOf(id)).toBe('active');
    world.clock.advance(1);
    expect(await stateOf(id)).toBe('idle');
    world.clock.advance(EXPIRY_MS - IDLE_MS - 1);
    expect(await stateOf(id)).toBe('idle');
    world.clock.advance(1);
    expect(await stateOf(id)).toBe('expired');
  });

  it('writes the first activity in 60 s and no other, and slides the expiry with it', async () => {
    const { id, createdAt } = await world.start();
    for (let second = 1; second < 60; second++) {
      world.clock.advance(1000);
      expect((await heartbeat(id)).lastActiveAt).toEqual(createdAt);
    }
    expect(world.sessions.touches).toBe(0);
    world.clock.advance(1000);
    const touched = await heartbeat(id);
    expect(touched.lastActiveAt).toEqual(world.clock.now());
    expect(touched.expiresAt.getTime()).toBe(world.clock.nowMs() + EXPIRY_MS);
    expect(world.sessions.touches).toBe(1);
  });

  it('T57 shows activity and age in the tag of a session, and loses no change by them', async () => {
    const { id } = await world.start();
    const tag = async () => world.service.tagOf(await get(id));
    const tags = [await tag()];
    world.clock.advance(TOUCH_MS);
    await heartbeat(id);
    tags.push(await tag());
    world.clock.advance(IDLE_MS);
    tags.push(await tag());
    expect(new Set(tags).size).toBe(3);
    await patch(id, { summary: 'one' }, tags[0]);
    await expect(patch(id, { summary: 'two' }, tags[2])).rejects.toMatchObject({ code: 'precondition-failed' });
  });

  it('never lets a session look idle while its client works, however coarse the touch is', async () => {
    world = new SessionWorld({ idleMs: 60_000, touchMs: HOUR_MS });
    const { id } = await world.start();
    for (let step = 0; step < 20; step++) {
      world.clock.advance(10_000);
      await heartbeat(id);
      world.clock.advance(19_000);
      expect(await stateOf(id)).toBe('active');
    }
  });

  it('comes back from idle with its client, and is handed over again when it ends', async () => {
    const { id } = await world.start();
    world.clock.advance(IDLE_MS);
    await world.sweep();
    expect(reasons()).toEqual(['idle']);
    world.clock.advance(HOUR_MS);
    await heartbeat(id);
    expect(await stateOf(id)).toBe('active');
    await world.sweep();
    expect(reasons()).toEqual(['idle']);
    await end(id, 'All done.');
    expect(reasons()).toEqual(['idle', 'end']);
  });

  it('T18 takes nothing after its end, nor after its expiry', async () => {
    const ended = await world.start();
    await end(ended.id);
    const expired = await world.start();
    world.clock.advance(EXPIRY_MS);
    for (const [id, code] of [
      [ended.id, 'session-ended'],
      [expired.id, 'session-expired'],
    ] as const) {
      const before = await get(id);
      const refused = expect.objectContaining({ code, kind: 'conflict' });
      await expect(heartbeat(id)).rejects.toEqual(refused);
      await expect(patch(id, { summary: 'late' })).rejects.toEqual(refused);
      await expect(world.service.recordActivity(world.workspaceId, id, { pointer: '/sessionId' })).rejects.toEqual(
        expect.objectContaining({ code, issues: [expect.objectContaining({ pointer: '/sessionId' })] }),
      );
      const entry = { kind: 'progress' as const, text: 'late', metadata: {}, resolves: [] };
      await expect(world.log.add(world.workspaceId, id, entry)).rejects.toEqual(refused);
      expect(await get(id)).toEqual(before);
    }
  });

  it('ends once: the first summary stands and the same session comes back', async () => {
    const { id } = await world.start();
    const first = await end(id, 'First.');
    world.clock.advance(HOUR_MS);
    expect(await end(id, 'Second.')).toEqual(first);
    expect(first).toMatchObject({ summary: 'First.', endedAt: expect.any(Date) });
    expect(reasons()).toEqual(['end']);
  });

  it('refuses an end based on an older state, unless it is over anyway', async () => {
    const { id, ...started } = await world.start();
    const tag = world.service.tagOf({ id, ...started });
    await patch(id, { summary: 'Changed.' });
    await expect(world.service.end(world.workspaceId, id, 'Lost.', { ifMatch: tag })).rejects.toMatchObject({
      kind: 'precondition-failed',
    });
    const ended = await end(id);
    expect(ended).toMatchObject({ summary: 'Changed.' });
    expect(await world.service.end(world.workspaceId, id, 'Lost.', { ifMatch: tag })).toEqual(ended);
  });

  it('keeps the summary of a client that ends after the expiry', async () => {
    const { id, createdAt } = await world.start();
    world.clock.advance(EXPIRY_MS);
    await world.sweep();
    const ended = await end(id, 'Late, but said.');
    expect(ended).toMatchObject({ summary: 'Late, but said.', lastActiveAt: createdAt });
    expect(reasons()).toEqual(['expiry', 'end']);
  });

  it('T41 knows nothing of the sessions of another workspace', async () => {
    const { id } = await world.start();
    const foreign = newId<WorkspaceId>();
    const unknown = expect.objectContaining({ code: 'session-not-found', kind: 'not-found' });
    await expect(world.service.get(foreign, id)).rejects.toEqual(unknown);
    await expect(world.service.heartbeat(foreign, id)).rejects.toEqual(unknown);
    await expect(world.service.patch(foreign, id, {})).rejects.toEqual(unknown);
    await expect(world.service.end(foreign, id, undefined)).rejects.toEqual(unknown);
    await expect(world.log.list(foreign, id, {}, undefined, 10)).rejects.toEqual(unknown);
    await expect(world.service.recordActivity(foreign, id, { pointer: '/sessionId' })).rejects.toEqual(
      expect.objectContaining({
        code: 'session-not-found',
        issues: [expect.objectContaining({ pointer: '/sessionId' })],
      }),
    );
  });

  describe('patch', () => {
    it('merges metadata, keeps what is absent and clears what is null', async () => {
      const { id } = await world.start();
      await patch(id, { metadata: { a: { b: 1, c: 2 }, d: 3 }, summary: 'So far.' });
      const merged = await patch(id, { metadata: { a: { b: null }, e: 4 } });
      expect(merged).toMatchObject({ metadata: { a: { c: 2 }, d: 3, e: 4 }, summary: 'So far.' });
      expect(merged.metadata).not.toHaveProperty('a.b');
      expect(await patch(id, { metadata: null, summary: null })).toMatchObject({ metadata: {}, summary: null });
    });

    it('refuses metadata that grows too large by merging', async () => {
      const { id } = await world.start();
      await patch(id, { metadata: { a: 'x'.repeat(MAX_METADATA_BYTES - 100) } });
      await expect(patch(id, { metadata: { b: 'y'.repeat(200) } })).rejects.toMatchObject({
        code: 'invalid-input',
        issues: [{ pointer: '/metadata' }],
      });
    });

    it('refuses a change based on an older state, and takes one based on this', async () => {
      const { id, ...started } = await world.start();
      const tag = world.service.tagOf({ id, ...started });
      world.clock.advance(2 * TOUCH_MS);
      await heartbeat(id);
      const patched = await patch(id, { summary: 'one' }, tag);
      await expect(patch(id, { summary: 'two' }, tag)).rejects.toMatchObject({ kind: 'precondition-failed' });
      expect(await patch(id, { summary: 'two' }, world.service.tagOf(patched))).toMatchObject({ summary: 'two' });
    });

    it('hands over in the project it leaves when it switches to another, and there alone', async () => {
      const { id, projectId } = await world.start();
      const switched = await patch(id, { project: 'other' });
      expect(switched).toMatchObject({ project: 'other', finalisedAt: null });
      expect(switched.projectId).not.toBe(projectId);
      expect(observer.seen).toEqual([{ reason: 'switch', session: expect.objectContaining({ id, projectId }) }]);
      await patch(id, { project: 'other' });
      expect(reasons()).toEqual(['switch']);
    });
  });

  it('lists nothing for a project that was never written to, and does not make it', async () => {
    await world.start();
    expect(await world.service.list(world.workspaceId, { project: 'unknown' }, undefined, 10)).toEqual({ items: [] });
    expect(await world.projects.find(world.workspaceId, 'unknown')).toBeUndefined();
  });
});
