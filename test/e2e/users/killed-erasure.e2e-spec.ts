import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { eventually } from '#test/support/eventually.js';
import { type Keepsake, startKeepsake } from '#test/support/keepsake.js';

const CONVERSATIONS = 60;

/** A worker is killed while it erases a user; another one goes on. */
describe('an erasure whose worker is killed', () => {
  let database: TestDatabase;
  let sql: pg.Client;
  let api: Keepsake;
  let worker: Keepsake;
  const env = () => ({
    DATABASE_URL: database.url,
    KEEPSAKE_BOOTSTRAP_KEY: `ks_test_${'kil'.repeat(16)}`,
    EMBEDDING_PROVIDER: 'off',
    SESSION_SWEEP_SECONDS: '3600',
    LOG_LEVEL: 'error',
  });

  beforeAll(async () => {
    database = await createTestDatabase();
    api = await startKeepsake({ env: { ...env(), WORKER_ENABLED: 'false' } });
    sql = new pg.Client({ connectionString: database.url });
    await sql.connect();
  }, 120_000);
  afterAll(async () => {
    await sql?.end();
    await Promise.all([api?.remove(), worker?.remove()]);
    await database?.drop();
  }, 120_000);

  const report = async () => (await api.api.get('/v1/users/ada/erasure')).body;

  it('goes on where it was, and counts everything once', async () => {
    for (let i = 0; i < CONVERSATIONS; i++) {
      const { body } = await api.api.post('/v1/conversations', { project: 'atlas', user: 'ada' });
      await api.api.post(`/v1/conversations/${body.id}/messages`, {
        messages: [
          { role: 'user', content: `Ada says ${randomUUID()}` },
          { role: 'assistant', content: `Answered ${randomUUID()}` },
        ],
      });
    }
    const { status, body } = await api.api.del('/v1/users/ada');
    expect(status).toBe(202);
    worker = await startKeepsake({ env: env() });
    await eventually(async () => (await report()).removed.conversations > 3, {
      everyMs: 5,
      what: 'a part of it',
      timeoutMs: 60_000,
    });
    await worker.kill();
    const half = await report();
    expect(half.state).toBe('running');
    expect(half.removed.conversations).toBeLessThan(CONVERSATIONS);
    const { rows } = await sql.query('SELECT count(*)::int AS left FROM conversations');
    expect(rows[0].left).toBe(CONVERSATIONS - half.removed.conversations);

    // As if the time of the attempt was over.
    await sql.query(`UPDATE pgboss.job SET started_on = started_on - interval '1 hour' WHERE id = $1`, [body.job.id]);
    await worker.start();
    await eventually(async () => (await report()).state === 'finished', { timeoutMs: 150_000, what: 'the end of it' });
    const { removed, found } = await report();
    expect(removed).toMatchObject({ conversations: CONVERSATIONS, messages: 2 * CONVERSATIONS });
    expect(Object.values(found).filter((count) => count !== 0)).toEqual([]);
    const left = await sql.query(
      'SELECT (SELECT count(*) FROM messages)::int AS messages, (SELECT count(*) FROM user_erasure_items)::int AS items',
    );
    expect(left.rows).toEqual([{ messages: 0, items: 0 }]);
  }, 300_000);
});
