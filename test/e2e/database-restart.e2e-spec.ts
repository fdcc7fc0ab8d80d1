import { eventually } from '#test/support/eventually.js';
import { type Keepsake, startKeepsake } from '#test/support/keepsake.js';
import { type PostgresServer, startPostgres } from '#test/support/services.js';

const PROJECT = 'restarted';

/** Writes and reads without pause, and notes every answer. */
class Load {
  readonly acknowledged: { id: string; content: string }[] = [];
  readonly statuses = new Map<number, number>();
  /** Requests that got no answer at all. */
  unanswered = 0;
  private isStopped = false;
  private readonly running: Promise<void>[];

  constructor(
    private readonly server: Keepsake,
    clients: number,
  ) {
    this.running = Array.from({ length: clients }, (_, client) => this.work(client));
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await Promise.all(this.running);
  }

  private async work(client: number): Promise<void> {
    for (let count = 0; !this.isStopped; count++) {
      const content = `Text ${count} of client ${client}.`;
      try {
        const { status, body } = await this.server.api.post('/v1/contexts', {
          project: PROJECT,
          label: `client-${client}/${count}`,
          content,
        });
        this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
        if (status === 201) this.acknowledged.push({ id: body.id, content });
        const read = await this.server.api.get('/v1/contexts', { query: { project: PROJECT, limit: 5 } });
        this.statuses.set(read.status, (this.statuses.get(read.status) ?? 0) + 1);
      } catch {
        this.unanswered += 1;
      }
    }
  }
}

describe('T45 the database restarts under load', () => {
  let postgres: PostgresServer;
  let server: Keepsake;

  beforeAll(async () => {
    postgres = await startPostgres({ durable: true });
    server = await startKeepsake({
      env: {
        DATABASE_URL: postgres.url,
        LOG_LEVEL: 'warn',
        DATABASE_CONNECT_TIMEOUT_MS: '1000',
        SESSION_SWEEP_SECONDS: '1',
      },
    });
  }, 120_000);
  afterAll(async () => {
    await server?.remove();
    await postgres?.remove();
  });

  it.each([
    ['in good order', () => postgres.stop()],
    ['by kill -9', () => postgres.kill()],
  ])(
    'T45 ended %s: 503 while it is away, no crash, no acknowledged write lost, recovery without a restart',
    async (_, end) => {
      const { pid } = server;
      const load = new Load(server, 6);
      await eventually(() => load.acknowledged.length >= 30, { timeoutMs: 30_000 });
      await end();
      await eventually(() => (load.statuses.get(503) ?? 0) >= 12, { timeoutMs: 30_000 });

      const away = await server.api.get('/v1/contexts', { query: { project: PROJECT } });
      expect(away.body).toMatchObject({ status: 503, code: 'database-unavailable' });
      expect(away.headers.get('retry-after')).toBe('1');
      expect((await server.api.get('/health/ready')).status).toBe(503);
      expect((await server.api.get('/health/live')).status).toBe(200);
      const health = await server.api.get('/health');
      expect([200, 503]).toContain(health.status);

      await postgres.start();
      const before = load.acknowledged.length;
      await eventually(() => load.acknowledged.length >= before + 30, { timeoutMs: 30_000 });
      await load.stop();
      expect((await server.api.get('/health/ready')).status).toBe(200);
      expect(server.pid).toBe(pid);
      expect(load.unanswered).toBe(0);
      expect(server.stdout.split('\n').filter((line) => line.includes('internal-error'))).toEqual([]);
      expect([...load.statuses.keys()].toSorted((a, b) => a - b)).toEqual([200, 201, 503]);
      for (const { id, content } of load.acknowledged)
        expect((await server.api.get(`/v1/contexts/${id}`)).body.content).toBe(content);
    },
    120_000,
  );

  it('T45 background work goes on afterwards', async () => {
    const sinceMs = Date.now();
    await eventually(
      async () => {
        const { body } = await server.api.get('/v1/jobs', { query: { all: 'true', limit: 100 } });
        const jobs = body.items as { state: string; finishedAt: string | null }[];
        return jobs.some(({ finishedAt }) => Date.parse(finishedAt ?? '') > sinceMs);
      },
      { timeoutMs: 30_000, what: 'a job that was done after the restart' },
    );
  }, 120_000);
});
