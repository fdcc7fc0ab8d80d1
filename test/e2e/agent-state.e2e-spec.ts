import { randomUUID } from 'node:crypto';
import type { Api } from '#test/support/api.js';
import { CachingFixture, PLACES } from './caching/caching-places.js';

const KEY = 'ks_agent_state_e2e_0123456789abcdef0123456789';

describe.each(PLACES)('states of agents, %s', (_name, place) => {
  let fixture: CachingFixture;
  /** Where is written, and where is read. */
  let here: Api;
  let there: Api;
  let count = 0;

  beforeAll(async () => {
    fixture = await CachingFixture.at(place, { KEEPSAKE_BOOTSTRAP_KEY: KEY, EMBEDDING_PROVIDER: 'off' });
    [here, there] = [fixture.here.api, fixture.there.api];
  }, 180_000);

  afterAll(() => fixture.remove(), 120_000);

  /** The paths of another agent in another project. */
  function another() {
    const [agent, project] = [`agent ${++count}: a/b`, `p${count}`];
    const path = `/v1/agents/${encodeURIComponent(agent)}`;
    return { agent, project, path, state: `${path}/state`, query: { project } };
  }
  const etagOf = ({ headers }: { readonly headers: Headers }) => headers.get('etag')!;

  it('stores, reads, patches, keeps, deletes and restores a state', async () => {
    const { agent, project, path, state, query } = another();
    expect((await here.get(state, { query })).body).toMatchObject({ status: 404, code: 'agent-state-not-found' });
    const value = { z: 1, a: [null, 'é ❌', 1.5, { toJSON: 1 }] };
    const first = await here.put(state, { project, value });
    expect([first.status, first.body]).toEqual([
      201,
      expect.objectContaining({ agent, project, version: 1, value, expiresAt: null }),
    ]);
    const second = await here.put(state, { project, value, ttlSeconds: 3_600 });
    expect([second.status, second.body.version]).toEqual([200, 2]);
    expect(Date.parse(second.body.expiresAt)).toBeGreaterThan(Date.now() + 3_000_000);

    const read = await there.get(state, { query });
    expect(read.body).toEqual(second.body);
    expect(JSON.stringify(read.body.value)).toBe(JSON.stringify(value));
    expect(etagOf(read)).toBe(etagOf(second));
    expect((await there.get(state, { query, headers: { 'if-none-match': etagOf(read) } })).status).toBe(304);

    const refused = await there.put(state, { project, value: 0 }, { headers: { 'if-match': etagOf(first) } });
    expect(refused.body).toMatchObject({ status: 412, code: 'precondition-failed', currentVersion: 2 });
    expect(refused.body.detail).toContain('version is now 2');
    const patched = await there.patch(
      state,
      { project, value: { z: null, b: 2 } },
      { headers: { 'if-match': etagOf(read) } },
    );
    expect(patched.body).toMatchObject({ version: 3, value: { a: value.a, b: 2 }, expiresAt: second.body.expiresAt });
    expect((await here.get(state, { query, headers: { 'if-none-match': etagOf(read) } })).body).toEqual(patched.body);

    const kept = await here.post(`${path}/checkpoints`, { project, name: 'good', metadata: { by: 'me' } });
    expect([kept.status, kept.body]).toEqual([
      201,
      expect.objectContaining({ name: 'good', version: 3, parent: null }),
    ]);
    const child = await here.post(`${path}/checkpoints`, { project, name: 'next', parent: kept.body.id });
    const list = await there.get(`${path}/checkpoints`, { query });
    expect(list.body).toEqual({ items: [child.body, kept.body], nextCursor: null });
    expect((await there.get(`${path}/checkpoints`, { query: { ...query, parent: kept.body.id } })).body.items).toEqual([
      child.body,
    ]);
    expect((await there.get(`${path}/checkpoints/${kept.body.id}`, { query })).body).toEqual({
      ...kept.body,
      value: patched.body.value,
    });

    expect((await there.get('/v1/agents', { query })).body.items).toEqual([
      expect.objectContaining({ agent, version: 3, sizeBytes: Buffer.byteLength(JSON.stringify(patched.body.value)) }),
    ]);
    expect((await there.get(`/v1/projects/${project}`)).body.counts).toMatchObject({ agentStates: 1, checkpoints: 2 });
    expect((await here.del(state, { query })).status).toBe(204);
    expect((await there.get(state, { query, headers: { 'if-none-match': etagOf(patched) } })).status).toBe(404);
    expect((await there.del(state, { query })).status).toBe(404);
    expect((await there.get('/v1/agents', { query })).body.items).toEqual([]);
    const gone = await here.put(state, { project, value: 1 }, { headers: { 'if-match': etagOf(patched) } });
    expect(gone.body).toMatchObject({ status: 412, currentVersion: null });

    for (const [checkpoint, version] of [
      ['good', 4],
      [kept.body.id, 5],
    ]) {
      const restored = await there.post(`${path}/restore`, { project, checkpoint });
      expect([restored.status, restored.body]).toEqual([
        200,
        expect.objectContaining({ agent, project, version, value: patched.body.value, expiresAt: null }),
      ]);
      expect((await here.get(state, { query })).body).toEqual(restored.body);
    }
    expect((await here.post(`${path}/restore`, { project, checkpoint: 'none' })).body.code).toBe(
      'checkpoint-not-found',
    );
    expect((await here.put(state, { project, value: 1 }, { headers: { 'if-none-match': '*' } })).status).toBe(412);
    const { body: deleted } = await here.del(`/v1/projects/${project}`, { query: { confirm: project } });
    expect(deleted.deleted).toMatchObject({ agentStates: 1, checkpoints: 2 });
    expect((await there.get(state, { query })).status).toBe(404);
    expect((await there.get(`${path}/checkpoints`, { query })).body.items).toEqual([]);
  }, 120_000);

  it('T1 sends no statement for a state that is in the cache, on either process, and says that it was a hit', async () => {
    const { project, state, query } = another();
    const sentFor = async (reader: Api) => {
      const id = randomUUID();
      const answer = await reader.get(state, { query, headers: { 'x-request-id': id } });
      return { status: answer.headers.get('cache-status'), statements: await fixture.statements.statementsOf(id) };
    };
    for (let round = 0; round < 3; round++) {
      await here.put(state, { project, value: { round } });
      await here.get(state, { query });
      for (const reader of [here, there])
        expect(await sentFor(reader)).toEqual({ status: expect.stringMatching(/^keepsake; hit/), statements: [] });
      expect((await there.get(state, { query })).body.value).toEqual({ round });
    }
  });

  it('T34 a POST that is sent again under its key makes one checkpoint, and its answer goes with what it made', async () => {
    const { project, path, state, query } = another();
    await here.put(state, { project, value: 'secret' });
    const create = (api: Api) =>
      api.post(`${path}/checkpoints`, { project, name: 'c' }, { headers: { 'idempotency-key': `c-${project}` } });
    const made = await create(here);
    expect((await create(there)).body).toEqual(made.body);
    expect((await there.get(`${path}/checkpoints`, { query })).body.items).toHaveLength(1);
    const restore = (api: Api) =>
      api.post(`${path}/restore`, { project, checkpoint: 'c' }, { headers: { 'idempotency-key': `r-${project}` } });
    const restored = await restore(here);
    expect((await restore(there)).body).toEqual(restored.body);
    expect((await there.get(state, { query })).body).toEqual(restored.body);
    await here.del(`${path}/checkpoints/${made.body.id}`, { query });
    await here.del(state, { query });
    expect((await create(there)).body.code).toBe('agent-state-not-found');
    expect((await restore(there)).body.code).toBe('checkpoint-not-found');
  });

  it('keeps a mebibyte of JSON, and refuses a byte more and what is no such request', async () => {
    const { project, state, path, query } = another();
    const most = 'x'.repeat(1024 * 1024 - 2);
    expect((await here.put(state, { project, value: most })).status).toBe(201);
    expect((await there.get(state, { query })).body.value).toBe(most);
    const deep = (levels: number) => JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`) as unknown;
    expect((await here.put(state, { project, value: deep(60) })).status).toBe(200);
    const before = await here.get(state, { query });
    for (const [body, pointer] of [
      [{ project, value: `${most}x` }, '/value'],
      [{ project }, '/value'],
      [{ project, value: 1, ttlSeconds: 0 }, '/ttlSeconds'],
      [{ project, value: 1, ttlSeconds: 1.5 }, '/ttlSeconds'],
      [{ project, value: 1, other: 1 }, '/other'],
      [{ project: 'No slug', value: 1 }, '/project'],
      [{ project, value: '\0' }, '/value'],
    ] as const) {
      const { status, body: problem } = await here.put(state, body);
      expect([status, problem.errors[0]?.pointer]).toEqual([400, pointer]);
    }
    expect((await here.put(state, { project, value: deep(80) })).status).toBe(400);
    expect((await here.put('/v1/agents/%00/state', { project, value: 1 })).status).toBe(400);
    expect((await here.post(`${path}/checkpoints`, { project, name: randomUUID() })).status).toBe(400);
    expect((await here.post(`${path}/checkpoints`, { project, name: 'c', parent: randomUUID() })).body.code).toBe(
      'checkpoint-parent-unknown',
    );
    const after = await there.get(state, { query });
    expect([after.body, etagOf(after)]).toEqual([before.body, etagOf(before)]);
  }, 120_000);
});
