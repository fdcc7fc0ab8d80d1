import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { SystemClock } from '#kernel';
import { eventually } from '#test/support/eventually.js';
import { type RedisServer, startRedis } from '#test/support/services.js';
import { TcpProxy } from '#test/support/tcp-proxy.js';
import { CacheEngine } from './cache-engine.js';
import { CountedSource } from './testing/counted-source.js';
import { MemoryOutbox, OutboxTable } from './testing/memory-outbox.js';
import { startTestEngine } from './testing/test-engine.js';
import { immutableThings, mutableThings, thing, type ThingKey } from './testing/test-families.js';
import { testNamespace } from './testing/test-redis.js';

const TEXT = 'a kestrel over the field';
const stranger: ThingKey = { ...thing, workspace: 'w2' };

/** Engines with one namespace and one outbox are processes that share a server and a database. */
describe('erasing what the caches hold of a workspace', () => {
  let server: RedisServer;
  let redis: Redis;
  let table: OutboxTable;
  let namespace: string;
  let engines: CacheEngine[];
  let links: TcpProxy[];

  beforeAll(async () => {
    server = await startRedis();
    redis = new Redis(server.url);
  });

  afterAll(async () => {
    redis.disconnect();
    await server.remove();
  });

  beforeEach(() => {
    table = new OutboxTable();
    namespace = testNamespace();
    engines = [];
    links = [];
  });

  afterEach(async () => {
    for (const link of links) link.heal();
    await Promise.all(engines.map((engine) => engine.stop()));
    await Promise.all(links.map((link) => link.close()));
  });

  const outbox = () => new MemoryOutbox(table, new SystemClock());

  async function start(redisUrl = server.url): Promise<CacheEngine> {
    const engine = await startTestEngine({ redisUrl, namespace }, { outbox: outbox() });
    await eventually(() => engine.cache.store.isOpen, { timeoutMs: 10_000 });
    engines.push(engine);
    return engine;
  }

  async function startWithoutRedis(singleProcess: boolean): Promise<CacheEngine> {
    const engine = new CacheEngine(
      { namespace, singleProcess },
      { clock: new SystemClock(), ...(singleProcess ? {} : { outbox: outbox() }) },
    );
    await engine.start();
    engines.push(engine);
    return engine;
  }

  /** What Redis holds of a workspace: keys and values. */
  async function held(workspace: string): Promise<string[]> {
    const keys = await redis.keys(`${namespace}:v:*:${workspace}:*`);
    const values = await Promise.all(keys.map((key) => redis.get(key)));
    return values.map((value, i) => `${keys[i]} ${value}`);
  }

  const families = () => [immutableThings(), mutableThings(), immutableThings({ name: 'vector', schemaVersion: 3 })];

  it('leaves nothing of it in Redis or in any process, of any family, and everything of others', async () => {
    const [a, b] = [await start(), await start()];
    const all = families();
    for (const { cache } of [a, b])
      for (const family of all)
        for (const key of [thing, stranger]) expect(await cache.getOrSet(family, key, () => TEXT)).toBe(TEXT);
    expect(await held('w1')).toHaveLength(3);
    expect([a, b].map(({ cache }) => cache.local.size)).toEqual([6, 6]);

    await a.cache.erase('w1');
    expect(await held('w1')).toEqual([]);
    expect(await held('w2')).toHaveLength(3);
    expect([a, b].map(({ cache }) => cache.local.size)).toEqual([3, 3]);
    for (const { cache } of [a, b]) {
      for (const family of all) {
        expect(await cache.get(family, thing)).toBeUndefined();
        expect(await cache.getOrSet(family, stranger, () => 'not asked')).toBe(TEXT);
      }
    }
  });

  it('is not undone by loads that were under way, in any process', async () => {
    const [a, b] = [await start(), await start()];
    const all = families();
    const source = new CountedSource(TEXT);
    const release = source.hold();
    const reads = [a, b].flatMap(({ cache }) => all.map((family) => cache.getOrSet(family, thing, source.load)));
    await eventually(() => source.loads === 3);
    source.value = 'nothing';
    await a.cache.erase('w1');
    // Who comes now shares no load of before.
    expect(await b.cache.getOrSet(all[0] as ReturnType<typeof immutableThings>, stranger, () => 'other')).toBe('other');
    release();
    const answers = await Promise.all(reads);
    expect(answers.filter((answer) => answer === TEXT)).toHaveLength(3);
    for (const { cache } of [a, b])
      for (const family of all) expect(cache.local.get(family.entryKey(cache.space, thing))?.value).not.toBe(TEXT);
    expect((await held('w1')).filter((entry) => entry.includes(TEXT))).toEqual([]);
  });

  it('does not let later readers share a load of before', async () => {
    const a = await start();
    const family = immutableThings();
    const source = new CountedSource(TEXT);
    const release = source.hold();
    const earlier = a.cache.getOrSet(family, thing, source.load);
    await eventually(() => source.loads === 1);
    await a.cache.erase('w1');
    const later = a.cache.getOrSet(family, thing, () => 'nothing');
    expect(await later).toBe('nothing');
    release();
    expect(await earlier).toBe(TEXT);
    expect(await a.cache.getOrSet(family, thing, () => 'not asked')).toBe('nothing');
  });

  it('breaks the lease of a value that is being set', async () => {
    const a = await start();
    const family = immutableThings();
    const { store } = a.cache;
    const fill = store.fill.bind(store);
    const late = jest.spyOn(store, 'fill').mockImplementation(async (...args) => {
      await a.cache.erase('w1');
      return fill(...args);
    });
    expect(await a.cache.set(family, thing, TEXT)).toBe(false);
    late.mockRestore();
    expect(await held('w1')).toEqual([]);
    expect(a.cache.local.size).toBe(0);
    expect(await a.cache.set(family, thing, 'later')).toBe(true);
    expect(await a.cache.get(family, thing)).toBe('later');
  });

  it('is done by the relays where the process dies after its commit', async () => {
    const [b, c] = [await start(), await start()];
    const family = immutableThings();
    for (const { cache } of [b, c]) await cache.getOrSet(family, thing, () => TEXT);
    await outbox().appendErasure('w1');
    await eventually(async () => (await held('w1')).length === 0, { timeoutMs: 5_000, what: 'the removal' });
    await eventually(() => b.cache.local.size + c.cache.local.size === 0, { timeoutMs: 5_000, what: 'the drop' });
    for (const { cache } of [b, c]) expect(await cache.getOrSet(family, thing, () => 'nothing')).toBe('nothing');
  });

  it('is done by another process where this one can’t reach Redis, within the bound', async () => {
    const link = await TcpProxy.to(server);
    links.push(link);
    const [a, b] = [await start(link.urlFor(server.url)), await start()];
    const family = immutableThings();
    await b.cache.getOrSet(family, thing, () => TEXT);
    link.cut();
    await eventually(() => !a.cache.store.isOpen, { timeoutMs: 10_000, what: 'the breaker' });
    await a.cache.erase('w1');
    expect(await held('w1')).toEqual([]);
    expect(b.cache.local.size).toBe(0);
    link.heal();
    await eventually(() => a.cache.store.isOpen, { timeoutMs: 20_000, what: 'the shared tier' });
    expect(await a.cache.getOrSet(family, thing, () => 'nothing')).toBe('nothing');
  });

  it('serves nothing of it while nobody can reach Redis, and removes it when somebody can', async () => {
    const link = await TcpProxy.to(server);
    links.push(link);
    const [a, b] = [await start(link.urlFor(server.url)), await start(link.urlFor(server.url))];
    const family = immutableThings();
    for (const { cache } of [a, b]) await cache.getOrSet(family, thing, () => TEXT);
    link.cut();
    await a.cache.erase('w1');
    expect(await held('w1')).toHaveLength(1);
    for (const { cache } of [a, b]) expect(await cache.getOrSet(family, thing, () => 'nothing')).toBe('nothing');
    link.heal();
    await eventually(async () => (await held('w1')).every((entry) => !entry.includes(TEXT)), {
      timeoutMs: 20_000,
      what: 'the removal',
    });
    for (const { cache } of [a, b]) expect(await cache.getOrSet(family, thing, () => 'nothing')).toBe('nothing');
  });

  it('removes a minute later what was made of a text of before and stored after it, and nothing else', async () => {
    let passedMs = 0;
    class LaterClock extends SystemClock {
      override nowMs = () => super.nowMs() + passedMs;
    }
    const later = async () => {
      const engine = await startTestEngine(
        { redisUrl: server.url, namespace },
        { outbox: new MemoryOutbox(table, new LaterClock()) },
      );
      await eventually(() => engine.cache.store.isOpen, { timeoutMs: 10_000 });
      engines.push(engine);
      return engine;
    };
    const [a, b] = [await later(), await later()];
    await a.cache.erase('w1');
    const [digests, things] = [immutableThings(), mutableThings()];
    for (const { cache } of [a, b]) {
      expect(await cache.getOrSet(digests, thing, () => TEXT)).toBe(TEXT);
      expect(await cache.getOrSet(digests, stranger, () => TEXT)).toBe(TEXT);
      expect(await cache.getOrSet(things, thing, () => 'read since')).toBe('read since');
    }
    // Half a minute later it is as it was, after some turns of the relays.
    passedMs = 30_000;
    await pause(1_000);
    expect(await held('w1')).toHaveLength(2);

    passedMs = 61_000;
    await eventually(async () => (await held('w1')).every((entry) => !entry.includes(TEXT)), {
      timeoutMs: 10_000,
      what: 'the second removal',
    });
    await eventually(() => a.cache.local.size + b.cache.local.size === 4, { timeoutMs: 10_000, what: 'the drop' });
    for (const { cache } of [a, b]) {
      expect(await cache.getOrSet(things, thing, () => 'not asked')).toBe('read since');
      expect(await cache.getOrSet(digests, stranger, () => 'not asked')).toBe(TEXT);
      expect(await cache.getOrSet(digests, thing, () => 'nothing')).toBe('nothing');
    }
    expect(table.erasures.size).toBe(0);
  });

  it('reaches every process without Redis', async () => {
    const [a, b] = [await startWithoutRedis(false), await startWithoutRedis(false)];
    const family = immutableThings();
    for (const { cache } of [a, b]) {
      await cache.getOrSet(family, thing, () => TEXT);
      expect(await cache.getOrSet(family, thing, () => 'not asked')).toBe(TEXT);
    }
    await a.cache.erase('w1');
    expect([a, b].map(({ cache }) => cache.local.size)).toEqual([0, 0]);
    for (const { cache } of [a, b]) expect(await cache.getOrSet(family, thing, () => 'nothing')).toBe('nothing');
  });

  it('leaves nothing in a process that is alone, and waits for nobody', async () => {
    const a = await startWithoutRedis(true);
    for (const family of families()) await a.cache.getOrSet(family, thing, () => TEXT);
    const startedMs = performance.now();
    await a.cache.erase('w1');
    expect(performance.now() - startedMs).toBeLessThan(400);
    expect(a.cache.local.size).toBe(0);
    expect((await a.cache.store.scan(a.cache.space.entryPrefix, '0', 100)).keys).toEqual([]);
  });
});
