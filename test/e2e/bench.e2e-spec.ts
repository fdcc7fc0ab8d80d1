import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { runKeepsake } from '#test/support/child.js';
import { type Keepsake, startKeepsake } from '#test/support/keepsake.js';
import { startRedis } from '#test/support/services.js';

describe('keepsake bench', () => {
  let server: Keepsake;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'keepsake-bench-cli-'));
    server = await startKeepsake({
      onPostgres: true,
      env: { KEEPSAKE_SINGLE_PROCESS: 'true', EMBEDDING_PROVIDER: 'off', LOG_LEVEL: 'warn' },
    });
  }, 120_000);
  afterAll(async () => {
    await server.remove();
    await rm(folder, { recursive: true, force: true });
  });

  it('measures the running server and leaves nothing behind', async () => {
    const env = { KEEPSAKE_URL: server.url, KEEPSAKE_KEY: server.key };
    const { code, stdout, stderr } = await runKeepsake(['bench', '--seconds', '0.3', '--callers', '4', '--json'], {
      cwd: folder,
      env,
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('GET /v1/contexts/:id') });
    const { rows } = JSON.parse(stdout) as { rows: Record<string, any>[] };
    expect(rows).toHaveLength(5);
    for (const row of rows) {
      expect(row).toMatchObject({ errors: 0, requests: expect.any(Number) });
      expect(row['requests']).toBeGreaterThan(0);
      expect(row['p50Ms']).toBeLessThanOrEqual(row['p99Ms']);
    }
    expect(rows.find(({ name }) => name.startsWith('GET /v1/contexts'))?.['hitShare']).toBeGreaterThan(0.9);
    const { body } = await server.api.get('/v1/projects');
    expect(body.items.filter(({ slug }: { slug: string }) => slug.startsWith('bench-'))).toEqual([]);
  }, 120_000);

  it('reports where no server answers, or where the key may not', async () => {
    const [away, wrong] = await Promise.all([
      runKeepsake(['bench'], { cwd: folder, env: { KEEPSAKE_URL: 'http://127.0.0.1:1', KEEPSAKE_KEY: server.key } }),
      runKeepsake(['bench'], { cwd: folder, env: { KEEPSAKE_URL: server.url, KEEPSAKE_KEY: `ks_${'x'.repeat(40)}` } }),
    ]);
    expect(away).toMatchObject({ code: 69, stdout: '', stderr: expect.stringContaining('KEEPSAKE_URL') });
    expect(wrong).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('KEEPSAKE_KEY') });
  }, 120_000);

  it('measures the cache on a Redis beside the bare client, and removes its keys', async () => {
    const own = await startRedis();
    const { url } = own;
    const redis = new Redis(url);
    try {
      const { code, stdout } = await runKeepsake(['bench', 'redis', '--seconds', '0.05', '--json'], {
        cwd: folder,
        env: { REDIS_URL: url },
      });
      expect([0, 1]).toContain(code);
      const { measures } = JSON.parse(stdout);
      expect(Object.keys(measures['shared-hit-64'].entrants).toSorted()).toEqual([
        'bare-batch',
        'bare-get',
        'bare-mget',
        'keepsake',
      ]);
      expect(measures['tag-invalidation-1000'].entrants.keepsake.median.commands).toBe(1);
      await expect(redis.keys('ks-b*')).resolves.toEqual([]);
      await expect(redis.keys('bare:b*')).resolves.toEqual([]);
    } finally {
      redis.disconnect();
      await own.remove();
    }
  }, 120_000);
});
