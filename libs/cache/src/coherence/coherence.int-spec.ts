import { eventually } from '../../../../test/support/eventually.js';
import { type RedisServer, startRedis } from '../../../../test/support/services.js';
import { TcpProxy } from '../../../../test/support/tcp-proxy.js';
import type { CacheEngine, CacheSettings } from '../cache-engine.js';
import { startTestEngine } from '../testing/test-engine.js';
import { mutableThings, thing, thingTag } from '../testing/test-families.js';

const LAG_MS = 1_000;

/** Two processes whose family lets each answer from memory alone. */
describe('values that a process answers alone', () => {
  let server: RedisServer;
  let engines: CacheEngine[];

  beforeAll(async () => {
    server = await startRedis();
  });

  beforeEach(async () => {
    engines = [];
    await server.command('FLUSHALL');
  });

  afterEach(() => Promise.all(engines.map((engine) => engine.stop())));

  afterAll(() => server.remove());

  async function start(settings: CacheSettings = {}) {
    const engine = await startTestEngine({ redisUrl: server.url, namespace: 'ks', redis: {}, ...settings });
    engines.push(engine);
    const family = mutableThings({ l1LagMs: LAG_MS });
    engine.cache.register(family);
    const read = (value: unknown) => engine.cache.getOrSet(family, thing, () => value);
    return { engine, family, read };
  }

  type Process = Awaited<ReturnType<typeof start>>;

  const isKind = (process: Process, kind: 'tracking' | 'bus') =>
    eventually(() => process.engine.health().coherence === kind);

  const commands = async () =>
    Number(/total_commands_processed:(\d+)/.exec(await server.command('INFO', 'stats'))?.[1]);

  /** Reads until the process answers alone: the first read sets the mark, the second one keeps it. */
  async function answersAlone({ engine, read }: Process): Promise<void> {
    await eventually(async () => {
      const before = engine.cache.stats().totals.localHits;
      const reads = engine.redisStore?.checkedConnections[0];
      const sent = reads?.lastReplyMs;
      await read('not asked');
      return engine.cache.stats().totals.localHits > before && reads?.lastReplyMs === sent;
    });
  }

  it('are answered without a command to the server', async () => {
    const a = await start();
    await isKind(a, 'tracking');
    await a.read('value');
    await answersAlone(a);
    const before = await commands();
    for (let i = 0; i < 2_000; i++) expect(await a.read('not asked')).toBe('value');
    // Heartbeats and pings go on; reads are none of them.
    expect((await commands()) - before).toBeLessThan(200);
  });

  it('fall at once in the process that writes, and within the lag in every other', async () => {
    const [a, b] = [await start(), await start()];
    await Promise.all([isKind(a, 'tracking'), isKind(b, 'tracking')]);
    for (let version = 1; version <= 20; version++) {
      await a.engine.cache.invalidate([thingTag(thing)]);
      const startedMs = performance.now();
      expect(await a.read(version)).toBe(version);
      await eventually(async () => (await b.read(version)) === version, { everyMs: 1, timeoutMs: LAG_MS });
      expect(performance.now() - startedMs).toBeLessThan(LAG_MS);
      await Promise.all([answersAlone(a), answersAlone(b)]);
    }
  });

  it('T6 fall within the lag also when the tracking link is black-holed', async () => {
    const link = await TcpProxy.to(server);
    try {
      const [a, b] = [await start(), await start({ redisUrl: link.urlFor(server.url) })];
      await Promise.all([isKind(a, 'tracking'), isKind(b, 'tracking')]);
      expect(await a.read('old')).toBe('old');
      expect(await b.read('old')).toBe('old');
      await answersAlone(b);
      link.blackHole();
      await a.engine.cache.invalidate([thingTag(thing)]);
      const writtenMs = performance.now();
      await eventually(async () => (await b.read('new')) === 'new', { everyMs: 5, timeoutMs: LAG_MS + 500 });
      expect(performance.now() - writtenMs).toBeLessThan(LAG_MS + 100);
      link.heal();
      await eventually(() => b.engine.health().status === 'up');
      await isKind(b, 'tracking');
      await eventually(async () => (await b.read('new')) === 'new');
      await answersAlone(b);
    } finally {
      await link.close();
    }
  });

  it('T6 fall when they were read before the link stood, and changed before it could tell', async () => {
    const link = await TcpProxy.to(server);
    try {
      link.hold('keepsake-news');
      const [a, b] = [await start({ redisUrl: link.urlFor(server.url) }), await start()];
      expect(await a.read('old')).toBe('old');
      for (let i = 0; i < 3; i++) expect(await a.read('not asked')).toBe('old');
      expect(a.engine.health().coherence).toBe('none');
      await b.engine.cache.invalidate([thingTag(thing)]);
      link.release();
      await isKind(a, 'tracking');
      expect(await a.read('new')).toBe('new');
      await answersAlone(a);
    } finally {
      await link.close();
    }
  });

  it('T6 fall within the lag when the connection that asked for the news is lost, and the link is not', async () => {
    await server.command('ACL', 'SETUSER', 'reader', 'on', '>secret', '~*', '&*', '+@all');
    const redisUrl = `redis://reader:secret@${server.host}:${server.port}`;
    const [a, b] = [await start({ redisUrl }), await start()];
    await isKind(a, 'tracking');
    expect(await a.read('old')).toBe('old');
    await answersAlone(a);
    // Those who are in stay in; nobody signs in again.
    await server.command('ACL', 'SETUSER', 'reader', 'off');
    const clients = String(await server.command('CLIENT', 'LIST')).split('\n');
    const data = clients.find((line) => line.includes(' user=reader') && line.includes(' name=keepsake '));
    await server.command('CLIENT', 'KILL', 'ID', String(/^id=(\d+)/.exec(data ?? '')?.[1]));
    await b.engine.cache.invalidate([thingTag(thing)]);
    await eventually(async () => (await a.read('new')) === 'new', { everyMs: 5, timeoutMs: LAG_MS + 500 });
    await server.command('ACL', 'SETUSER', 'reader', 'on');
    await isKind(a, 'tracking');
    await server.command('ACL', 'DELUSER', 'reader');
  });

  it('fall where everything is invalidated', async () => {
    const [a, b] = [await start(), await start()];
    await Promise.all([isKind(a, 'tracking'), isKind(b, 'tracking')]);
    await a.read('old');
    await b.read('old');
    await Promise.all([answersAlone(a), answersAlone(b)]);
    expect(await a.engine.cache.clear()).toBe(true);
    expect(await a.read('new')).toBe('new');
    await eventually(async () => (await b.read('new')) === 'new', { timeoutMs: LAG_MS });
  });

  it('fall in the process that relays the write of another', async () => {
    const a = await start();
    await isKind(a, 'tracking');
    await a.read('old');
    await answersAlone(a);
    // The connection of the process itself removes the stamp, so the server does not tell it.
    await a.engine.redisStore?.unlink([a.engine.cache.space.tagKey(thingTag(thing))]);
    await a.engine.cache.invalidate([thingTag(thing)]);
    expect(await a.read('new')).toBe('new');
  });

  it('live no longer than the shared entry', async () => {
    const a = await start();
    await isKind(a, 'tracking');
    const brief = mutableThings({ name: 'brief', l1LagMs: LAG_MS, ttlMs: 200 });
    a.engine.cache.register(brief);
    const read = (value: string) => a.engine.cache.getOrSet(brief, thing, () => value);
    expect(await read('first')).toBe('first');
    for (let i = 0; i < 3; i++) await read('second');
    await eventually(async () => (await read('second')) === 'second', { timeoutMs: 400 });
  });

  it('where an ACL forbids tracking, a bus with sequence numbers tells, and a gap drops what is kept', async () => {
    await server.command(
      'ACL',
      'SETUSER',
      'app',
      'on',
      '>secret',
      '~ks:*',
      '&ks:*',
      '+@all',
      '-client|tracking',
      '-@dangerous',
      '+info',
      '+role',
    );
    const redisUrl = `redis://app:secret@${server.host}:${server.port}`;
    const [a, b] = [await start({ redisUrl }), await start({ redisUrl })];
    await Promise.all([isKind(a, 'bus'), isKind(b, 'bus')]);
    for (let version = 1; version <= 10; version++) {
      await a.engine.cache.invalidate([thingTag(thing)]);
      expect(await a.read(version)).toBe(version);
      await eventually(async () => (await b.read(version)) === version, { everyMs: 1, timeoutMs: LAG_MS });
      await Promise.all([answersAlone(a), answersAlone(b)]);
    }
    // A message that never came: the next one shows the gap.
    const { redisStore } = b.engine;
    expect(redisStore).toBeDefined();
    await server.command('PUBLISH', 'ks:bus', JSON.stringify(['somebody', 1, []]));
    await server.command('PUBLISH', 'ks:bus', JSON.stringify(['somebody', 3, []]));
    await eventually(async () => {
      const before = redisStore?.checkedConnections[0]?.lastReplyMs;
      await b.read('not asked');
      return redisStore?.checkedConnections[0]?.lastReplyMs !== before;
    });
  });

  it('with one connection allowed, every read is validated', async () => {
    const a = await start({ redis: { maxConnections: 1 } });
    await a.read('value');
    expect(a.engine.health()).toMatchObject({ status: 'up', coherence: 'none' });
    const connection = a.engine.redisStore?.checkedConnections[0];
    for (let i = 0; i < 5; i++) {
      const before = connection?.lastReplyMs;
      await a.read('not asked');
      expect(connection?.lastReplyMs).not.toBe(before);
    }
  });
});
