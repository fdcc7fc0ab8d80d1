import fc from 'fast-check';
import { type DomainError, newId, type WorkspaceId } from '#kernel';
import { ManualClock } from '#kernel/testing';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { type RedisServer, startRedis } from '#test/support/services.js';
import type { AgentState } from './agent-state.js';
import { AgentProcess } from './testing/agent-process.js';

/** JSON values as clients can send them: of well-formed text without NUL, of numbers that a double holds, not too deep. */
const text = fc
  .string({ unit: 'binary', maxLength: 20 })
  .filter((value) => value.isWellFormed() && !value.includes('\0'));
const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value));
const json = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom<unknown>(null, true, false, '', 0, [], {}, 'toJSON', '_function_x', {
      toJSON: 1,
      $date: 3,
    }),
    text,
    number,
    fc.integer(),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(
      text.filter((name) => name !== '__proto__'),
      tie('value'),
      { maxKeys: 4, noNullPrototype: true },
    ),
  ),
})).value;

const signal = new AbortController().signal;

describe('states of agents, by two processes on one database and one Redis', () => {
  let clock: ManualClock;
  let testDatabase: TestDatabase;
  let redis: RedisServer;
  let one: AgentProcess;
  let two: AgentProcess;
  let workspaceId: WorkspaceId;

  beforeAll(async () => {
    [testDatabase, redis] = await Promise.all([createTestDatabase(), startRedis()]);
    clock = new ManualClock(Date.UTC(2031, 0, 1));
    const env = { REDIS_URL: redis.url, REDIS_SOCKET_TIMEOUT: '5000' };
    one = await AgentProcess.start(testDatabase.url, clock, env);
    two = await AgentProcess.start(testDatabase.url, clock, env);
  }, 120_000);

  afterAll(async () => {
    await one?.stop();
    await two?.stop();
    await redis?.remove();
    await testDatabase?.drop();
  });

  beforeEach(async () => {
    workspaceId = newId<WorkspaceId>();
    await one.database.query('INSERT INTO workspaces (id, slug, name) VALUES ($1, $2, $2)', [workspaceId, workspaceId]);
  });

  const ref = (agent = 'planner', project = 'p') => ({ workspaceId, project, agent });
  const put = async (value: unknown, { by = one, agent = 'planner', ttlSeconds = null as number | null } = {}) =>
    (await by.states.put(ref(agent), { value, ttlSeconds })).state;
  const get = (by = two, agent = 'planner') => by.states.get(ref(agent));
  const codeOf = (work: Promise<unknown>) =>
    work.then(
      () => 'done',
      (error: DomainError) => error.code,
    );
  const names = async (by = two) =>
    (await by.states.list(workspaceId, 'p', undefined, 100)).items.map(({ agent }) => agent);

  it('twenty writers compare and set over two processes: one wins each version, and the others learn it', async () => {
    const first = await put({ count: 0 });
    const wins: number[] = [];
    const refusals: (number | null | undefined)[] = [];
    const writer = async (index: number) => {
      const by = index % 2 === 0 ? one : two;
      for (;;) {
        const state = await get(by);
        const { count } = state.value as { count: number };
        try {
          const ifMatch = by.states.tagOf(state);
          const next = { value: { count: count + 1 }, ttlSeconds: null };
          return wins.push((await by.states.put(ref(), next, { ifMatch })).state.version);
        } catch (error) {
          const { code, currentVersion } = error as DomainError;
          expect(code).toBe('precondition-failed');
          expect(currentVersion).toBeGreaterThan(state.version);
          refusals.push(currentVersion);
        }
      }
    };
    await Promise.all(Array.from({ length: 20 }, (_, index) => writer(index)));
    expect(wins.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => first.version + index + 1));
    expect(await get()).toMatchObject({ version: 21, value: { count: 20 } });
    // All of them have read the first version before one of them has written.
    expect(refusals.length).toBeGreaterThan(0);
  }, 120_000);

  it('T43 without a condition, every write of two processes has a version of its own', async () => {
    const all = await Promise.all(
      Array.from({ length: 50 }, (_, index) => put(index, { by: index % 2 === 0 ? one : two })),
    );
    expect(all.map(({ version }) => version).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 50 }, (_, index) => index + 1),
    );
    expect((await get()).version).toBe(50);
  });

  it('keeps any JSON value exactly, and restores each from its checkpoint', async () => {
    await fc.assert(
      fc.asyncProperty(json, json, async (value, other) => {
        const stored = await put(value);
        const { id } = await one.checkpoints.create(ref(), { name: 'kept', parent: null, metadata: {} });
        const shown = await get();
        expect(JSON.stringify(shown.value)).toBe(JSON.stringify(value));
        await put(other);
        expect(JSON.stringify((await get()).value)).toBe(JSON.stringify(other));
        const kept = await two.checkpoints.get(ref(), id);
        expect(JSON.stringify(kept.value)).toBe(JSON.stringify(value));
        for (const checkpoint of [id, 'kept']) {
          const restored = await two.states.restore(ref(), checkpoint, null);
          expect(JSON.stringify(restored.value)).toBe(JSON.stringify(value));
          expect(restored.version).toBeGreaterThan(stored.version);
          expect(JSON.stringify((await get(one)).value)).toBe(JSON.stringify(value));
        }
      }),
      { numRuns: 20 },
    );
  }, 120_000);

  it('no version and no entity tag comes again: not after a deletion, an expiry, a restore, a deletion of the project', async () => {
    const seen: AgentState[] = [await put('a')];
    const tags = () => seen.map((state) => one.states.tagOf(state));
    await one.states.delete(ref());
    expect(await codeOf(get())).toBe('agent-state-not-found');
    seen.push(await put('a', { by: two, ttlSeconds: 5 }));
    await one.checkpoints.create(ref(), { name: 'c', parent: null, metadata: {} });
    clock.advance(5_000);
    expect(await codeOf(get())).toBe('agent-state-not-found');
    expect(await codeOf(one.states.put(ref(), { value: 1, ttlSeconds: null }, { ifMatch: tags()[1]! }))).toBe(
      'precondition-failed',
    );
    seen.push(await two.states.restore(ref(), 'c', null));
    expect(seen.map(({ version }) => version)).toEqual([1, 2, 3]);
    await one.projects.delete(workspaceId, 'p', 'p');
    expect(await codeOf(get())).toBe('agent-state-not-found');
    expect(await codeOf(two.states.restore(ref(), 'c', null))).toBe('checkpoint-not-found');
    seen.push(await put('a'));
    expect(new Set(tags()).size).toBe(4);
    for (const ifMatch of tags().slice(0, 3))
      expect(await codeOf(one.states.patch(ref(), { value: 1 }, { ifMatch }))).toBe('precondition-failed');
  });

  it('T18 an expired state is absent at once for every reader, also from the cache, and its row goes later', async () => {
    await put('short', { agent: 'a', ttlSeconds: 10 });
    await put('long', { agent: 'b', ttlSeconds: 20 });
    await put('for ever', { agent: 'c' });
    for (const by of [one, two]) {
      expect((await get(by, 'a')).value).toBe('short');
      expect(await names(by)).toEqual(['a', 'b', 'c']);
    }
    clock.advance(9_999);
    for (const by of [one, two]) expect((await get(by, 'a')).value).toBe('short');
    clock.advance(1);
    for (const by of [one, two]) {
      expect(await codeOf(get(by, 'a'))).toBe('agent-state-not-found');
      expect(await codeOf(by.states.patch(ref('a'), { value: 1 }))).toBe('agent-state-not-found');
      expect(await codeOf(by.states.delete(ref('a')))).toBe('agent-state-not-found');
      expect(await names(by)).toEqual(['b', 'c']);
    }
    const rows = () =>
      one.database.query('SELECT agent FROM agent_states WHERE workspace_id = $1 ORDER BY agent', [workspaceId]);
    expect(await rows()).toHaveLength(3);
    expect((await one.projects.survey(workspaceId, 'p')).counts).toMatchObject({ agentStates: 2 });
    expect(await one.sweeper.sweep(signal)).toBe(1);
    expect(await rows()).toEqual([{ agent: 'b' }, { agent: 'c' }]);
    expect(await two.sweeper.sweep(signal)).toBe(0);
    // It may be stored again, as another state.
    const again = await put('new', { agent: 'a' });
    expect(again.version).toBe(2);
    expect(await names()).toEqual(['a', 'b', 'c']);
    clock.advance(3_600_000);
    expect(await Promise.all([one.sweeper.sweep(signal), two.sweeper.sweep(signal)])).toContain(1);
    expect(await names(one)).toEqual(['a', 'c']);
    expect((await two.projects.survey(workspaceId, 'p')).counts).toMatchObject({ agentStates: 2, checkpoints: 0 });
  });

  it('a merge patch keeps the expiry, moves it or ends it', async () => {
    const { expiresAt } = await put({ a: 1, b: { c: 2 } }, { ttlSeconds: 60 });
    clock.advance(1_000);
    const patched = await two.states.patch(ref(), { value: { b: { c: null, d: [1] }, e: null } });
    expect(patched).toMatchObject({ version: 2, value: { a: 1, b: { d: [1] } }, expiresAt });
    const moved = await one.states.patch(ref(), { ttlSeconds: 60 });
    expect(moved.expiresAt).toEqual(new Date(clock.nowMs() + 60_000));
    expect((await one.states.patch(ref(), { ttlSeconds: null })).expiresAt).toBeNull();
    expect((await two.states.patch(ref(), { value: [1] })).value).toEqual([1]);
    expect((await two.states.patch(ref(), { value: null })).value).toBeNull();
    expect(await codeOf(one.states.patch(ref('nobody'), { value: 1 }))).toBe('agent-state-not-found');
    const big = 'x'.repeat(600_000);
    await put({ one: big });
    expect(await codeOf(two.states.patch(ref(), { value: { two: big } }))).toBe('invalid-input');
    expect(Object.keys((await get(one)).value as object)).toEqual(['one']);
  });

  it('T1 a second read sends no statement, on either process, also of what is not there', async () => {
    await put({ a: 1 });
    const { id } = await one.checkpoints.create(ref(), { name: 'c', parent: null, metadata: {} });
    const reads: readonly (readonly [string, (by: AgentProcess) => Promise<unknown>])[] = [
      ['state', (by) => by.states.get(ref())],
      ['no state', (by) => codeOf(by.states.get(ref('nobody')))],
      ['list', (by) => by.states.list(workspaceId, 'p', undefined, 20)],
      ['checkpoints', (by) => by.checkpoints.list(ref(), {}, undefined, 20)],
      ['checkpoint', (by) => by.checkpoints.get(ref(), id)],
    ];
    for (const [name, read] of reads) {
      await read(one);
      for (const by of [one, two]) expect([name, await by.statementsOf(() => read(by))]).toEqual([name, 0]);
    }
  });

  it('T6 a write of one process is in the next read of the other, of everything that shows it', async () => {
    const shown = async () => ({
      value: await get().then(
        ({ value }) => value,
        (error: DomainError) => error.code,
      ),
      list: (await two.states.list(workspaceId, 'p', undefined, 20)).items.map(({ version }) => version),
      checkpoints: (await two.checkpoints.list(ref(), {}, undefined, 20)).items.map(({ name }) => name),
      counts: (await two.projects.survey(workspaceId, 'p')).counts,
    });
    const none = 'agent-state-not-found';
    expect(await shown()).toMatchObject({ value: none, list: [], checkpoints: [], counts: { agentStates: 0 } });
    await put('a');
    expect(await shown()).toMatchObject({ value: 'a', list: [1], counts: { agentStates: 1, checkpoints: 0 } });
    await one.states.patch(ref(), { value: 'b' });
    expect(await shown()).toMatchObject({ value: 'b', list: [2] });
    const { id } = await one.checkpoints.create(ref(), { name: 'c', parent: null, metadata: {} });
    expect(await shown()).toMatchObject({ checkpoints: ['c'], counts: { checkpoints: 1 } });
    await one.states.delete(ref());
    expect(await shown()).toMatchObject({ value: none, list: [], checkpoints: ['c'], counts: { agentStates: 0 } });
    await one.states.restore(ref(), 'c', null);
    expect(await shown()).toMatchObject({ value: 'b', list: [3] });
    await one.checkpoints.delete(ref(), id);
    expect(await shown()).toMatchObject({ checkpoints: [], counts: { checkpoints: 0 } });
    await one.projects.delete(workspaceId, 'p', 'p');
    expect(await shown()).toMatchObject({ value: none, list: [], checkpoints: [] });
  });

  it('T12 T41 the same names in another workspace or project are other things', async () => {
    await put('mine');
    const { id } = await one.checkpoints.create(ref(), { name: 'c', parent: null, metadata: {} });
    await get();
    for (const other of [{ ...ref(), workspaceId: newId<WorkspaceId>() }, ref('planner', 'other'), ref('other')]) {
      expect(await codeOf(two.states.get(other))).toBe('agent-state-not-found');
      expect(await codeOf(two.states.patch(other, { value: 1 }))).toBe('agent-state-not-found');
      expect(await codeOf(two.states.delete(other))).toBe('agent-state-not-found');
      expect(await codeOf(two.states.restore(other, id, null))).toBe('checkpoint-not-found');
      expect(await codeOf(two.checkpoints.get(other, id))).toBe('checkpoint-not-found');
      expect(await codeOf(two.checkpoints.delete(other, id))).toBe('checkpoint-not-found');
      expect((await two.checkpoints.list(other, {}, undefined, 20)).items).toEqual([]);
    }
    expect((await get()).value).toBe('mine');
  });

  it('T21 lists agents and checkpoints page by page, each once, whatever comes and goes; filters, and keeps parents', async () => {
    const agents = ['ä', 'b', 'a', 'Z', 'a/b: c', '❌'];
    for (const agent of agents) await put(agent, { agent });
    const seen: string[] = [];
    for (let after: string | undefined; ;) {
      const page = await two.states.list(workspaceId, 'p', after, 2);
      seen.push(...page.items.map(({ agent }) => agent));
      after = page.next?.[0];
      if (after === undefined) break;
      await put('late', { agent: 'A' });
    }
    expect(seen).toEqual(agents.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));

    const create = (name: string, parent: Awaited<ReturnType<typeof root>>['id'] | null) =>
      one.checkpoints.create(ref('a'), { name, parent, metadata: { name } });
    const root = () => one.checkpoints.create(ref('a'), { name: 'root', parent: null, metadata: {} });
    const first = await root();
    const left = await create('left', first.id);
    const right = await create('right', first.id);
    const list = async (filter: object) =>
      (await two.checkpoints.list(ref('a'), filter, undefined, 20)).items.map(({ name }) => name);
    expect(await list({})).toEqual(['right', 'left', 'root']);
    expect(await list({ parent: first.id })).toEqual(['right', 'left']);
    expect(await list({ name: 'left' })).toEqual(['left']);
    const page = await two.checkpoints.list(ref('a'), {}, undefined, 2);
    expect((await two.checkpoints.list(ref('a'), {}, page.next![0], 2)).items.map(({ id }) => id)).toEqual([first.id]);
    expect(await codeOf(one.checkpoints.create(ref('b'), { name: 'x', parent: left.id, metadata: {} }))).toBe(
      'checkpoint-parent-unknown',
    );
    await one.checkpoints.delete(ref('a'), first.id);
    expect(await two.checkpoints.get(ref('a'), right.id)).toMatchObject({
      parentId: null,
      metadata: { name: 'right' },
    });
  });
});
