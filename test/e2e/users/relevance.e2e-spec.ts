import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { Api } from '#test/support/api.js';
import { eventually } from '#test/support/eventually.js';
import { CachingFixture } from '../caching/caching-places.js';

/** What is relevant to a user, by two servers: one is written to, the other is asked. */
describe('relevance and feedback', () => {
  let fixture: CachingFixture;
  let here: Api;
  let there: Api;
  let sql: pg.Client;
  let count = 0;
  let project: string;

  beforeAll(async () => {
    fixture = await CachingFixture.ofTwoServers();
    [here, there] = [fixture.here.api, fixture.there.api];
    sql = new pg.Client({ connectionString: fixture.database?.url });
    await sql.connect();
  }, 180_000);
  afterAll(async () => {
    await sql?.end();
    await fixture?.remove();
  }, 120_000);
  beforeEach(() => {
    project = `relevance-${++count}`;
  });

  async function store(label: string, content: string, priority = 'reference'): Promise<string> {
    const { status, body } = await here.post('/v1/contexts', { project, label, content, priority });
    expect(status).toBe(201);
    return body.id;
  }

  async function rank(query: object = {}, user = 'ada') {
    const id = randomUUID();
    const { status, body } = await there.get('/v1/relevance', {
      query: { project, user, ...query },
      headers: { 'x-request-id': id },
    });
    expect(status).toBe(200);
    return { items: body.items as any[], body, statements: await fixture.statements.statementsOf(id) };
  }

  const labels = async (query: object = {}, user = 'ada') => (await rank(query, user)).items.map(({ label }) => label);
  const give = (contextId: string, kind: string, value: unknown, more: object = {}) =>
    here.post('/v1/feedback', { project, user: 'ada', contextId, kind, value, ...more });

  it('ranks by importance and by what fits the situation, and says each factor', async () => {
    expect(await rank()).toMatchObject({ items: [], body: { nextCursor: null, degraded: false } });
    const bread = await store('bread', 'Bread is baked in the stone oven at night.');
    await store('rules', 'The ferry leaves the harbour at noon.', 'always_check');
    expect(await labels()).toEqual(['rules', 'bread']);
    const { items } = await rank({ text: 'When is "bread" baked?' });
    expect(items[0]).toMatchObject({
      label: 'bread',
      factors: { match: 1, importance: 0.4, frequency: 0, feedback: 1 },
    });
    const [{ score, factors }] = items;
    // (20 × recency + 15 × 0 + 15 × 0.4 + 50 × 1) / 100
    expect(score).toBeCloseTo(0.2 * factors.recency + 0.06 + 0.5, 4);
    expect((await rank({ context: bread })).items.map(({ label }) => label)).not.toContain('bread');
    const first = await rank({ limit: 1 });
    expect((await rank({ limit: 1, cursor: first.body.nextCursor })).items.map(({ label }) => label)).toEqual([
      'bread',
    ]);
  });

  it('T1 T6 a second read asks the database nothing, and feedback is in force on the next read of another process', async () => {
    const one = await store('one', 'The first text.');
    await store('two', 'The second text.');
    expect(await labels()).toEqual(['two', 'one']);
    expect((await rank()).statements).toEqual([]);
    expect((await give(one, 'thumbs', 'up')).status).toBe(201);
    expect(await labels()).toEqual(['one', 'two']);
    const { items } = await rank();
    expect(items[0].factors.feedback).toBeCloseTo(1.2, 6);
    expect((await rank({}, 'bob')).items.find(({ label }) => label === 'one').factors.feedback).toBeCloseTo(1.05, 6);
    // The other thumb takes its place.
    await give(one, 'thumbs', 'down');
    expect((await rank()).items.find(({ label }) => label === 'one').factors.feedback).toBeCloseTo(0.8, 6);
    expect((await there.get('/v1/feedback', { query: { project } })).body.items).toMatchObject([
      { contextId: one, user: 'ada', kind: 'thumbs', value: 'down' },
    ]);
    await store('three', 'The third text.');
    expect(await labels()).toEqual(['three', 'two', 'one']);
    await here.del(`/v1/contexts/${one}`);
    expect(await labels()).toEqual(['three', 'two']);
    expect((await there.get('/v1/feedback', { query: { project } })).body.items).toEqual([]);
  });

  it('being shown raises nothing; being read whole, cited or liked does', async () => {
    const id = await store('shown', 'Beacons are lit at dusk.');
    const other = await store('other', 'Anchors are weighed at dawn.');
    const uses = async () => {
      const { rows } = await sql.query(
        'SELECT c.label, sum(u.count)::int AS count FROM context_uses u JOIN contexts c ON c.id = u.context_id WHERE c.id = ANY ($1) GROUP BY 1',
        [[id, other]],
      );
      return Object.fromEntries(rows.map(({ label, count: times }: any) => [label, times]));
    };
    for (let i = 0; i < 3; i++) {
      await rank({ text: 'beacons' });
      await there.get('/v1/search', { query: { project, q: 'beacons' } });
      await there.get('/v1/contexts', { query: { project } });
      await there.get(`/v1/contexts/${id}/preview`);
      await there.post('/v1/contexts/check', { project, text: 'I light the beacons.' });
      await there.post('/v1/contexts/recall', { project, labels: ['shown'], previewOnly: true });
      await there.post('/v1/sessions', { project });
    }
    await there.get(`/v1/contexts/${other}`);
    await there.post('/v1/contexts/recall', { project, labels: ['other'] });
    await eventually(async () => (await uses())['other'] === 2, { what: 'the counted reads', timeoutMs: 20_000 });
    expect(await uses()).toEqual({ other: 2 });
    await give(id, 'cite', null);
    await give(id, 'thumbs', 'up');
    const frequencies = Object.fromEntries(
      (await rank()).items.map(({ label, factors }) => [label, factors.frequency]),
    );
    // ln 3 / ln 21, both of them.
    expect(frequencies['shown']).toBeCloseTo(0.360849, 5);
    expect(frequencies['other']).toBeCloseTo(0.360849, 5);
  }, 120_000);

  it('takes each kind once under its client id, and refuses what makes no sense', async () => {
    const id = await store('one', 'The first text.');
    const first = await give(id, 'dwell', 30, { clientId: 'a' });
    expect([first.status, first.body]).toMatchObject([201, { status: 'stored', value: 30, clientId: 'a' }]);
    const again = await give(id, 'dwell', 30, { clientId: 'a' });
    expect([again.status, again.body.status, again.body.id]).toEqual([200, 'duplicate', first.body.id]);
    expect((await give(id, 'dwell', 31, { clientId: 'a' })).body.code).toBe('feedback-client-id-taken');
    for (const [kind, value] of [
      ['thumbs', 'sideways'],
      ['rating', 6],
      ['rating', 2.5],
      ['dwell', -1],
      ['note', ''],
      ['click', 1],
    ] as const)
      expect([kind, (await give(id, kind, value)).status]).toEqual([kind, 400]);
    expect((await give(randomUUID(), 'click', null)).body.code).toBe('feedback-context-unknown');
    const elsewhere = { user: 'ada', contextId: id, kind: 'click' };
    expect((await here.post('/v1/feedback', { ...elsewhere, project: 'another' })).status).toBe(400);
    expect((await there.get('/v1/feedback', { query: { project } })).body.items).toHaveLength(1);
  });
});
