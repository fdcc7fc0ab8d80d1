import { CACHE_MANAGER } from '@nestjs/cache-manager';
import { type INestApplicationContext, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Cache } from 'cache-manager';
import { Redis } from 'ioredis';
import { register } from 'prom-client';
import { ConfigModule, loadConfig } from '#config';
import { Database, DatabaseModule } from '#database';
import { KernelModule } from '#kernel';
import { HealthRegistry, ObservabilityModule } from '#observability';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { eventually } from '#test/support/eventually.js';
import { type RedisServer, startRedis } from '#test/support/services.js';
import { TcpProxy } from '#test/support/tcp-proxy.js';
import { CacheEngine } from './cache-engine.js';
import { CacheModule } from './cache.module.js';
import { CacheService } from './cache.service.js';
import { Cached, Invalidates } from './decorators/cached.decorator.js';
import { FamilySettingsService } from './families/family-settings.js';
import { mutableThings, thing, type ThingKey, thingTag } from './testing/test-families.js';

const shelf = mutableThings({ name: 'shelf' });

/** A feature as they are: a table, a cached read, a write that fires its tags. */
@Injectable()
class Shelf {
  loads = 0;
  private readonly family = mutableThings();

  constructor(
    private readonly database: Database,
    private readonly cache: CacheService,
  ) {}

  async read(key: ThingKey): Promise<unknown> {
    return this.cache.getOrSet(this.family, key, () => this.load(key));
  }

  async write(key: ThingKey, value: string, fail = false): Promise<void> {
    await this.database.run(async () => {
      await this.database.query(
        'INSERT INTO shelf (id, value) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET value = excluded.value',
        [key.id, value],
      );
      await this.cache.invalidate([thingTag(key)]);
      if ((await this.read(key)) !== value) throw new Error('a writer does not see its own write');
      if (fail) throw new Error('changed its mind');
    });
  }

  @Cached(shelf, (key: ThingKey) => key)
  async readDecorated(key: ThingKey): Promise<unknown> {
    return this.load(key);
  }

  @Invalidates((key: ThingKey) => [thingTag(key)])
  async writeDecorated(key: ThingKey, value: string): Promise<void> {
    await this.database.query('UPDATE shelf SET value = $2 WHERE id = $1', [key.id, value]);
  }

  private async load(key: ThingKey): Promise<unknown> {
    this.loads++;
    const [row] = await this.database.query<{ value: string }>('SELECT value FROM shelf WHERE id = $1', [key.id]);
    return row?.value ?? null;
  }
}

@Module({ imports: [CacheModule], providers: [Shelf] })
class ShelfModule {}

@Module({ imports: [CacheModule] })
class AnotherFeatureModule {}

const healthOf = (app: INestApplicationContext) =>
  app
    .get(HealthRegistry)
    .registered.find(({ name }) => name === 'cache')
    ?.check();

