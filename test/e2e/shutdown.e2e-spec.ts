import pg from 'pg';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { eventually } from '#test/support/eventually.js';
import { type Keepsake, startKeepsake } from '#test/support/keepsake.js';

describe('a server on PostgreSQL that is asked to stop', () => {
  let database: TestDatabase;
  let client: pg.Client;
  let server: Keepsake | undefined;

  beforeAll(async () => {
    database = await createTestDatabase();
    client = new pg.Client({ connectionString: database.url });
    await client.connect();
  });
  afterEach(async () => {
    await client.query('ROLLBACK');
    await server?.remove();
  });
  afterAll(async () => {
    await client.end();
    await database.drop();
  });

  const start = async (env: Record<string, string> = {}) => {
    server = await startKeepsake({ env: { DATABASE_URL: database.url, LOG_LEVEL: 'warn', ...env } });
    return server;
  };

  /** A request that waits for a lock of the test, and goes on when `release` is called. */
  async function slowRequest(to: Keepsake) {
    await client.query('BEGIN; LOCK TABLE contexts IN ACCESS EXCLUSIVE MODE');
    const answer = to.api.post('/v1/contexts', { label: `slow ${Math.random()}`, content: 'Slow but sure.' });
    // A request that is cut off is looked at where the test says what it expects.
    answer.catch(() => undefined);
    await eventually(async () => {
      // In a transaction it shows what it showed when it was looked at first.
      await client.query('SELECT pg_stat_clear_snapshot()');
      const { rows } = await client.query(
        "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()",
      );
      return rows.length > 0;
    });
    return { answer, release: () => client.query('COMMIT') };
  }

  it('answers the request in flight, refuses new ones, and ends with 0', async () => {
    const stopping = await start();
    const { answer, release } = await slowRequest(stopping);
    stopping.send('SIGTERM');
    await eventually(() =>
      stopping.api.get('/health/live').then(
        () => false,
        () => true,
      ),
    );
    await release();
    const { status, headers, body } = await answer;
    expect({ status, connection: headers.get('connection') }).toEqual({ status: 201, connection: 'close' });
    expect(await stopping.exited()).toEqual({ code: 0, signal: null });
    const { rows } = await client.query('SELECT FROM contexts WHERE id = $1', [body.id]);
    expect(rows).toHaveLength(1);
  }, 120_000);

  it('is not ready at once, and still takes connections until a balancer can have noticed', async () => {
    const stopping = await start({ SHUTDOWN_DELAY_MS: '1500' });
    stopping.send('SIGTERM');
    const notReady = await eventually(async () => {
      const answer = await stopping.api.get('/health/ready');
      return answer.status === 503 && answer;
    });
    expect(notReady.body.code).toBe('not-ready');
    const answer = await stopping.api.get('/v1/contexts');
    expect({ status: answer.status, connection: answer.headers.get('connection') }).toEqual({
      status: 200,
      connection: 'close',
    });
    expect(await stopping.exited()).toEqual({ code: 0, signal: null });
  }, 120_000);

  it('does not wait longer than it may for what does not end', async () => {
    const stopping = await start({ SHUTDOWN_TIMEOUT_MS: '1000' });
    const { answer } = await slowRequest(stopping);
    const startMs = performance.now();
    stopping.send('SIGTERM');
    expect(await stopping.exited()).toEqual({ code: 1, signal: null });
    // What is asked waits for a lock that nobody gives up: without the limit this would not end.
    expect(performance.now() - startMs).toBeLessThan(15_000);
    expect(stopping.stderr).toContain('SHUTDOWN_TIMEOUT_MS');
    await expect(answer).rejects.toThrow();
  }, 120_000);

  it('ends at once when it is asked twice', async () => {
    const stopping = await start({ SHUTDOWN_TIMEOUT_MS: '60000' });
    await slowRequest(stopping);
    stopping.send('SIGINT');
    await eventually(() =>
      stopping.api.get('/health/live').then(
        () => false,
        () => true,
      ),
    );
    stopping.send('SIGTERM');
    expect(await stopping.exited()).toEqual({ code: 143, signal: null });
  }, 120_000);
});
