import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Keepsake, startKeepsake } from '#test/support/keepsake.js';
import { type RedisServer, startRedis } from '#test/support/services.js';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';

const LIBS = join(import.meta.dirname, '../../libs');

/** The names in the sources of all libraries, tests and their helpers left out. */
async function declaredNames(): Promise<string[]> {
  const files = (await readdir(LIBS, { recursive: true })).filter(
    (path) => path.endsWith('.ts') && !/spec|testing/.test(path),
  );
  const texts = await Promise.all(files.map((path) => readFile(join(LIBS, path), 'utf8')));
  // A document of the library shows one of them once more.
  return [
    ...new Set(
      texts.flatMap((text) =>
        [...text.matchAll(/= defineFamily[^]*?\bname: '([a-z-]+)'/g)].map(([, name]) => name as string),
      ),
    ),
  ].toSorted();
}

describe('the cache families of a process that has read nothing', () => {
  let database: TestDatabase;
  let redis: RedisServer;
  let server: Keepsake;

  beforeAll(async () => {
    [database, redis] = await Promise.all([createTestDatabase(), startRedis()]);
    server = await startKeepsake({
      env: { DATABASE_URL: database.url, REDIS_URL: redis.url, REDIS_SOCKET_TIMEOUT: '1000' },
    });
  }, 120_000);

  afterAll(async () => {
    await server?.remove();
    await redis?.remove();
    await database?.drop();
  });

  it('T63 are all listed, and every one can be changed and invalidated', async () => {
    const { body } = await server.api.get('/v1/admin/cache/families');
    const names = body.items.map(({ name }: { name: string }) => name).toSorted();
    expect(names).toEqual(await declaredNames());
    expect(names.length).toBeGreaterThan(12);
    for (const name of names) {
      const changed = await server.api.patch(`/v1/admin/cache/families/${name}`, { ttlMs: 12_345, reason: 'a test' });
      expect([name, changed.status]).toEqual([name, 200]);
      const gone = await server.api.post('/v1/admin/cache/invalidations', { family: name, reason: 'a test' });
      expect([name, gone.status, gone.body.invalidated]).toEqual([name, expect.any(Number), 'family']);
    }
  });
});