describe('the module', () => {
  let database: TestDatabase;
  let server: RedisServer;
  let apps: INestApplicationContext[] = [];
  let id = 0;
  let key: ThingKey;

  beforeAll(async () => {
    [database, server] = await Promise.all([createTestDatabase(), startRedis()]);
    const app = await startApp();
    await app.get(Database).query('CREATE TABLE shelf (id text PRIMARY KEY, value text NOT NULL)');
    await app.close();
    apps = [];
  });

  beforeEach(() => {
    key = { ...thing, id: `thing-${++id}` };
  });

  afterEach(async () => {
    server.resume();
    await Promise.all(apps.map((app) => app.close()));
    apps = [];
  });

  afterAll(async () => {
    await server.remove();
    await database.drop();
  });

  async function startApp(environment: Record<string, string> = {}): Promise<INestApplicationContext> {
    const config = loadConfig({
      DATABASE_URL: database.url,
      REDIS_URL: server.url,
      LOG_LEVEL: 'silent',
      // A busy machine is not an absence of Redis.
      REDIS_SOCKET_TIMEOUT: '1000',
      ...environment,
    });
    @Module({
      imports: [
        KernelModule,
        ConfigModule.forRoot(config),
        ObservabilityModule,
        DatabaseModule,
        ShelfModule,
        AnotherFeatureModule,
      ],
    })
    class App {}
    const app = await NestFactory.createApplicationContext(App, { logger: false });
    apps.push(app);
    return app;
  }

  const rowsLeft = async (app: INestApplicationContext) =>
    (await app.get(Database).query('SELECT id FROM cache_invalidations')).length;

  /** As before an answer goes out: the look that comes with it removes what was delivered. */
  const answer = (app: INestApplicationContext) => app.get(CacheService).acknowledged(0);

  /** A look that had begun before a delivery leaves its row to the next one, a moment later. */
  const noRowStays = async (app: INestApplicationContext) => {
    await answer(app);
    await eventually(async () => (await rowsLeft(app)) === 0, { what: 'what was delivered to be removed' });
  };

  it('joins the transaction of the write: fresh for all before its caller is answered', async () => {
    const [a, b] = [await startApp(), await startApp()];
    for (let version = 1; version <= 20; version++) {
      await a.get(Shelf).write(key, `v${version}`);
      expect(await b.get(Shelf).read(key)).toBe(`v${version}`);
      expect(await a.get(Shelf).read(key)).toBe(`v${version}`);
    }
    await noRowStays(a);
    expect(a.get(CacheEngine).invalidationCounts).toMatchObject({ delivered: 20, unconfirmed: 0 });
  });

  it('fires nothing where the transaction is rolled back', async () => {
    const app = await startApp();
    await app.get(Shelf).write(key, 'kept');
    await app.get(Shelf).read(key);
    await expect(app.get(Shelf).write(key, 'lost', true)).rejects.toThrow('changed its mind');
    const { loads } = app.get(Shelf);
    expect(await app.get(Shelf).read(key)).toBe('kept');
    expect(app.get(Shelf).loads).toBe(loads);
    await noRowStays(app);
  });

  it('sends all invalidations of one transaction in one command', async () => {
    const app = await startApp();
    const cache = app.get(CacheService);
    const calls = async () =>
      Number(/cmdstat_unlink:calls=(\d+)/.exec(await server.command('INFO', 'commandstats'))?.[1]);
    const before = await calls();
    await app.get(Database).run(async () => {
      for (let i = 0; i < 10; i++) await cache.invalidate([thingTag({ ...key, id: String(i) })]);
    });
    expect((await calls()) - before).toBe(1);
    await noRowStays(app);
  });

  it('the relay of another process delivers the row of a writer that died after its commit', async () => {
    const [writer, reader] = [await startApp(), await startApp()];
    await writer.get(Shelf).write(key, 'old');
    await answer(writer);
    expect(await reader.get(Shelf).read(key)).toBe('old');
    await writer.get(Database).run(async () => {
      await writer.get(Database).query('UPDATE shelf SET value = $2 WHERE id = $1', [key.id, 'new']);
      await writer
        .get(Database)
        .query('INSERT INTO cache_invalidations (id, tags) VALUES (gen_random_uuid(), $1)', [[thingTag(key)]]);
    });
    await eventually(async () => (await reader.get(Shelf).read(key)) === 'new', { timeoutMs: 2_000 });
    await eventually(async () => (await rowsLeft(reader)) === 0);
    expect(
      writer.get(CacheEngine).invalidationCounts.relayed + reader.get(CacheEngine).invalidationCounts.relayed,
    ).toBe(1);
  });

  it('a writer that can’t reach Redis is answered as soon as a peer has delivered for it', async () => {
    const link = await TcpProxy.to(server);
    try {
      const writer = await startApp({ REDIS_URL: link.urlFor(server.url) });
      const peer = await startApp();
      await writer.get(Shelf).write(key, 'old');
      expect(await peer.get(Shelf).read(key)).toBe('old');
      link.cut();
      await eventually(() => writer.get(CacheEngine).health().breaker === 'open');
      const startedMs = performance.now();
      await writer.get(Shelf).write(key, 'new');
      expect(performance.now() - startedMs).toBeLessThan(900);
      expect(writer.get(CacheEngine).invalidationCounts.unconfirmed).toBe(0);
      expect(await peer.get(Shelf).read(key)).toBe('new');
      expect(await writer.get(Shelf).read(key)).toBe('new');
    } finally {
      await link.close();
    }
  });

  it('exception (a) at its bound: nobody can deliver, the writer is answered after a second, and every process bypasses', async () => {
    const links = [await TcpProxy.to(server), await TcpProxy.to(server)];
    try {
      const [writer, peer] = [
        await startApp({ REDIS_URL: (links[0] as TcpProxy).urlFor(server.url) }),
        await startApp({ REDIS_URL: (links[1] as TcpProxy).urlFor(server.url) }),
      ];
      await writer.get(Shelf).write(key, 'old');
      expect(await peer.get(Shelf).read(key)).toBe('old');
      // The peer reads well, but what it deletes is lost: its side of the relay fails.
      const { redisStore } = peer.get(CacheEngine);
      const unlink = jest.spyOn(redisStore as object as { unlink: () => Promise<void> }, 'unlink');
      unlink.mockRejectedValue(new Error('lost'));
      (links[0] as TcpProxy).cut();
      await eventually(() => writer.get(CacheEngine).health().breaker === 'open');
      const startedMs = performance.now();
      await writer.get(Shelf).write(key, 'new');
      const tookMs = performance.now() - startedMs;
      expect(tookMs).toBeGreaterThanOrEqual(990);
      expect(tookMs).toBeLessThan(1_500);
      expect(writer.get(CacheEngine).invalidationCounts.unconfirmed).toBe(1);
      expect(await peer.get(Shelf).read(key)).toBe('new');
      expect(peer.get(CacheEngine).health()).toMatchObject({ bypassing: true, status: 'degraded', breaker: 'closed' });
      unlink.mockRestore();
      await eventually(() => peer.get(CacheEngine).health().status === 'up');
      expect(await peer.get(Shelf).read(key)).toBe('new');
      await eventually(async () => (await rowsLeft(peer)) === 0);
    } finally {
      await Promise.all(links.map((link) => link.close()));
    }
  });

  it('a process that can’t see the outbox trusts nothing mutable, for a writer may be waiting in vain', async () => {
    const database2 = await TcpProxy.to({
      host: new URL(database.url).hostname,
      port: Number(new URL(database.url).port),
    });
    try {
      const app = await startApp({ DATABASE_URL: database2.urlFor(database.url) });
      await app.get(Shelf).write(key, 'old');
      await app.get(Shelf).read(key);
      expect(app.get(CacheEngine).health().bypassing).toBe(false);
      database2.cut();
      await eventually(() => app.get(CacheEngine).health().bypassing);
      database2.heal();
      await eventually(() => !app.get(CacheEngine).health().bypassing);
      expect(await app.get(Shelf).read(key)).toBe('old');
    } finally {
      await Promise.all(apps.map((app) => app.close()));
      apps = [];
      await database2.close();
    }
  }, 120_000);

  it('settings of a family changed at run time are in force in every process within 5 s, and stay', async () => {
    const [a, b] = [await startApp(), await startApp()];
    for (const app of [a, b]) await app.get(Shelf).read(key);
    await a.get(FamilySettingsService).change('thing', { ttlMs: 1_234, staleMs: 5 });
    expect(policyIn(a)).toMatchObject({ ttlMs: 1_234, staleMs: 5 });
    await eventually(() => policyIn(b)?.ttlMs === 1_234, { timeoutMs: 5_000 });
    const c = await startApp();
    await c.get(Shelf).read(key);
    expect(policyIn(c)).toMatchObject({ ttlMs: 1_234 });
    await a.get(FamilySettingsService).change('thing', {});
    expect(policyIn(a)).toMatchObject({ ttlMs: 60_000 });
    await expect(a.get(FamilySettingsService).change('nobody', {})).rejects.toThrow('no cache family');
    await expect(a.get(FamilySettingsService).change('thing', { ttlMs: 0 })).rejects.toThrow('whole number');

    function policyIn(app: INestApplicationContext) {
      return app
        .get(CacheService)
        .families()
        .find(({ name }) => name === 'thing')?.policy;
    }
  });

  it('decorated methods read and write through it', async () => {
    const app = await startApp();
    await app.get(Shelf).write(key, 'old');
    const { loads } = app.get(Shelf);
    expect(await app.get(Shelf).readDecorated(key)).toBe('old');
    expect(await app.get(Shelf).readDecorated(key)).toBe('old');
    expect(app.get(Shelf).loads).toBe(loads + 1);
    await app.get(Shelf).writeDecorated(key, 'new');
    expect(await app.get(Shelf).readDecorated(key)).toBe('new');
    expect(await app.get(Shelf).readDecorated({ ...key, workspace: 'w2' })).toBe('new');
    expect(app.get(Shelf).loads).toBe(loads + 3);
  });

  it('T31 and T32: health and Prometheus show what is now, and the same as the statistics', async () => {
    const app = await startApp();
    await app.get(Shelf).read(key);
    await app.get(Shelf).read(key);
    const stats = app.get(CacheService).stats().families['thing'];
    const metrics = await register.metrics();
    expect(metrics).toContain(`cache_hits_total{family="thing",tier="local"} ${stats?.localHits}`);
    expect(metrics).toContain(`cache_misses_total{family="thing",tier="shared"} ${stats?.sharedMisses}`);
    expect(metrics).toMatch(/cache_operation_duration_seconds_count\{family="thing",tier="source"\} 1/);
    expect(metrics).toMatch(/cache_hit_ratio\{family="thing",tier="all"\} 0\.5/);
    // The first read missed both tiers, the second was answered by this process.
    expect(stats).toMatchObject({ localHits: 1, localMisses: 1, sharedMisses: 1, localHitRate: 0.5, sharedHitRate: 0 });
    expect(metrics).toContain('cache_misses_total{family="thing",tier="local"} 1');
    expect(metrics).toContain('cache_hit_ratio{family="thing",tier="local"} 0.5');
    expect(metrics).toContain('cache_hit_ratio{family="thing",tier="shared"} 0');
    expect(metrics).toMatch(/cache_memory_usage_bytes\{tier="local"\} [1-9]/);
    const health = () => healthOf(app);
    expect(await health()).toEqual({ status: 'up' });
    await server.stop();
    await eventually(async () => (await health())?.status === 'degraded');
    await server.start();
    await eventually(async () => (await health())?.status === 'up');
  });

  it('T32 says that it is off', async () => {
    const app = await startApp({ CACHE_ENABLED: 'false' });
    expect(await healthOf(app)).toEqual({
      status: 'degraded',
      detail: 'The cache is off: CACHE_ENABLED is false.',
    });
    expect(await app.get(Shelf).read(key)).toBeNull();
  });

  it('without Redis and with several processes it keeps nothing mutable', async () => {
    const app = await startApp({ REDIS_URL: '' });
    await app.get(Shelf).write(key, 'old');
    const { loads } = app.get(Shelf);
    await app.get(Shelf).read(key);
    await app.get(Shelf).read(key);
    expect(app.get(Shelf).loads).toBe(loads + 2);
    expect((await healthOf(app))?.status).toBe('degraded');
  });

  it('without Redis, alone: the same promise in the process', async () => {
    const app = await startApp({ REDIS_URL: '', KEEPSAKE_SINGLE_PROCESS: 'true' });
    await app.get(Shelf).write(key, 'old');
    expect(await app.get(Shelf).read(key)).toBe('old');
    const { loads } = app.get(Shelf);
    expect(await app.get(Shelf).read(key)).toBe('old');
    expect(app.get(Shelf).loads).toBe(loads);
    await app.get(Shelf).write(key, 'new');
    expect(await app.get(Shelf).read(key)).toBe('new');
    expect(await healthOf(app)).toEqual({ status: 'up' });
  });

  describe('as Nest’s own CACHE_MANAGER', () => {
    it.each([
      ['over Redis', {}],
      ['in process', { REDIS_URL: '', KEEPSAKE_SINGLE_PROCESS: 'true' }],
    ])('T35 %s values come back exactly as stored, and nothing is revived into code', async (_name, environment) => {
      const manager = (await startApp(environment)).get<Cache>(CACHE_MANAGER);
      const values = [
        '_function_() => { globalThis.hacked = true }',
        '_date_2020',
        JSON.parse('{"toJSON": 1, "then": "x"}'),
        [1, null],
        0,
        '',
        false,
        new Date(5),
      ];
      for (const [i, value] of values.entries()) {
        await manager.set(`key ${i}`, value, 60_000);
        expect(await manager.get(`key ${i}`)).toEqual(value);
      }
      expect((globalThis as { hacked?: boolean }).hacked).toBeUndefined();
      await manager.del('key 0');
      expect(await manager.get('key 0')).toBeUndefined();
      await manager.set('brief', 1, 20);
      await eventually(async () => (await manager.get('brief')) === undefined);
      let calls = 0;
      for (let i = 0; i < 2; i++) expect(await manager.wrap('wrapped', async () => ++calls, 60_000)).toBe(1);
      await manager.mset([
        { key: 'm1', value: 1, ttl: 60_000 },
        { key: 'm2', value: 2, ttl: 60_000 },
      ]);
      expect(await manager.mget(['m1', 'm2', 'm3'])).toEqual([1, 2, undefined]);
    });

    it('T35 a string that somebody else left under its key is a miss', async () => {
      const manager = (await startApp()).get<Cache>(CACHE_MANAGER);
      await server.command('SET', 'ks:n:evil', '"_function_() => { globalThis.hacked = true }"');
      expect(await manager.get('evil')).toBeUndefined();
      expect((globalThis as { hacked?: boolean }).hacked).toBeUndefined();
    });

    it('T36 in process, clear empties it and nothing else', async () => {
      const app = await startApp({ REDIS_URL: '', KEEPSAKE_SINGLE_PROCESS: 'true' });
      const manager = app.get<Cache>(CACHE_MANAGER);
      await app.get(Shelf).write(key, 'kept');
      await app.get(Shelf).read(key);
      const { loads } = app.get(Shelf);
      await manager.set('a', 1, 60_000);
      await manager.clear();
      expect(await manager.get('a')).toBeUndefined();
      await app.get(Shelf).read(key);
      expect(app.get(Shelf).loads).toBe(loads);
    });

    it('T36 clear leaves foreign keys, and the cache’s own entries, alone', async () => {
      const app = await startApp();
      const manager = app.get<Cache>(CACHE_MANAGER);
      const redis = new Redis(server.url);
      try {
        await redis.set('foreign', 'mine');
        await app.get(Shelf).read(key);
        await manager.set('a', 1, 60_000);
        await manager.clear();
        expect(await manager.get('a')).toBeUndefined();
        expect(await redis.get('foreign')).toBe('mine');
        expect(
          await app.get(CacheService).get(app.get(CacheService).findFamily('thing') as never, key as never),
        ).toBeNull();
      } finally {
        redis.disconnect();
      }
    });

    it('an outage is a miss', async () => {
      const manager = (await startApp()).get<Cache>(CACHE_MANAGER);
      await manager.set('a', 1, 60_000);
      server.pause();
      expect(await manager.get('a')).toBeUndefined();
      await manager.set('a', 2, 60_000);
      server.resume();
    });
  });
});
