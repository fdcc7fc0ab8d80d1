import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { eventually } from '#test/support/eventually.js';
import type { CacheEngine } from './cache-engine.js';
import { randomId } from './protocol/random-id.js';
import { DEFAULT_ENGINE_OPTIONS } from './read/reading.js';
import { CountedSource } from './testing/counted-source.js';
import { startTestEngine } from './testing/test-engine.js';
import { immutableThings, mutableThings, thing, type ThingKey, thingsTag, thingTag } from './testing/test-families.js';
import { testNamespace } from './testing/test-redis.js';
import { type RedisServer, startRedis } from '#test/support/services.js';

/** A process that was busy for less renews it in time. */
const LEASE_MS = 1_200;

/** Two engines with one namespace are two processes that share a server. */
describe('the cache of two processes', () => {
  const namespace = testNamespace();
  let a: CacheEngine;
  let b: CacheEngine;
  let redis: Redis;
  let server: RedisServer;
  let count = 0;

  beforeAll(async () => {
    // Its commands are counted, so nobody else may send any.
    server = await startRedis();
    redis = new Redis(server.url);
    [a, b] = await Promise.all([
      startTestEngine({ redisUrl: server.url, namespace, leaseMs: LEASE_MS }),
      startTestEngine({ redisUrl: server.url, namespace, leaseMs: LEASE_MS }),
    ]);
  });

  afterAll(async () => {
    await Promise.all([a.stop(), b.stop()]);
    redis.disconnect();
    await server.remove();
  });

  /** A thing of this test alone. */
  function newThing(): ThingKey {
    count++;
    return { workspace: 'w1', id: `thing ${count}: hashed, for it has colons and spaces` };
  }

  /** Declares the same family in both processes, under a name of its own. */
  function familyOfBoth(part: Parameters<typeof mutableThings>[0] = {}) {
    count++;
    const name = `thing-${count}`;
    return [mutableThings({ name, ...part }), mutableThings({ name, ...part })] as const;
  }

  it('T2 a write makes the next read of a hashed key fresh', async () => {
    const [family] = familyOfBoth();
    const key = newThing();
    expect(family.entryKey(a.cache.space, key)).toMatch(/:#[\w-]{43}$/);
    await a.cache.getOrSet(family, key, () => 'old');
    await a.cache.invalidate([thingTag(key)]);
    expect(await a.cache.getOrSet(family, key, () => 'new')).toBe('new');
  });

  it('T6 process A writes and is answered; the next read of process B is fresh', async () => {
    const [ofA, ofB] = familyOfBoth();
    const key = newThing();
    for (let version = 1; version <= 50; version++) {
      await a.cache.invalidate([thingTag(key)]);
      expect(await b.cache.getOrSet(ofB, key, () => version)).toBe(version);
      expect(await b.cache.getOrSet(ofB, key, () => 'not asked')).toBe(version);
      expect(await a.cache.getOrSet(ofA, key, () => 'not asked')).toBe(version);
    }
  });

  it('T3 a reader that loads while another process writes does not store the old value', async () => {
    const [ofA, ofB] = familyOfBoth();
    const key = newThing();
    const source = new CountedSource('old');
    const release = source.hold();
    const reading = a.cache.getOrSet(ofA, key, source.load);
    await eventually(() => source.loads === 1);
    await b.cache.invalidate([thingTag(key)]);
    release();
    expect(await reading).toBe('old');
    expect(await b.cache.getOrSet(ofB, key, () => 'new')).toBe('new');
    expect(await a.cache.getOrSet(ofA, key, () => 'not asked')).toBe('new');
  });

  it('one load of a key runs at a time, in both processes together', async () => {
    const [ofA, ofB] = familyOfBoth();
    const key = newThing();
    const source = new CountedSource('value');
    const release = source.hold();
    const reads = [a, b].flatMap((engine, i) =>
      Array.from({ length: 200 }, () => engine.cache.getOrSet(i === 0 ? ofA : ofB, key, source.load)),
    );
    await eventually(() => source.loads === 1);
    release();
    expect(new Set(await Promise.all(reads))).toEqual(new Set(['value']));
    expect(source.loads).toBe(1);
  });

  it('a lease is renewed while its holder loads for longer than it lives', async () => {
    const [ofA, ofB] = familyOfBoth();
    const key = newThing();
    const source = new CountedSource('slow');
    const release = source.hold();
    const first = a.cache.getOrSet(ofA, key, source.load);
    await eventually(() => source.loads === 1);
    const second = b.cache.getOrSet(ofB, key, source.load);
    await pause(2.5 * LEASE_MS);
    expect(source.loads).toBe(1);
    release();
    expect(await Promise.all([first, second])).toEqual(['slow', 'slow']);
  });

  it('a lease whose holder died is taken over after its life', async () => {
    const [, ofB] = familyOfBoth();
    const key = newThing();
    const token = randomId();
    await a.cache.store.acquire(ofB.entryKey(a.cache.space, key), {
      token,
      mode: 'fresh-key',
      nonce: '',
      leaseMs: 300,
    });
    expect(await b.cache.getOrSet(ofB, key, () => 'mine')).toBe('mine');
    expect(await b.cache.has(ofB, key)).toBe(true);
  });

  it('waits for another’s load no longer than the load timeout, then loads without the right to fill', async () => {
    const [, ofB] = familyOfBoth({ loadTimeoutMs: 100 });
    const key = newThing();
    const entryKey = ofB.entryKey(a.cache.space, key);
    await a.cache.store.acquire(entryKey, { token: randomId(), mode: 'fresh-key', nonce: '', leaseMs: 60_000 });
    const startedMs = performance.now();
    expect(await b.cache.getOrSet(ofB, key, () => 'alone')).toBe('alone');
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(95);
    expect(await b.cache.has(ofB, key)).toBe(false);
  });

  it('a lease that was lost stores nothing', async () => {
    const [ofA] = familyOfBoth({ keepInProcess: false });
    const key = newThing();
    const source = new CountedSource('late');
    const release = source.hold();
    const reading = a.cache.getOrSet(ofA, key, source.load);
    await eventually(() => source.loads === 1);
    await redis.unlink(ofA.entryKey(a.cache.space, key));
    release();
    expect(await reading).toBe('late');
    expect(await a.cache.has(ofA, key)).toBe(false);
  });

  it('an early refresh is one process’s, while both serve what is there', async () => {
    const [ofA, ofB] = familyOfBoth({ earlyRefresh: { softTtlMs: 1, beta: 0 } });
    const key = newThing();
    await a.cache.getOrSet(ofA, key, () => 'old');
    await eventually(async () => ((await b.cache.ttl(ofB, key)) ?? 0) < 59_990);
    const source = new CountedSource('new');
    const release = source.hold();
    const values = await Promise.all([
      a.cache.getOrSet(ofA, key, source.load),
      b.cache.getOrSet(ofB, key, source.load),
    ]);
    expect(values).toEqual(['old', 'old']);
    await eventually(() => source.loads === 1);
    release();
    await Promise.all([a.cache.settled(), b.cache.settled()]);
    expect(source.loads).toBe(1);
  });

  it('T8 a hit in the process never lengthens the life of the shared entry', async () => {
    const [ofA, ofB] = familyOfBoth({ ttlMs: 400 });
    const key = newThing();
    const entryKey = ofA.entryKey(a.cache.space, key);
    await a.cache.getOrSet(ofA, key, () => 'first');
    const before = await redis.pexpiretime(entryKey);
    for (let i = 0; i < 5; i++) {
      await a.cache.getOrSet(ofA, key, () => 'not asked');
      await b.cache.getOrSet(ofB, key, () => 'not asked');
    }
    expect(await redis.pexpiretime(entryKey)).toBe(before);
    await eventually(async () => (await redis.exists(entryKey)) === 0);
    expect(await a.cache.getOrSet(ofA, key, () => 'second')).toBe('second');
  });

  it('T39 a stamp that was evicted makes its entries misses, and they never match again', async () => {
    const [ofA, ofB] = familyOfBoth();
    const key = newThing();
    await a.cache.getOrSet(ofA, key, () => 'old');
    const entry = await redis.getBuffer(ofA.entryKey(a.cache.space, key));
    await redis.unlink(a.cache.space.tagKey(thingTag(key)));
    expect(await b.cache.getOrSet(ofB, key, () => 'new')).toBe('new');
    await redis.set(ofA.entryKey(a.cache.space, key), entry as Buffer);
    expect(await b.cache.get(ofB, key)).toBeUndefined();
    expect(await a.cache.getOrSet(ofA, key, () => 'newer')).toBe('newer');
  });

  it('an epoch that was evicted makes everything a miss', async () => {
    const [ofA, ofB] = familyOfBoth();
    const key = newThing();
    await a.cache.getOrSet(ofA, key, () => 'old');
    await redis.unlink(a.cache.space.epochKey);
    expect(await b.cache.getOrSet(ofB, key, () => 'new')).toBe('new');
    expect(await a.cache.getOrSet(ofA, key, () => 'not asked')).toBe('new');
  });

  it.each([
    ['no entry at all', () => Buffer.from('hello')],
    ['an entry cut short', (entry: Buffer) => entry.subarray(0, 60)],
    ['a payload cut short', (entry: Buffer) => entry.subarray(0, entry.length - 3)],
    ['a layout of another release', (entry: Buffer) => withByte(entry, 46, 9)],
    ['a format of another family', (entry: Buffer) => withByte(entry, 47, 3)],
    ['a payload that says it is compressed', (entry: Buffer) => withByte(entry, 48, 1)],
    ['a failure that the family does not remember', (entry: Buffer) => withByte(entry, 48, 4)],
    [
      '__proto__',
      (entry: Buffer) => Buffer.concat([entry.subarray(0, -9), Buffer.from('{"__proto__":{"isAdmin":true}}')]),
    ],
    [
      'a value that its schema refuses',
      (entry: Buffer) => Buffer.concat([entry.subarray(0, -9), Buffer.from('{"n":"1"}')]),
    ],
  ])('T25 %s is a miss and is deleted', async (_name, spoil) => {
    const schema = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: (value: unknown) =>
          typeof (value as { n: unknown }).n === 'number' ? { value } : { issues: [{ message: 'n' }] },
      },
    } as const;
    const [ofA] = familyOfBoth({ keepInProcess: false, schema });
    const key = newThing();
    const entryKey = ofA.entryKey(a.cache.space, key);
    await a.cache.getOrSet(ofA, key, () => ({ n: 123 }));
    const entry = (await redis.getBuffer(entryKey)) as Buffer;
    await redis.set(entryKey, spoil(entry));
    expect(await a.cache.get(ofA, key)).toBeUndefined();
    await a.cache.settled();
    expect(await redis.exists(entryKey)).toBe(0);
    expect(({} as Record<string, unknown>)['isAdmin']).toBeUndefined();
    expect(await a.cache.getOrSet(ofA, key, () => ({ n: 5 }))).toEqual({ n: 5 });
    expect(a.cache.stats().families[ofA.name]?.corrupt).toBe(1);
  });

  it('T25 a key of another type is taken over', async () => {
    const [ofA] = familyOfBoth({ keepInProcess: false });
    const key = newThing();
    await redis.lpush(ofA.entryKey(a.cache.space, key), 'x');
    expect(await a.cache.getOrSet(ofA, key, () => 'mine')).toBe('mine');
    expect(await a.cache.get(ofA, key)).toBe('mine');
  });

  it('T26 clearing the cache leaves foreign keys in the same Redis untouched', async () => {
    const foreign = [`foreign:${namespace}`, `${namespace}x:v:thing`];
    const [ofA, ofB] = familyOfBoth();
    const other = await startTestEngine({ redisUrl: server.url });
    const ofOther = mutableThings();
    try {
      for (const key of foreign) await redis.set(key, 'mine', 'PX', 60_000);
      await other.cache.getOrSet(ofOther, thing, () => 'theirs');
      await a.cache.getOrSet(ofA, thing, () => 'x');
      expect(await a.cache.clear()).toBe(true);
      expect(await b.cache.get(ofB, thing)).toBeUndefined();
      await a.cache.getOrSet(ofA, thing, () => 'x');
      expect(await a.cache.deleteEntries(ofA)).toBe(1);
      expect(await redis.mget(...foreign)).toEqual(['mine', 'mine']);
      expect(await other.cache.get(ofOther, thing)).toBe('theirs');
    } finally {
      await other.stop();
      await redis.unlink(...foreign);
    }
  });

  it('deletes the entries of one family and one scope', async () => {
    const [ofA, ofB] = familyOfBoth();
    for (const workspace of ['w1', 'w2']) await a.cache.getOrSet(ofA, { workspace, id: 'x' }, () => workspace);
    expect(await a.cache.deleteEntries(ofA, ['w1'])).toBe(1);
    expect(await b.cache.get(ofB, { workspace: 'w1', id: 'x' })).toBeUndefined();
    expect(await b.cache.get(ofB, { workspace: 'w2', id: 'x' })).toBe('w2');
  });

  it('T49 releases with other versions of a family or of the layout do not read each other', async () => {
    const name = `release-${++count}`;
    const older = mutableThings({ name, schemaVersion: 1 });
    const newer = mutableThings({ name, schemaVersion: 2 });
    const key = newThing();
    expect(await a.cache.getOrSet(older, key, () => ({ title: 'old shape' }))).toEqual({ title: 'old shape' });
    expect(await b.cache.getOrSet(newer, key, () => ({ name: 'new shape' }))).toEqual({ name: 'new shape' });
    expect(await a.cache.getOrSet(older, key, () => 'not asked')).toEqual({ title: 'old shape' });
    // A write of either release reaches the entries of both: tags carry no version.
    await b.cache.invalidate([thingTag(key)]);
    expect(await a.cache.get(older, key)).toBeUndefined();
    expect(await b.cache.get(newer, key)).toBeUndefined();
  });

  it('T11 a counter always has a life, also one that lost it', async () => {
    const name = [`counter ${++count}`, 1];
    expect(await Promise.all(Array.from({ length: 100 }, () => a.cache.increment('w1', name, 1, 5_000)))).toContain(
      100,
    );
    const [key] = await redis.keys(`${namespace}:c:*`);
    expect(await redis.pttl(key as string)).toBeGreaterThan(4_000);
    await redis.persist(key as string);
    expect(await b.cache.increment('w1', name, -1, 5_000)).toBe(99);
    expect(await redis.pttl(key as string)).toBeGreaterThan(4_000);
  });

  it('many are read in one round trip and loaded by one call, by both processes together', async () => {
    const [ofA, ofB] = familyOfBoth();
    const keys = Array.from({ length: 50 }, (_, i) => ({ workspace: 'w1', id: `many-${i}` }));
    const calls: number[] = [];
    const load = async (missing: readonly ThingKey[]) => {
      calls.push(missing.length);
      return missing.map(({ id }) => id);
    };
    expect(await a.cache.getMany(ofA, keys, load)).toEqual(keys.map(({ id }) => id));
    expect(await b.cache.getMany(ofB, keys, load)).toEqual(keys.map(({ id }) => id));
    expect(calls).toEqual([50]);
    const before = await mgetCalls();
    await b.cache.getMany(ofB, keys, load);
    expect((await mgetCalls()) - before).toBe(1);
  });

  it('a thousand that are missing are loaded by one call, in a few commands, and the breaker stays closed', async () => {
    // Its leases have their ordinary length.
    const engine = await startTestEngine({ redisUrl: server.url, namespace });
    try {
      const [family] = familyOfBoth({ tags: (key) => [thingTag(key), thingsTag(key)] });
      const keys = Array.from({ length: 1_000 }, (_, i) => ({ workspace: 'w1', id: `cold-${count}-${i}` }));
      const calls: number[] = [];
      const load = async (missing: readonly ThingKey[]) => {
        calls.push(missing.length);
        return missing.map(({ id }) => id);
      };
      const before = await Promise.all([callsOf('evalsha'), callsOf('mget')]);
      const beganMs = performance.now();
      expect(await engine.cache.getMany(family, keys, load)).toEqual(keys.map(({ id }) => id));
      const [scripts, reads] = await Promise.all([callsOf('evalsha'), callsOf('mget')]);
      expect(calls).toEqual([1_000]);
      // In six, and in some more where others got a turn in between.
      expect(reads - before[1]).toBeLessThanOrEqual(30);
      // Leases, stamps and entries, 64 in each script; four commands a key would be 4,000. Where a busy machine takes its time,
      // the leases again every third of their life: 16 scripts, or twice as many where their timers are served in two turns.
      const renewals = Math.floor((performance.now() - beganMs) / (DEFAULT_ENGINE_OPTIONS.leaseMs / 3));
      expect(scripts - before[0]).toBeLessThan(150 + 32 * renewals);
      expect(engine.health().breaker).toBe('closed');
      expect(await engine.cache.getMany(family, keys, load)).toEqual(keys.map(({ id }) => id));
      expect(calls).toEqual([1_000]);
    } finally {
      await engine.stop();
    }
  });

  it('the leases of a bulk read that loads for long are renewed in a few commands', async () => {
    const [family] = familyOfBoth();
    const keys = Array.from({ length: 300 }, (_, i) => ({ workspace: 'w1', id: `long-${count}-${i}` }));
    const before = await callsOf('evalsha');
    const load = async (missing: readonly ThingKey[]) => {
      await pause(1.5 * LEASE_MS);
      return missing.map(({ id }) => id);
    };
    await a.cache.getMany(family, keys, load);
    // Every third of its life each is renewed: three or four times, where a command for each key would be 1,200.
    expect((await callsOf('evalsha')) - before).toBeLessThan(250);
  });

  it('a key that another process loads holds up none of the others of a bulk read', async () => {
    const [ofA, ofB] = familyOfBoth();
    const keys = Array.from({ length: 10 }, (_, i) => ({ workspace: 'w1', id: `held-${count}-${i}` }));
    let finish!: (value: string) => void;
    let started!: () => void;
    const isLoading = new Promise<void>((resolve) => (started = resolve));
    const slow = a.cache.getOrSet(ofA, keys[3] as ThingKey, () => {
      started();
      return new Promise<string>((resolve) => (finish = resolve));
    });
    await isLoading;
    const missing: string[][] = [];
    const all = b.cache.getMany(ofB, keys, async (asked) => {
      missing.push(asked.map(({ id }) => id));
      finish('from a');
      return asked.map(() => 'from b');
    });
    expect(await all).toEqual(keys.map((_, i) => (i === 3 ? 'from a' : 'from b')));
    expect(missing).toEqual([keys.filter((_, i) => i !== 3).map(({ id }) => id)]);
    await slow;
  });

  it('all tags of a write go out in one command, whatever hangs on them', async () => {
    const tags = Array.from({ length: 20 }, (_, i) => thingTag({ workspace: 'w1', id: `t-${i}` }));
    const before = await callsOf('unlink');
    await a.cache.invalidate([...tags, thingsTag(thing)]);
    expect((await callsOf('unlink')) - before).toBe(1);
  });

  it('a vector is stored in four bytes a dimension and less than 256 more', async () => {
    const { float32Codec } = await import('./codec/codec.js');
    const family = immutableThings({ name: `vector-${++count}`, codec: float32Codec(1_024) });
    await a.cache.getOrSet(family, thing, () => new Float32Array(1_024).fill(0.5));
    expect(await redis.strlen(family.entryKey(a.cache.space, thing))).toBeLessThanOrEqual(4 * 1_024 + 256);
  });

  async function callsOf(command: string): Promise<number> {
    const info = await redis.info('commandstats');
    return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(info)?.[1] ?? 0);
  }

  function mgetCalls(): Promise<number> {
    return callsOf('mget');
  }
});

function withByte(bytes: Buffer, at: number, value: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = value;
  return copy;
}
