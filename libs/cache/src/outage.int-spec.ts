import { createServer, type Server } from 'node:net';
import { once } from 'node:events';
import { Registry } from 'prom-client';
import { eventually } from '#test/support/eventually.js';
import { type RedisServer, startRedis } from '#test/support/services.js';
import { TcpProxy } from '#test/support/tcp-proxy.js';
import type { CacheEngine, CacheSettings } from './cache-engine.js';
import { CacheMetrics } from './metrics/cache-metrics.js';
import { CountedSource } from './testing/counted-source.js';
import { startTestEngine } from './testing/test-engine.js';
import { immutableThings, mutableThings, thing, thingTag } from './testing/test-families.js';

/** One command is waited for at most 50 ms; a read asks for at most three in a row. The rest is for a busy machine. */
const BOUND_MS = 3 * 50 + 150;

describe('with the shared tier', () => {
  let server: RedisServer;
  let engines: CacheEngine[] = [];

  beforeEach(async () => {
    server = await startRedis();
  });

  afterEach(async () => {
    server.resume();
    await Promise.all(engines.map((engine) => engine.stop()));
    engines = [];
    await server.remove();
  });

  async function startEngine(settings: CacheSettings = {}): Promise<CacheEngine> {
    const engine = await startTestEngine({ redisUrl: server.url, namespace: 'ks', redis: {}, ...settings });
    engines.push(engine);
    return engine;
  }

  /** Reads through the cache, and checks that nobody waited for longer than the bound. */
  async function readInTime<Value>(
    engine: CacheEngine,
    family: ReturnType<typeof mutableThings>,
    value: Value,
  ): Promise<unknown> {
    const startedMs = performance.now();
    const answer = await engine.cache.getOrSet(family, thing, () => value);
    expect(performance.now() - startedMs).toBeLessThan(BOUND_MS);
    return answer;
  }

  async function isUp(engine: CacheEngine): Promise<void> {
    await eventually(() => engine.health().status === 'up');
  }

  async function metricOf(engine: CacheEngine, name: string): Promise<number | undefined> {
    const registry = new Registry();
    const metrics = new CacheMetrics(engine, registry);
    expect(metrics).toBeDefined();
    const line = (await registry.metrics()).split('\n').find((text) => text.startsWith(`${name} `));
    return line === undefined ? undefined : Number(line.split(' ')[1]);
  }

  it('stopped: the sources answer, health and metrics show it, and it recovers without a restart', async () => {
    const engine = await startEngine();
    const family = mutableThings();
    expect(await readInTime(engine, family, 1)).toBe(1);
    expect(await metricOf(engine, 'cache_up')).toBe(1);
    await server.stop();
    expect(await readInTime(engine, family, 2)).toBe(2);
    await eventually(() => engine.health().breaker === 'open');
    for (let i = 0; i < 20; i++) expect(await readInTime(engine, family, i)).toBe(i);
    expect(engine.health()).toMatchObject({ status: 'degraded', breaker: 'open', problem: expect.any(String) });
    expect(await metricOf(engine, 'cache_up')).toBe(0);
    await server.start();
    const backMs = performance.now();
    await isUp(engine);
    expect(performance.now() - backMs).toBeLessThan(2_000);
    expect(await readInTime(engine, family, 'new')).toBe('new');
    expect(await readInTime(engine, family, 'not asked')).toBe('new');
  });

  it('paused: one command is waited for, then nobody waits, and it recovers', async () => {
    const engine = await startEngine();
    const family = mutableThings({ keepInProcess: false });
    expect(await readInTime(engine, family, 1)).toBe(1);
    server.pause();
    for (let i = 0; i < 10; i++) expect(await readInTime(engine, family, i)).toBe(i);
    expect(engine.health().breaker).toBe('open');
    const startedMs = performance.now();
    for (let i = 0; i < 100; i++) await engine.cache.getOrSet(family, thing, () => i);
    // Waiting for each would take five seconds.
    expect(performance.now() - startedMs).toBeLessThan(2_500);
    server.resume();
    await isUp(engine);
    expect(await readInTime(engine, family, 'not asked')).toBe(1);
  });

  it('black-holed: the same, though no connection ever breaks', async () => {
    const link = await TcpProxy.to(server);
    try {
      const engine = await startEngine({ redisUrl: link.urlFor(server.url) });
      const family = mutableThings({ keepInProcess: false });
      expect(await readInTime(engine, family, 1)).toBe(1);
      link.blackHole();
      for (let i = 0; i < 10; i++) expect(await readInTime(engine, family, i)).toBe(i);
      expect(engine.health().breaker).toBe('open');
      link.heal();
      await isUp(engine);
      expect(await readInTime(engine, family, 'not asked')).toBe(1);
    } finally {
      await link.close();
    }
  });

  it('slow: costs at most the bound, and is used again when it is fast', async () => {
    const link = await TcpProxy.to(server);
    try {
      const engine = await startEngine({ redisUrl: link.urlFor(server.url) });
      const family = mutableThings({ keepInProcess: false });
      expect(await readInTime(engine, family, 1)).toBe(1);
      link.slow(200);
      for (let i = 0; i < 5; i++) expect([1, i]).toContain(await readInTime(engine, family, i));
      link.heal();
      await isUp(engine);
      expect(await readInTime(engine, family, 'not asked')).toBe(1);
    } finally {
      await link.close();
    }
  });

  it('well, but this process busy for longer than a command may take: that is no outage', async () => {
    const engine = await startEngine();
    const family = mutableThings({ keepInProcess: false });
    expect(await readInTime(engine, family, 'kept')).toBe('kept');
    for (let i = 0; i < 5; i++) {
      const reading = engine.cache.getOrSet(family, thing, () => 'not asked');
      // The command is sent before the turn ends; the reply waits in the socket.
      await Promise.resolve();
      const startedMs = performance.now();
      process.nextTick(() => {
        while (performance.now() - startedMs < 120);
      });
      expect(await reading).toBe('kept');
    }
    expect(engine.health()).toMatchObject({ status: 'up', breaker: 'closed' });
    expect(engine.cache.stats().totals).toMatchObject({ errors: 0, bypasses: 0 });
  });

  it('full (noeviction): hits go on, misses are not stored, and invalidations work', async () => {
    const engine = await startEngine();
    const family = mutableThings({ keepInProcess: false });
    const other = mutableThings({ name: 'other', keepInProcess: false });
    expect(await readInTime(engine, family, 'old')).toBe('old');
    await server.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
    await server.command('CONFIG', 'SET', 'maxmemory', '1');
    expect(await readInTime(engine, family, 'not asked')).toBe('old');
    for (let i = 0; i < 10; i++) expect(await readInTime(engine, other, i)).toBe(i);
    expect(engine.health().breaker).toBe('closed');
    await engine.cache.invalidate([thingTag(thing)]);
    expect(engine.invalidationCounts.unconfirmed).toBe(0);
    expect(await readInTime(engine, family, 'new')).toBe('new');
    expect(engine.cache.stats().totals.errors).toBeGreaterThan(0);
    await server.command('CONFIG', 'SET', 'maxmemory', '0');
    expect(await readInTime(engine, family, 'newer')).toBe('newer');
    expect(await readInTime(engine, family, 'not asked')).toBe('newer');
  });

  it('full from the start: is used for what it can, and says what it does not have', async () => {
    await server.command('CONFIG', 'SET', 'maxmemory', '1');
    const engine = await startEngine();
    expect(await readInTime(engine, mutableThings(), 1)).toBe(1);
    expect(engine.health().missingFeatures.join()).toContain('noeviction');
    await server.command('CONFIG', 'SET', 'maxmemory', '0');
    await eventually(async () => {
      await engine.cache.getOrSet(mutableFamily, thing, () => 2);
      return engine.cache.has(mutableFamily, thing);
    });
  });
  const mutableFamily = mutableThings({ name: 'later' });

  it('read-only: it is not read either, for nothing could be invalidated on it', async () => {
    const engine = await startEngine();
    const family = mutableThings({ keepInProcess: false });
    expect(await readInTime(engine, family, 'old')).toBe('old');
    const primary = await startRedis();
    try {
      await server.command('CONFIG', 'SET', 'masterauth', primary.password);
      await server.command('REPLICAOF', primary.host, primary.port);
      const writing = engine.cache.invalidate([thingTag(thing)]);
      await writing;
      expect(await readInTime(engine, family, 'new')).toBe('new');
      expect(engine.health()).toMatchObject({ status: 'degraded', breaker: 'open' });
      await server.command('REPLICAOF', 'NO', 'ONE');
      await isUp(engine);
      expect(await readInTime(engine, family, 'newer')).toBe('newer');
      expect(await readInTime(engine, family, 'not asked')).toBe('newer');
    } finally {
      await primary.remove();
    }
  });

  it('answering what it was not asked: none of its answers is believed, and the connection is made again', async () => {
    const link = await TcpProxy.to({ host: '127.0.0.1', port: server.port });
    try {
      const engine = await startEngine({ redisUrl: link.urlFor(server.url) });
      const family = mutableThings({ keepInProcess: false });
      const others = ['a', 'b'].map((id) => ({ workspace: 'w1', id }));
      expect(await readInTime(engine, family, 'kept')).toBe('kept');
      for (const other of others) await engine.cache.getOrSet(family, other, () => other.id);
      for (const reply of [':1\r\n', '*0\r\n', '+OK\r\n', '*1\r\n$1\r\nx\r\n', '$-1\r\n']) {
        await isUp(engine);
        link.insert(reply);
        for (const other of others) expect(await engine.cache.getOrSet(family, other, () => other.id)).toBe(other.id);
        const written = await Promise.all([
          engine.cache.invalidate([thingTag(thing)]),
          engine.cache.getOrSet(family, others[0] as typeof thing, () => 'a'),
        ]);
        expect(written[1]).toBe('a');
        expect(await engine.cache.getOrSet(family, thing, () => reply)).toBe(reply);
      }
      await isUp(engine);
      expect(await readInTime(engine, family, 'not asked')).toBe('$-1\r\n');
    } finally {
      await link.close();
    }
  });

  it('asking for another password: degraded, with the reason, until the password is right', async () => {
    const engine = await startEngine({ redisUrl: `redis://:wrong@${server.host}:${server.port}` });
    const family = mutableThings();
    expect(await readInTime(engine, family, 1)).toBe(1);
    expect(engine.health().problem).toMatch(/WRONGPASS|NOAUTH|password/i);
    await server.command('CONFIG', 'SET', 'requirepass', 'wrong');
    server.password = 'wrong';
    await isUp(engine);
    expect(await readInTime(engine, family, 2)).toBe(2);
    expect(await readInTime(engine, family, 'not asked')).toBe(2);
  });

  it.each([
    ['an HTTP server', 'HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n'],
    ['a server that says nothing', ''],
    ['a server that talks nonsense', '\u0000\u0001$$$\r\n:::\r\n'],
  ])('being %s: degraded, and never an error nor a hang', async (_name, answer) => {
    const impostor: Server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', () => {
        if (answer !== '') socket.write(answer);
      });
    });
    impostor.listen(0, '127.0.0.1');
    await once(impostor, 'listening');
    const { port } = impostor.address() as { port: number };
    const engine = await startEngine({ redisUrl: `redis://127.0.0.1:${port}` });
    try {
      const family = mutableThings();
      for (let i = 0; i < 10; i++) expect(await readInTime(engine, family, i)).toBe(i);
      expect(engine.health()).toMatchObject({ status: 'degraded', breaker: 'open' });
      await engine.cache.invalidate([thingTag(thing)]);
    } finally {
      await engine.stop();
      impostor.close();
    }
  });

  it('T9 away at the start: it is found when it appears, and missed when it goes', async () => {
    await server.stop();
    const engine = await startEngine();
    const family = mutableThings();
    const immutable = immutableThings();
    expect(await readInTime(engine, family, 1)).toBe(1);
    const source = new CountedSource('kept here');
    for (let i = 0; i < 3; i++) await engine.cache.getOrSet(immutable, thing, source.load);
    expect(source.loads).toBe(1);
    await server.start();
    await isUp(engine);
    expect(await readInTime(engine, family, 2)).toBe(2);
    expect(await readInTime(engine, family, 'not asked')).toBe(2);
    await server.stop();
    await eventually(() => engine.health().breaker === 'open');
    expect(await readInTime(engine, family, 3)).toBe(3);
  });

  it('T29 away during a write: after recovery the old value is not served', async () => {
    const [writer, reader] = [await startEngine(), await startEngine()];
    const [ofWriter, ofReader] = [mutableThings(), mutableThings()];
    await readInTime(writer, ofWriter, 'old');
    await readInTime(reader, ofReader, 'old');
    server.pause();
    const startedMs = performance.now();
    await writer.cache.invalidate([thingTag(thing)]);
    expect(performance.now() - startedMs).toBeLessThan(1_000 + 500);
    expect(writer.invalidationCounts.unconfirmed).toBe(1);
    expect(writer.health()).toMatchObject({ status: 'degraded', bypassing: true });
    expect(await readInTime(writer, ofWriter, 'new')).toBe('new');
    server.resume();
    await isUp(writer);
    await isUp(reader);
    expect(await readInTime(writer, ofWriter, 'new')).toBe('new');
    expect(await readInTime(reader, ofReader, 'new')).toBe('new');
  });

  it('T37 paused, and later applying a fill that had timed out: the old value does not come back', async () => {
    const link = await TcpProxy.to(server);
    try {
      const slow = await startEngine({ redisUrl: link.urlFor(server.url) });
      const other = await startEngine();
      const [ofSlow, ofOther] = [mutableThings({ keepInProcess: false }), mutableThings({ keepInProcess: false })];
      const source = new CountedSource('old');
      const release = source.hold();
      const reading = slow.cache.getOrSet(ofSlow, thing, source.load);
      await eventually(() => source.loads === 1);
      // The fill is on its way for longer than its sender waits.
      link.slow(300);
      release();
      expect(await reading).toBe('old');
      await other.cache.invalidate([thingTag(thing)]);
      expect(await other.cache.getOrSet(ofOther, thing, () => 'new')).toBe('new');
      await eventually(async () => (await server.command('GET', ofSlow.entryKey(slow.cache.space, thing))) !== null);
      link.heal();
      await isUp(slow);
      for (const engine of [slow, other]) {
        const family = engine === slow ? ofSlow : ofOther;
        expect(await engine.cache.getOrSet(family, thing, () => 'newest')).not.toBe('old');
      }
    } finally {
      await link.close();
    }
  });

  it('T38 restarting with an older dump: nothing from before the restart is served', async () => {
    const engine = await startEngine();
    const family = mutableThings();
    await readInTime(engine, family, 'old');
    await server.keepDump();
    await engine.cache.invalidate([thingTag(thing)]);
    expect(await readInTime(engine, family, 'new')).toBe('new');
    await server.kill();
    await server.putBackDump();
    await server.start();
    await isUp(engine);
    const epoch = String(await server.command('GET', 'ks:e'));
    expect(await readInTime(engine, family, 'newest')).toBe('newest');
    expect(await server.command('EXISTS', family.entryKey(engine.cache.space, thing))).toBe(1);
    expect(epoch).not.toBe('');
    expect(engine.health().status).toBe('up');
  });

  it('connected again to the same server: everything is still there', async () => {
    const link = await TcpProxy.to(server);
    try {
      const engine = await startEngine({ redisUrl: link.urlFor(server.url) });
      const family = mutableThings({ keepInProcess: false });
      await readInTime(engine, family, 'kept');
      const closed = once(engine.events, 'closed');
      link.resetAll();
      await closed;
      await isUp(engine);
      expect(await readInTime(engine, family, 'not asked')).toBe('kept');
    } finally {
      await link.close();
    }
  });

  it('whose epoch another server made: everything is dropped', async () => {
    const engine = await startEngine();
    const family = mutableThings();
    await readInTime(engine, family, 'old');
    await server.command('SET', 'ks:e', 'another-server-1.0123456789abcdef');
    expect(await readInTime(engine, family, 'new')).toBe('new');
    await eventually(async () => {
      await engine.cache.getOrSet(family, thing, () => 'new');
      return engine.cache.has(family, thing);
    });
    expect(await server.command('GET', 'ks:e')).not.toContain('another-server');
  });
});
