import { eventually } from '#test/support/eventually.js';
import { startCluster, startRedis, startSentinelSet } from '#test/support/services.js';
import type { CacheEngine, CacheSettings } from '../../cache-engine.js';
import { startTestEngine } from '../../testing/test-engine.js';
import { mutableThings, thingTag } from '../../testing/test-families.js';

interface Process {
  readonly engine: CacheEngine;
  read(id: string, value: unknown): Promise<unknown>;
  write(id: string): Promise<void>;
}

async function startProcess(settings: CacheSettings, part: Parameters<typeof mutableThings>[0] = {}): Promise<Process> {
  // A busy machine is not an absence of a server.
  const engine = await startTestEngine({ namespace: 'ks', redis: { commandTimeoutMs: 500 }, ...settings });
  const family = mutableThings(part);
  engine.cache.register(family);
  return {
    engine,
    read: (id, value) => engine.cache.getOrSet(family, { workspace: 'w', id }, () => value),
    write: (id) => engine.cache.invalidate([thingTag({ workspace: 'w', id })]),
  };
}

const isUp = ({ engine }: Process) =>
  eventually(() => engine.health().status === 'up', {
    timeoutMs: 20_000,
    what: `the cache, now ${engine.health().problem}`,
  });

describe('one endpoint of a Cluster', () => {
  it.each([3, 1])(
    'of %i masters is found out, and used as a Cluster',
    async (primaries) => {
      const cluster = await startCluster({ primaries });
      const redisUrl = `redis://:${cluster.password}@127.0.0.1:${cluster.primaries[0]?.port}`;
      const [a, b] = [await startProcess({ redisUrl }), await startProcess({ redisUrl: cluster.url })];
      try {
        await Promise.all([isUp(a), isUp(b)]);
        const ids = Array.from({ length: 30 }, (_, i) => `id-${i}`);
        for (const id of ids) expect(await a.read(id, 'old')).toBe('old');
        for (const id of ids) expect(await b.read(id, 'not asked')).toBe('old');
        for (const id of ids) {
          await b.write(id);
          expect(await a.read(id, 'new')).toBe('new');
        }
        const sizes = await Promise.all(cluster.primaries.map((node) => node.command('DBSIZE')));
        expect(Math.min(...sizes)).toBeGreaterThan(1);
      } finally {
        await Promise.all([a, b].map(({ engine }) => engine.stop()));
        await cluster.remove();
      }
    },
    120_000,
  );

  it('with a database in the URL is reported, since a Cluster has none', async () => {
    const cluster = await startCluster({ primaries: 1 });
    const a = await startProcess({
      redisUrl: `redis://:${cluster.password}@127.0.0.1:${cluster.primaries[0]?.port}/2`,
    });
    try {
      await eventually(() => a.engine.health().problem?.includes('which has no database 2') === true);
    } finally {
      await a.engine.stop();
      await cluster.remove();
    }
  }, 120_000);
});

describe('the shared tier on a Cluster of three masters', () => {
  it('is fresh on all of them, invalidates everything on all, and serves on when one is lost', async () => {
    const cluster = await startCluster();
    const [a, b] = [await startProcess({ redisUrl: cluster.url }), await startProcess({ redisUrl: cluster.url })];
    try {
      await Promise.all([isUp(a), isUp(b)]);
      const ids = Array.from({ length: 30 }, (_, i) => `id-${i}`);
      for (const id of ids) expect(await a.read(id, 'old')).toBe('old');
      for (const id of ids) expect(await b.read(id, 'not asked')).toBe('old');
      // Kept values are validated without the entry, also where entry and stamps are on three masters.
      const before = b.engine.cache.stats().totals;
      for (const id of ids) expect(await b.read(id, 'not asked')).toBe('old');
      expect(b.engine.cache.stats().totals.localHits - before.localHits).toBe(ids.length);
      for (const id of ids) {
        await a.write(id);
        expect(await b.read(id, 'new')).toBe('new');
        expect(await a.read(id, 'not asked')).toBe('new');
      }
      const sizes = await Promise.all(cluster.primaries.map((node) => node.command('DBSIZE')));
      expect(Math.min(...sizes)).toBeGreaterThan(1);
      expect(await a.engine.cache.clear()).toBe(true);
      for (const id of ids) expect(await b.read(id, 'newest')).toBe('newest');
      expect(await a.engine.cache.deleteEntries(a.engine.cache.findFamily('thing') as never)).toBe(ids.length);

      await cluster.primaries[2]?.kill();
      await eventually(() => a.engine.health().status === 'degraded');
      for (const id of ids) {
        await a.read(id, 'after');
        expect(await a.read(id, 'after')).toBe('after');
      }
      await eventually(() => a.engine.cache.stats().totals.sharedHits > 0);
      await cluster.primaries[2]?.start();
      await Promise.all([isUp(a), isUp(b)]);
      await a.write('id-0');
      expect(await b.read('id-0', 'back')).toBe('back');
      expect(await b.read('id-0', 'not asked')).toBe('back');
    } finally {
      await Promise.all([a.engine.stop(), b.engine.stop()]);
      await cluster.remove();
    }
  }, 120_000);
});

