import { newId, type WorkspaceId } from '#kernel';
import type { Session } from './session.js';
import { SessionWorld, TOUCH_MS } from './testing/session-world.js';

describe('the session cache', () => {
  let world: SessionWorld;
  let session: Session;
  let finds: jest.SpyInstance;

  beforeEach(async () => {
    world = new SessionWorld();
    session = await world.start();
    await world.cache.settled();
    finds = jest.spyOn(world.sessions, 'find');
  });

  const get = (workspaceId = world.workspaceId) => world.service.get(workspaceId, session.id);

  /** Lets the next read of the source begin, and holds its answer back until it is released. */
  function holdNextFind(): { readonly begun: Promise<void>; readonly letGo: () => void } {
    const find = world.sessions.find.bind(world.sessions);
    let letGo = () => {};
    const held = new Promise<void>((resolve) => (letGo = resolve));
    const begun = new Promise<void>((resolve) => {
      finds.mockImplementationOnce(async (workspaceId: WorkspaceId, id: Session['id']) => {
        const found = await find(workspaceId, id);
        resolve();
        await held;
        return found;
      });
    });
    return { begun, letGo };
  }

  it('T1 finds a session written through when it starts, and asks nobody', async () => {
    expect(await get()).toEqual(session);
    expect(finds).not.toHaveBeenCalled();
  });

  it('has what a client changed at once, and what activity changed', async () => {
    await get();
    await world.service.patch(world.workspaceId, session.id, { summary: 'new' });
    expect((await get()).summary).toBe('new');
    world.clock.advance(TOUCH_MS);
    await world.service.heartbeat(world.workspaceId, session.id);
    expect((await get()).lastActiveAt).toEqual(world.clock.now());
  });

  it('asks nobody for a heartbeat that need not be written', async () => {
    await get();
    for (let n = 0; n < 20; n++) await world.service.heartbeat(world.workspaceId, session.id);
    expect(finds).not.toHaveBeenCalled();
    expect(world.sessions.touches).toBe(0);
  });

  it('counts idleness from stored activity, however long the session was in the cache', async () => {
    for (let n = 0; n < 4; n++) {
      world.clock.advance(TOUCH_MS - 1);
      await get();
      expect(world.service.stateOf(await get())).toBe('active');
    }
    world.clock.advance(120 * 60_000);
    expect(world.service.stateOf(await get())).toBe('idle');
    expect(await world.sweep()).toBe(1);
    expect((await get()).finalisedAt).toEqual(world.clock.now());
  });

  it('T18 does not bring an ended session back by a load that was late', async () => {
    // Long enough for the entry to be past its life, so that a reader loads.
    world.clock.advance(10 * 60_000);
    const { begun, letGo } = holdNextFind();
    const late = get();
    await begun;
    await world.service.end(world.workspaceId, session.id, undefined);
    letGo();
    expect((await late).endedAt).toBeNull();
    await world.cache.settled();
    expect((await get()).endedAt).toEqual(world.clock.now());
    await expect(world.service.heartbeat(world.workspaceId, session.id)).rejects.toMatchObject({
      code: 'session-ended',
    });
  });

  it('T12 gives a session to its workspace alone', async () => {
    await get();
    await expect(get(newId<WorkspaceId>())).rejects.toMatchObject({ code: 'session-not-found' });
  });

  it('does not remember that a session is not there', async () => {
    const id = newId<Session['id']>();
    await expect(world.service.get(world.workspaceId, id)).rejects.toMatchObject({ code: 'session-not-found' });
    await world.sessions.insert({ ...session, id });
    expect((await world.service.get(world.workspaceId, id)).id).toBe(id);
  });
});
