import { CacheEngine, type CacheSettings } from '#cache';
import { FakeTransactionRunner } from '#database/testing';
import type { Principal, Scope } from '#kernel';
import type { JobService } from '#queue';
import { RecordingJobQueue } from '#queue/testing';
import { SessionWorld } from '#session/testing';
import { CacheWarmers, CacheWarmingJob, CacheWarmingService, WARMING_BOUNDS, type WarmTarget } from '#warming';

describe('warming by jobs', () => {
  let world: SessionWorld;
  let warmers: CacheWarmers;
  let queue: RecordingJobQueue;
  let seen: WarmTarget[];
  const { signal } = new AbortController();

  beforeEach(() => {
    world = new SessionWorld();
    warmers = new CacheWarmers(new FakeTransactionRunner());
    warmers.useSessions(world.reader);
    queue = new RecordingJobQueue();
    seen = [];
    warmers.register({ name: 'first', warm: async (target) => void seen.push(target) });
    warmers.register({ name: 'second', warm: async () => undefined });
  });

  const engine = (settings: CacheSettings = { singleProcess: true }) =>
    new CacheEngine(settings, { clock: world.clock });
  const handler = (of = engine()) => new CacheWarmingJob(of, warmers);
  const service = (of = engine()) =>
    new CacheWarmingService(of, queue, { get: async (_: unknown, id: string) => ({ id }) } as JobService, warmers);
  const caller = (scopes: readonly Scope[]): Principal => ({
    id: 'key:1',
    workspaceId: world.workspaceId,
    scopes: new Set(scopes),
  });
  const started = (project: string, startedBy = 'jwt:alice') =>
    world.service.start(world.workspaceId, { project, client: null, metadata: {}, startedBy });

  async function warm(order: Parameters<CacheWarmingJob['handle']>[0], until = signal) {
    const steps: string[] = [];
    const result = await handler().handle(order, {
      workspaceId: world.workspaceId,
      signal: until,
      progress: async (done, total) => void steps.push(`${done}/${total}`),
    });
    return { result, steps };
  }

  it('warms a project, a session, and what a user works in or worked in', async () => {
    expect(await warm({ project: 'atlas' })).toEqual({
      result: { targets: 1, warmed: 1, cold: [], isMore: false },
      steps: ['1/2', '2/2'],
    });
    const open = await started('open');
    const ended = await started('over');
    await world.service.end(world.workspaceId, ended.id, undefined);
    await started('theirs', 'jwt:bob');
    await warm({ session: open.id });
    const { result, steps } = await warm({ principal: 'jwt:alice' });
    expect(result).toMatchObject({ targets: 2, warmed: 2, isMore: false });
    expect(steps.at(-1)).toBe('4/4');
    expect(seen.map(({ project, sessionId }) => [project, sessionId])).toEqual([
      ['atlas', undefined],
      ['open', open.id],
      ['open', open.id],
      ['over', undefined],
    ]);
  });

  it('has a bound, and reports what stayed cold and that there is more', async () => {
    for (let count = 0; count <= WARMING_BOUNDS.targets; count++) await started('p');
    warmers.register({ name: 'broken', warm: () => Promise.reject(new Error('no')) });
    const { result } = await warm({ principal: 'jwt:alice' });
    expect(result).toMatchObject({ targets: WARMING_BOUNDS.targets, warmed: 0, isMore: true });
    expect((result as { cold: unknown[] }).cold[0]).toMatchObject({ project: 'p', parts: ['broken'] });
  });

  it('ends when it is cancelled, and is tried again where nothing would stay', async () => {
    const cancelled = new AbortController();
    warmers.register({ name: 'last', warm: async () => cancelled.abort(new Error('cancelled')) });
    await expect(warm({ project: 'p' }, cancelled.signal)).rejects.toThrow('cancelled');
    const away = handler(engine({}));
    const context = { workspaceId: world.workspaceId, signal, progress: async () => undefined };
    await expect(away.handle({ project: 'p' }, context)).rejects.toMatchObject({ code: 'cache-unavailable' });
  });

  it('T33 lets operators name any user, administrators themselves', async () => {
    await service().start(caller(['admin']), { user: 'key:1' });
    await service().start(caller(['admin', 'operator']), { user: 'bob' });
    await expect(service().start(caller(['admin']), { user: 'bob' })).rejects.toMatchObject({ code: 'missing-scope' });
    expect(queue.jobs.map(({ payload }) => payload)).toEqual([{ principal: 'key:1' }, { principal: 'jwt:bob' }]);
    expect(queue.jobs[0]?.options.workspaceId).toBe(world.workspaceId);
  });

  it.each([{}, { singleProcess: true, enabled: false }])('refuses where it would help nobody: %j', async (settings) => {
    const refused = service(engine(settings)).start(caller(['admin']), { project: 'p' });
    await expect(refused).rejects.toMatchObject({ code: 'cache-not-shared', kind: 'conflict' });
    expect(queue.jobs).toEqual([]);
  });
});
