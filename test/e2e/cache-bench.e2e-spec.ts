import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { type RedisServer, startRedis } from '#test/support/services.js';

const SCRIPT = join(import.meta.dirname, '../../bench/cache/run.mjs');
const execute = promisify(execFile);

/** Ends with 1 where this machine was too busy for a goal: the figures are there all the same. */
async function bench(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const { PATH, HOME } = process.env;
  try {
    const { stdout, stderr } = await execute(process.execPath, [SCRIPT, ...args], { env: { PATH, HOME } });
    return { code: 0, stdout, stderr };
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string };
  }
}

describe('npm run bench:cache', () => {
  let folder: string;
  let server: RedisServer;
  let redis: Redis;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'keepsake-bench-cache-'));
    // Of its own: other suites measure too, and leave keys where this one counts what is left.
    server = await startRedis();
    redis = new Redis(server.url);
  });

  afterAll(async () => {
    redis.disconnect();
    await server.remove();
    await rm(folder, { recursive: true, force: true });
  });

  it('measures on a given server, writes what it found, and leaves no key of its own', async () => {
    await redis.set('somebody-elses', 'kept', 'PX', 60_000);
    const json = join(folder, 'result.json');
    const selection = ['--only', 'local-hit,tag-invalidation-10,vector-reads', '--entrants', 'keepsake,bare-mget'];
    const { code, stdout } = await bench(
      '--redis',
      server.url,
      '--json',
      json,
      '--rounds',
      '2',
      '--seconds',
      '0.05',
      ...selection,
    );

    expect([0, 1]).toContain(code);
    const { measures, goals, load } = JSON.parse(await readFile(json, 'utf8'));
    const { keepsake } = measures['tag-invalidation-10'].entrants;
    expect(keepsake.rounds).toHaveLength(2);
    expect(keepsake.median.commands).toBe(1);
    expect(measures['local-hit'].entrants.keepsake.median).toMatchObject({ loads: 0 });
    expect(measures['vector-reads'].entrants.keepsake.median.bytes).toBeGreaterThan(4 * 1_024);
    expect(goals.find(({ text }: { text: string }) => text.startsWith('vector'))).toMatchObject({ isMet: true });
    expect(load.rounds).toHaveLength(2);
    expect(stdout).toContain('### Invalidation of a tag with 10 keys');
    await expect(redis.keys('ks-b*')).resolves.toEqual([]);
    await expect(redis.keys('bare:b*')).resolves.toEqual([]);
    await expect(redis.get('somebody-elses')).resolves.toBe('kept');
  }, 120_000);

  it('refuses a measure that there is not, and names those that there are', async () => {
    const { code, stderr } = await bench('--only', 'everything');

    expect(code).toBe(64);
    expect(stderr).toContain('everything is none of local-hit, shared-hit-1');
  });
});
