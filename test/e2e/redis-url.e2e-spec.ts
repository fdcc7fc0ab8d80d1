import { runKeepsake } from '#test/support/child.js';
import { eventually } from '#test/support/eventually.js';
import { createKeepsake, startKeepsake } from '#test/support/keepsake.js';
import { freePort, startRedis } from '#test/support/services.js';

/** Of `GET /health`, the part that is the cache. */
interface CachePart {
  readonly status: string;
  readonly detail?: string;
}

describe('a REDIS_URL that leads nowhere', () => {
  it.each([
    ['redis//:hunter2@127.0.0.1:6379', 'is not a Redis URL'],
    ['redis://:hunter2@127.0.0.1:63790000', 'has a malformed host or port'],
    ['redis://:hunter2@127.0.0.1:6379/first', 'has a database that is not a number'],
    ['redis+sentinel://:hunter2@127.0.0.1:26379', 'names no Sentinel set'],
  ])(
    '%s ends the start with 78, what is wrong and what to write, and no password',
    async (url, problem) => {
      const server = await createKeepsake({ env: { REDIS_URL: url } });
      try {
        server.spawn();
        expect(await server.exited()).toEqual({ code: 78, signal: null });
        expect(server.stderr).toMatch(/^ {2}REDIS_URL: write redis:\/\//m);
        expect(server.stderr).toContain(problem);
        expect(server.stdout + server.stderr).not.toContain('hunter2');
        const doctor = await runKeepsake(['doctor'], { env: { REDIS_URL: url }, cwd: server.dataDir });
        expect(doctor).toMatchObject({ code: 78, stdout: expect.stringContaining(problem) });
      } finally {
        await server.remove();
      }
    },
    120_000,
  );

  it('T9 T32 is reported at the start and in health, by doctor and by the cache itself, until there is a Redis', async () => {
    const [port, password] = [await freePort(), 'hunter2'];
    const url = `redis://:${password}@127.0.0.1:${port}`;
    const server = await startKeepsake({ env: { REDIS_URL: url, REDIS_SOCKET_TIMEOUT: '1000' } });
    const cachePart = async (): Promise<CachePart> => (await server.api.get('/health')).body.parts.cache;
    const run = (...args: string[]) =>
      runKeepsake(args, { env: { KEEPSAKE_DATA_DIR: server.dataDir, KEEPSAKE_KEY: server.key, REDIS_URL: url } });
    try {
      const logged = () =>
        server.stdout.split('\n').some((line) => line.includes('"level":"warn"') && /redis|cache/i.test(line));
      await eventually(logged, { what: 'a warning in the log' });
      expect(await cachePart()).toMatchObject({
        status: 'degraded',
        detail: expect.stringContaining(`127.0.0.1:${port}`),
      });
      const [doctor, health, stats] = await Promise.all([
        run('doctor', '--json'),
        run('cache', 'health', '--json'),
        run('cache', 'stats'),
      ]);
      expect(doctor.code).toBe(69);
      expect(JSON.parse(doctor.stdout).findings).toContainEqual(
        expect.objectContaining({
          part: 'redis',
          status: 'failed',
          detail: expect.stringContaining('Check REDIS_URL'),
        }),
      );
      expect(health.code).toBe(69);
      expect(JSON.parse(health.stdout)).toMatchObject({ status: 'degraded', problem: expect.any(String) });
      expect(stats.code).toBe(0);
      for (const { stdout, stderr } of [doctor, health, stats]) expect(stdout + stderr).not.toContain(password);
      expect(server.stdout + server.stderr).not.toContain(password);

      const redis = await startRedis({ port, password });
      try {
        await eventually(async () => (await cachePart()).status === 'up', { timeoutMs: 15_000, what: 'a whole cache' });
        expect((await run('cache', 'health')).code).toBe(0);
      } finally {
        await redis.remove();
      }
    } finally {
      await server.remove();
    }
  }, 120_000);

  it('a cache that is off says so', async () => {
    const server = await startKeepsake({ onPostgres: true, env: { CACHE_ENABLED: 'false' } });
    try {
      const { body } = await server.api.get('/health');
      expect(body.parts.cache).toMatchObject({ status: 'degraded', detail: expect.stringContaining('CACHE_ENABLED') });
    } finally {
      await server.remove();
    }
  }, 120_000);
});
