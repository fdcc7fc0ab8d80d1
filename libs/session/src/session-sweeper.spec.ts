import type { Session } from './session.js';
import { SessionObserver } from './session-observers.js';
import { EXPIRY_MS, IDLE_MS, RecordingObserver, SessionWorld } from './testing/session-world.js';

class FailsFor extends SessionObserver {
  constructor(readonly id: string) {
    super();
  }

  async onFinalised(session: Session): Promise<void> {
    if (session.id === this.id) throw new Error('no room');
  }

  async onImported(): Promise<void> {}
}

describe('SessionSweeper', () => {
  let world: SessionWorld;
  let observer: RecordingObserver;

  beforeEach(() => {
    world = new SessionWorld();
    observer = new RecordingObserver();
  });

  const seen = () => observer.seen.map(({ session, reason }) => [session.id, reason]);

  it('T17 hands an idle session over once, though its client never comes back', async () => {
    world.observers.register(observer);
    const { id } = await world.start();
    world.clock.advance(IDLE_MS - 1);
    expect(await world.sweep()).toBe(0);
    world.clock.advance(1);
    expect(await world.sweep()).toBe(1);
    expect(await world.sweep()).toBe(0);
    world.clock.advance(2 * EXPIRY_MS);
    expect(await world.sweep()).toBe(0);
    expect(seen()).toEqual([[id, 'idle']]);
  });

  it('hands over what nobody swept until it expired', async () => {
    world.observers.register(observer);
    const { id } = await world.start();
    world.clock.advance(EXPIRY_MS);
    await world.sweep();
    expect(seen()).toEqual([[id, 'expiry']]);
  });

  it('hands over again what was done after the client came back and went', async () => {
    world.observers.register(observer);
    const { id } = await world.start();
    world.clock.advance(IDLE_MS);
    await world.sweep();
    await world.service.heartbeat(world.workspaceId, id);
    world.clock.advance(IDLE_MS);
    await world.sweep();
    expect(seen()).toEqual([
      [id, 'idle'],
      [id, 'idle'],
    ]);
  });

  it('sweeps more than a batch, over all workspaces', async () => {
    world.observers.register(observer);
    for (let count = 0; count < 250; count++) await world.start(`project-${count % 3}`);
    world.clock.advance(IDLE_MS);
    expect(await world.sweep()).toBe(250);
    expect(new Set(seen().map(([id]) => id)).size).toBe(250);
  });

  it('does not let one that fails keep the others waiting, and reports it', async () => {
    const [first, second, third] = [await world.start(), await world.start(), await world.start()];
    world.observers.register(new FailsFor(second.id));
    world.observers.register(observer);
    world.clock.advance(IDLE_MS);
    await expect(world.sweep()).rejects.toBeInstanceOf(AggregateError);
    expect(seen()).toEqual([
      [first.id, 'idle'],
      [third.id, 'idle'],
    ]);
  });

  it('stops between two sessions when it is asked to', async () => {
    await world.start();
    await world.start();
    world.observers.register(observer);
    world.clock.advance(IDLE_MS);
    const stop = new AbortController();
    stop.abort();
    expect(await world.sweeper.sweep(stop.signal)).toBe(0);
  });
});