describe('the shared tier behind Sentinels', () => {
  it('follows the primary, reads nothing that an old one held, and believes no old one that comes back', async () => {
    const set = await startSentinelSet();
    const [a, b] = [await startProcess({ redisUrl: set.url }), await startProcess({ redisUrl: set.url })];
    try {
      await Promise.all([isUp(a), isUp(b)]);
      expect(await a.read('x', 'old')).toBe('old');
      expect(await b.read('x', 'not asked')).toBe('old');
      const old = await set.primary();
      // Paused for longer than the Sentinels wait: a replica takes over, and then the old one comes back.
      old.pause();
      await eventually(async () => (await set.primary()) !== old, { timeoutMs: 30_000, what: 'an election' });
      await a.write('x');
      old.resume();
      expect(await a.read('x', 'new')).toBe('new');
      expect(await b.read('x', 'new')).toBe('new');
      await Promise.all([isUp(a), isUp(b)]);
      expect(await b.read('x', 'newer')).toMatch(/^newe?r?$/);
      await a.write('x');
      expect(await b.read('x', 'newest')).toBe('newest');
      expect(await a.read('x', 'not asked')).toBe('newest');
    } finally {
      await Promise.all([a.engine.stop(), b.engine.stop()]);
      await set.remove();
    }
  }, 120_000);
});

describe('a server that asks who calls', () => {
  it('by password and ACL user, with the fewest rights', async () => {
    const server = await startRedis();
    await server.command(
      'ACL',
      'SETUSER',
      'cache',
      'on',
      '>s3cret/:@',
      '~ks:*',
      '&ks:*',
      '-@all',
      '+@read',
      '+@write',
      '+@string',
      '+@scripting',
      '+@connection',
      '+@pubsub',
      '+info',
      '+role',
      '-@dangerous',
      '+info',
      '+role',
    );
    const redisUrl = `redis://cache:${encodeURIComponent('s3cret/:@')}@${server.host}:${server.port}`;
    const process = await startProcess({ redisUrl });
    try {
      await isUp(process);
      expect(await process.read('x', 'value')).toBe('value');
      expect(await process.read('x', 'not asked')).toBe('value');
      await process.write('x');
      expect(await process.read('x', 'new')).toBe('new');
    } finally {
      await process.engine.stop();
      await server.remove();
    }
  });

  it('and hides INFO: works, says what that costs, and invalidates all at every reconnect', async () => {
    const server = await startRedis();
    await server.command('ACL', 'SETUSER', 'cache', 'on', '>secret', '~ks:*', '&ks:*', '+@all', '-info', '-role');
    const process = await startProcess({ redisUrl: `redis://cache:secret@${server.host}:${server.port}` });
    try {
      await isUp(process);
      expect(process.engine.health().missingFeatures.join()).toContain('INFO is not allowed');
      expect(await process.read('x', 'value')).toBe('value');
      expect(await process.read('x', 'not asked')).toBe('value');
      await server.command('CLIENT', 'KILL', 'USER', 'cache');
      await eventually(async () => (await process.read('x', 'new')) === 'new');
      await isUp(process);
    } finally {
      await process.engine.stop();
      await server.remove();
    }
  });
});
