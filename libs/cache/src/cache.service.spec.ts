import { ManualClock } from '#kernel/testing';
import { CacheEngine, type CacheSettings } from './cache-engine.js';
import type { CacheService } from './cache.service.js';
import type { ReadReport } from './read/read-options.js';
import { NoOutbox } from './outbox/invalidation-outbox.js';
import { CountedSource } from './testing/counted-source.js';
import { immutableThings, mutableThings, thing, thingsTag, thingTag } from './testing/test-families.js';

const clock = new ManualClock();

function newCache(settings: CacheSettings = {}, random: () => number = () => 1): CacheService {
  return new CacheEngine({ singleProcess: true, ...settings }, { clock, random, outbox: new NoOutbox() }).cache;
}

/** A cache that keeps no decoded values: every read goes to the shared tier. */
const withoutLocal = { keepInProcess: false };

describe('a read', () => {
  it('T1 warm then read is a hit', async () => {
    const cache = newCache();
    const source = new CountedSource({ n: 1 });
    await cache.warm(mutableThings(), thing, source.load);
    expect(await newRead(cache, source)).toEqual({ n: 1 });
    expect(source.loads).toBe(1);

    async function newRead(of: CacheService, from: CountedSource<unknown>): Promise<unknown> {
      return of.getOrSet(of.findFamily('thing') as never, thing as never, from.load);
    }
  });

  it.each([
    ['[]', []],
    ['null', null],
    ['0', 0],
    ['an empty string', ''],
    ['false', false],
  ])('T4 cached %s is a hit, in every tier', async (_name, value) => {
    for (const part of [{}, withoutLocal]) {
      const cache = newCache();
      const family = mutableThings(part);
      const source = new CountedSource<unknown>(value);
      expect(await cache.getOrSet(family, thing, source.load)).toEqual(value);
      expect(await cache.getOrSet(family, thing, source.load)).toEqual(value);
      expect(source.loads).toBe(1);
      expect(await cache.get(family, thing)).toEqual(value);
      expect(await cache.has(family, thing)).toBe(true);
    }
  });

  it('does not store undefined', async () => {
    const cache = newCache();
    const source = new CountedSource(undefined);
    const family = mutableThings();
    expect(await cache.getOrSet(family, thing, source.load)).toBeUndefined();
    expect(await cache.getOrSet(family, thing, source.load)).toBeUndefined();
    expect(source.loads).toBe(2);
    expect(await cache.has(family, thing)).toBe(false);
  });

  it('T5 a failure of the loader is the caller’s error, and is not cached', async () => {
    const cache = newCache();
    const family = mutableThings();
    const source = new CountedSource<unknown>(new Error('the source is away'));
    await expect(cache.getOrSet(family, thing, source.load)).rejects.toThrow('the source is away');
    source.value = 'there';
    expect(await cache.getOrSet(family, thing, source.load)).toBe('there');
    expect(source.loads).toBe(2);
  });

  it('remembers a failure where the family says so, with the error of its own making', async () => {
    const cache = newCache();
    const family = mutableThings({
      failures: {
        ttlMs: 5_000,
        encode: (error: Error) => error.message,
        decode: (text: string) => new Error(`again: ${text}`),
      },
    });
    const source = new CountedSource<unknown>(new Error('no such key'));
    await expect(cache.getOrSet(family, thing, source.load)).rejects.toThrow('no such key');
    await expect(cache.getOrSet(family, thing, source.load)).rejects.toThrow('again: no such key');
    expect(source.loads).toBe(1);
    clock.advance(5_001);
    source.value = 'found';
    expect(await cache.getOrSet(family, thing, source.load)).toBe('found');
  });

  it('T12 another workspace, project or principal misses', async () => {
    const cache = newCache();
    const family = mutableThings();
    await cache.getOrSet(family, thing, () => 'of w1');
    expect(await cache.getOrSet(family, { ...thing, workspace: 'w2' }, () => 'of w2')).toBe('of w2');
    expect(await cache.getOrSet(family, thing, () => 'nobody')).toBe('of w1');
  });

  it('T35 an object with then or toJSON comes back as it was stored, at once and from the cache', async () => {
    const cache = newCache();
    const value: unknown = JSON.parse('{"then": "x", "toJSON": "y", "text": "_function_() => 1"}');
    for (const part of [{ name: 'one' }, { name: 'two', ...withoutLocal }]) {
      const family = mutableThings(part);
      for (let i = 0; i < 2; i++) expect(await cache.getOrSet(family, thing, () => ({ value }))).toEqual({ value });
    }
  });

  it('hands out values that nobody can change', async () => {
    const cache = newCache();
    const family = mutableThings();
    const loaded = { list: [1] };
    const first = (await cache.getOrSet(family, thing, () => loaded)) as { list: number[] };
    expect(() => first.list.push(2)).toThrow(TypeError);
    loaded.list.push(2);
    expect(await cache.getOrSet(family, thing, () => loaded)).toEqual({ list: [1] });
  });

  it('runs one load of a key at a time', async () => {
    const cache = newCache();
    const family = mutableThings();
    const source = new CountedSource('value');
    const release = source.hold();
    const reads = Array.from({ length: 100 }, () => cache.getOrSet(family, thing, source.load));
    await Promise.resolve();
    release();
    expect(new Set(await Promise.all(reads))).toEqual(new Set(['value']));
    expect(source.loads).toBe(1);
  });

  it('gives each caller the error of a load that fails, and loads again after it', async () => {
    const cache = newCache();
    const family = mutableThings();
    const source = new CountedSource<unknown>(new Error('away'));
    const release = source.hold();
    const reads = Promise.allSettled(Array.from({ length: 10 }, () => cache.getOrSet(family, thing, source.load)));
    release();
    expect((await reads).every(({ status }) => status === 'rejected')).toBe(true);
    expect(source.loads).toBe(1);
  });

  it('refuses to store what a family does not allow, or what is too large', async () => {
    const cache = newCache();
    const degraded = mutableThings({ isCacheable: (value) => !(value as { degraded: boolean }).degraded });
    const source = new CountedSource({ degraded: true });
    await cache.getOrSet(degraded, thing, source.load);
    await cache.getOrSet(degraded, thing, source.load);
    expect(source.loads).toBe(2);
    const small = mutableThings({ name: 'small', maxBytes: 10 });
    const large = new CountedSource('x'.repeat(100));
    expect(await cache.getOrSet(small, thing, large.load)).toHaveLength(100);
    expect(await cache.getOrSet(small, thing, large.load)).toHaveLength(100);
    expect(large.loads).toBe(2);
    expect(cache.stats().families['small']?.errors).toBe(2);
  });

  it('compresses large payloads and gives them back whole', async () => {
    const cache = newCache();
    const family = mutableThings(withoutLocal);
    const text = 'keepsake '.repeat(5_000);
    await cache.getOrSet(family, thing, () => text);
    expect(await cache.store.sizeOf(family.entryKey(cache.space, thing))).toBeLessThan(5_000);
    expect(await cache.get(family, thing)).toBe(text);
  });

  it('aborts the signal of a load after the load timeout, and still answers its caller', async () => {
    const cache = newCache();
    const family = mutableThings({ loadTimeoutMs: 5 });
    const value = await cache.getOrSet(family, thing, async ({ signal }) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      return 'late';
    });
    expect(value).toBe('late');
  });

  it('goes past a cache or a family that is off, but still fires tags', async () => {
    const off = newCache({ enabled: false });
    const source = new CountedSource('x');
    await off.getOrSet(mutableThings(), thing, source.load);
    await off.getOrSet(mutableThings({ name: 'other' }), thing, source.load);
    expect(source.loads).toBe(2);
    const cache = newCache();
    const family = mutableThings();
    await cache.getOrSet(family, thing, source.load);
    cache.applySettings(new Map([['thing', { enabled: false }]]));
    await cache.invalidate([thingTag(thing)]);
    cache.applySettings(new Map());
    expect(await cache.get(family, thing)).toBeUndefined();
  });

  it('reports how it was answered', async () => {
    const cache = newCache();
    const family = mutableThings(withoutLocal);
    const reports: ReadReport[] = [];
    const read = () => cache.getOrSet(family, thing, () => 1, { report: (report) => reports.push(report) });
    await read();
    clock.advance(1_000);
    await read();
    expect(reports).toMatchObject([
      { status: 'miss', tier: 'source' },
      { status: 'hit', tier: 'shared', ageMs: 1_000, remainingMs: 59_000 },
    ]);
  });
});

describe('the life of an entry', () => {
  it('ends with its TTL, its negative TTL, or the value’s own', async () => {
    const cache = newCache();
    const family = mutableThings({ negativeTtlMs: 1_000, ttlOf: (value) => (value as { leftMs: number }).leftMs });
    await cache.getOrSet(family, thing, () => null);
    expect(await cache.ttl(family, thing)).toBe(1_000);
    clock.advance(1_000);
    expect(await cache.has(family, thing)).toBe(false);
    await cache.getOrSet(family, thing, () => ({ leftMs: 5_000 }));
    expect(await cache.ttl(family, thing)).toBe(5_000);
    await cache.invalidate([thingTag(thing)]);
    await cache.getOrSet(family, thing, () => ({ leftMs: 90_000 }));
    expect(await cache.ttl(family, thing)).toBe(60_000);
  });

  it('does not store a value whose own life is over', async () => {
    const cache = newCache();
    const family = mutableThings({ ttlOf: () => 0 });
    await cache.getOrSet(family, thing, () => 'x');
    expect(await cache.has(family, thing)).toBe(false);
  });

  it('is spread by its jitter', async () => {
    const lives = [1, 0.5, 0.001].map(async (draw) => {
      const cache = newCache({}, () => draw);
      const family = mutableThings({ jitter: 0.2 });
      await cache.getOrSet(family, thing, () => 'x');
      return cache.ttl(family, thing);
    });
    expect(await Promise.all(lives)).toEqual([48_000, 54_000, 59_988]);
  });

  it('is shortened at once by a shorter TTL at run time', async () => {
    const cache = newCache();
    const family = mutableThings();
    await cache.getOrSet(family, thing, () => 'x');
    clock.advance(10_000);
    cache.applySettings(new Map([['thing', { ttlMs: 5_000 }]]));
    expect(await cache.has(family, thing)).toBe(false);
    const source = new CountedSource('y');
    expect(await cache.getOrSet(family, thing, source.load)).toBe('y');
    expect(cache.families()[0]?.policy.ttlMs).toBe(5_000);
  });

  it('has the configured TTL where the family declares none', async () => {
    const cache = newCache({ defaultTtlMs: 7_000 });
    const family = mutableThings({ ttlMs: undefined });
    await cache.getOrSet(family, thing, () => 'x');
    expect(await cache.ttl(family, thing)).toBe(7_000);
  });
});

describe('stale values', () => {
  it('are served for a while after the expiry, while one reader refreshes them', async () => {
    const cache = newCache();
    const family = mutableThings({ staleMs: 30_000 });
    const source = new CountedSource<unknown>('old');
    await cache.getOrSet(family, thing, source.load);
    clock.advance(60_001);
    source.value = 'new';
    const reports: string[] = [];
    const read = () => cache.getOrSet(family, thing, source.load, { report: ({ status }) => reports.push(status) });
    expect(await Promise.all([read(), read(), read()])).toEqual(['old', 'old', 'old']);
    await cache.settled();
    expect(source.loads).toBe(2);
    expect(await read()).toBe('new');
    expect(reports).toEqual(['stale', 'stale', 'stale', 'hit']);
  });

  it('are served when the source fails, as long as the family allows', async () => {
    const cache = newCache();
    const family = mutableThings({ staleIfErrorMs: 100_000 });
    const source = new CountedSource<unknown>('old');
    await cache.getOrSet(family, thing, source.load);
    clock.advance(60_001);
    source.value = new Error('away');
    expect(await cache.getOrSet(family, thing, source.load)).toBe('old');
    clock.advance(100_000);
    await expect(cache.getOrSet(family, thing, source.load)).rejects.toThrow('away');
  });

  it('are never served after an invalidation, also not on an error of the source', async () => {
    const cache = newCache();
    const family = mutableThings({ staleMs: 100_000, staleIfErrorMs: 100_000 });
    const source = new CountedSource<unknown>('old');
    await cache.getOrSet(family, thing, source.load);
    clock.advance(60_001);
    await cache.invalidate([thingTag(thing)]);
    source.value = new Error('away');
    await expect(cache.getOrSet(family, thing, source.load)).rejects.toThrow('away');
  });

  it('are not served to a reader that began after the invalidation, though it shares the load of one that began before', async () => {
    const cache = newCache();
    const family = mutableThings({ staleIfErrorMs: 100_000, ...withoutLocal });
    await cache.getOrSet(family, thing, () => 'old');
    clock.advance(60_001);
    const source = new CountedSource<unknown>(new Error('away'));
    const before = cache.getOrSet(family, thing, source.load);
    await cache.invalidate([thingTag(thing)]);
    const after = cache.getOrSet(family, thing, source.load);
    expect(await before).toBe('old');
    await expect(after).rejects.toThrow('away');
  });
});

describe('early refresh', () => {
  it('XFetch refreshes before the expiry as the measured load time and the draw say', async () => {
    let draw = 1;
    const cache = newCache({}, () => draw);
    const family = mutableThings({ earlyRefresh: { beta: 1 }, ...withoutLocal });
    const source = new CountedSource('v');
    await cache.getOrSet(family, thing, async () => {
      const startedMs = performance.now();
      while (performance.now() - startedMs < 20) await Promise.resolve();
      return 'v';
    });
    clock.advance(59_900);
    // 100 ms are left; the load took 20 ms or more: a draw of e^-0.5 asks for half of it, one of e^-40 for 800 ms.
    draw = Math.exp(-0.5);
    await cache.getOrSet(family, thing, source.load);
    await cache.settled();
    expect(source.loads).toBe(0);
    draw = Math.exp(-40);
    expect(await cache.getOrSet(family, thing, source.load)).toBe('v');
    await cache.settled();
    expect(source.loads).toBe(1);
    expect(await cache.ttl(family, thing)).toBe(60_000);
  });

  it('a soft TTL has one reader refresh while all are served what is there', async () => {
    const cache = newCache();
    const family = mutableThings({ earlyRefresh: { softTtlMs: 10_000, beta: 0 } });
    const source = new CountedSource<unknown>('old');
    await cache.getOrSet(family, thing, source.load);
    clock.advance(10_000);
    source.value = 'new';
    expect(await Promise.all(Array.from({ length: 20 }, () => cache.getOrSet(family, thing, source.load)))).toEqual(
      Array.from({ length: 20 }, () => 'old'),
    );
    await cache.settled();
    expect(source.loads).toBe(2);
    expect(await cache.getOrSet(family, thing, source.load)).toBe('new');
  });

  it('a refresh that fails leaves the entry as it is', async () => {
    const cache = newCache();
    const family = mutableThings({ earlyRefresh: { softTtlMs: 10_000 } });
    const source = new CountedSource<unknown>('old');
    await cache.getOrSet(family, thing, source.load);
    clock.advance(10_000);
    source.value = new Error('away');
    expect(await cache.getOrSet(family, thing, source.load)).toBe('old');
    await cache.settled();
    expect(await cache.getOrSet(family, thing, source.load)).toBe('old');
  });
});

describe('many at once', () => {
  const keys = ['a', 'b', 'c', 'd'].map((id) => ({ workspace: 'w1', id }));

  it('are loaded by one call for what is missing, in the order asked, equal keys once', async () => {
    const cache = newCache();
    const family = mutableThings();
    await cache.getOrSet(family, keys[1] as never, () => 'B');
    const calls: string[][] = [];
    const load = async (missing: readonly { id: string }[]) => {
      calls.push(missing.map(({ id }) => id));
      return missing.map(({ id }) => (id === 'd' ? undefined : id === 'c' ? null : id.toUpperCase()));
    };
    const asked = [keys[3], keys[0], keys[1], keys[0], keys[2]] as typeof keys;
    expect(await cache.getMany(family, asked, load)).toEqual([undefined, 'A', 'B', 'A', null]);
    expect(calls).toEqual([['d', 'a', 'c']]);
    expect(await cache.getMany(family, asked, load)).toEqual([undefined, 'A', 'B', 'A', null]);
    expect(calls).toEqual([['d', 'a', 'c'], ['d']]);
  });

  it('give each caller of a vector a copy of its own', async () => {
    const { float32Codec } = await import('./codec/codec.js');
    const cache = newCache();
    const family = immutableThings({ codec: float32Codec(1) });
    const [one, two] = (await cache.getMany(family, [thing, thing], () =>
      Promise.resolve([Float32Array.of(1)]),
    )) as Float32Array[];
    (one as Float32Array)[0] = 9;
    expect(two).toEqual(Float32Array.of(1));
    expect(await cache.get(family, thing)).toEqual(Float32Array.of(1));
  });

  it('fail as one where the load fails', async () => {
    const cache = newCache();
    await expect(cache.getMany(mutableThings(), keys, () => Promise.reject(new Error('away')))).rejects.toThrow('away');
  });

  it('are nothing where nothing is asked', async () => {
    expect(await newCache().getMany(mutableThings(), [], () => Promise.reject(new Error('not asked')))).toEqual([]);
  });
});

describe('what its key determines', () => {
  it('is stored without a load, and answered by the process alone', async () => {
    const cache = newCache();
    const family = immutableThings();
    expect(await cache.set(family, thing, 'x')).toBe(true);
    expect(await cache.getOrSet(family, thing, () => 'not asked')).toBe('x');
    expect(cache.stats().families['digest']).toMatchObject({ localHits: 1, sharedHits: 0, misses: 0, sets: 1 });
  });

  it('can be erased by its tags, also from this process', async () => {
    const cache = newCache();
    const family = immutableThings({ tags: (of: typeof thing) => [thingTag(of)] });
    await cache.getOrSet(family, thing, () => 'x');
    await cache.invalidate([thingTag(thing)]);
    expect(await cache.getOrSet(family, thing, () => 'again')).toBe('again');
  });
});

describe('an invalidation', () => {
  it('makes everything under its tag a miss, and nothing else', async () => {
    const cache = newCache();
    const family = mutableThings();
    const other = { ...thing, id: 'b' };
    await cache.getOrSet(family, thing, () => 'a1');
    await cache.getOrSet(family, other, () => 'b1');
    await cache.invalidate([thingTag(thing)]);
    expect(await cache.getOrSet(family, thing, () => 'a2')).toBe('a2');
    expect(await cache.getOrSet(family, other, () => 'b2')).toBe('b1');
    await cache.invalidate([thingsTag(thing)]);
    expect(await cache.getOrSet(family, other, () => 'b3')).toBe('b3');
  });

  it('T3 a reader that loads during a write does not store the old value', async () => {
    const cache = newCache();
    const family = mutableThings();
    const source = new CountedSource<unknown>('old');
    const release = source.hold();
    const reading = cache.getOrSet(family, thing, source.load);
    await new Promise((resolve) => setImmediate(resolve));
    expect(source.loads).toBe(1);
    source.value = 'new';
    await cache.invalidate([thingTag(thing)]);
    const after = cache.getOrSet(family, thing, () => source.value);
    expect(await after).toBe('new');
    release();
    expect(await reading).toBe('old');
    expect(await cache.getOrSet(family, thing, () => 'not asked')).toBe('new');
  });

  it('writes through where a refill is named, with the reader’s loader', async () => {
    const cache = newCache();
    const family = mutableThings();
    const source = new CountedSource<unknown>('old');
    await cache.getOrSet(family, thing, source.load);
    source.value = 'new';
    await cache.invalidate([thingTag(thing)], cache.refill(family, thing, source.load));
    await cache.settled();
    expect(source.loads).toBe(2);
    expect(await cache.getOrSet(family, thing, () => 'not asked')).toBe('new');
  });

  it('of everything clears all families', async () => {
    const cache = newCache();
    const [one, two] = [mutableThings(), mutableThings({ name: 'two' })];
    await cache.getOrSet(one, thing, () => 1);
    await cache.getOrSet(two, thing, () => 1);
    expect(await cache.clear()).toBe(true);
    expect(await cache.get(one, thing)).toBeUndefined();
    expect(await cache.get(two, thing)).toBeUndefined();
  });
});

describe('statistics', () => {
  it('T31 count the traffic of every tier', async () => {
    const cache = newCache();
    const family = mutableThings({ costOf: () => 0.5 });
    await cache.getOrSet(family, thing, () => 1);
    await cache.getOrSet(family, thing, () => 1);
    cache.local.clear();
    await cache.getOrSet(family, thing, () => 1);
    const { families, totals } = cache.stats();
    expect(families['thing']).toMatchObject({
      hits: 2,
      localHits: 1,
      sharedHits: 1,
      misses: 1,
      sets: 1,
      hitRate: 2 / 3,
      savedUsd: 1,
    });
    expect(totals.hits).toBe(2);
    cache.resetStats();
    expect(cache.stats().totals).toMatchObject({ hits: 0, misses: 0, hitRate: null });
  });

  it('the drift probe notices a write that fires no tags', async () => {
    const cache = newCache({ driftSampleRate: 1, invalidation: { invalidationBoundMs: 5 } }, () => 0.5);
    const family = mutableThings(withoutLocal);
    const source = new CountedSource<unknown>({ n: 1 });
    await cache.getOrSet(family, thing, source.load);
    await cache.getOrSet(family, thing, source.load);
    await cache.settled();
    expect(cache.stats().totals.drifts).toBe(0);
    source.value = { n: 2 };
    await cache.getOrSet(family, thing, source.load);
    await cache.settled();
    expect(cache.stats().totals.drifts).toBe(1);
    await cache.getOrSet(family, thing, source.load);
    await cache.invalidate([thingTag(thing)]);
    await cache.settled();
    expect(cache.stats().totals.drifts).toBe(1);
  });

  it("T65 the drift probe and the ages of hits see the process's own tier", async () => {
    const cache = newCache({ driftSampleRate: 1, invalidation: { invalidationBoundMs: 5 } }, () => 0.5);
    const family = mutableThings();
    const source = new CountedSource<unknown>({ n: 1 });
    await cache.getOrSet(family, thing, source.load);
    source.value = { n: 2 };
    await cache.getOrSet(family, thing, source.load);
    await cache.settled();
    const { totals } = cache.stats();
    expect(totals).toMatchObject({ localHits: 1, sharedHits: 0, drifts: 1 });
    expect(totals.hitAges).toEqual([1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  });

  it('T65 money that hits saved is counted where the caller alone knows it', () => {
    const cache = newCache();
    const family = mutableThings();
    cache.noteSaved(family, 0.25);
    cache.noteSaved(family, 0.5);
    expect(cache.stats().families['thing']?.savedUsd).toBe(0.75);
  });

  it('two families of one name are refused', () => {
    const cache = newCache();
    cache.register(mutableThings());
    expect(() => cache.register(mutableThings())).toThrow('names are unique');
  });
});

describe('without a shared tier and with several processes', () => {
  it('callers of what is not kept share loads that began after they came', async () => {
    const { cache } = new CacheEngine({}, { clock });
    const family = mutableThings();
    const source = new CountedSource<unknown>('old');
    const release = source.hold();
    const first = cache.getOrSet(family, thing, source.load);
    source.value = 'new';
    const later = Array.from({ length: 50 }, () => cache.getOrSet(family, thing, source.load));
    release();
    expect(await first).toBe('old');
    expect(new Set(await Promise.all(later))).toEqual(new Set(['new']));
    expect(source.loads).toBe(2);
    source.value = new Error('away');
    await expect(cache.getOrSet(family, thing, source.load)).rejects.toThrow('away');
    source.value = 'back';
    expect(await cache.getOrSet(family, thing, source.load)).toBe('back');
  });

  it('only immutable families are kept, and health says so', async () => {
    const engine = new CacheEngine({}, { clock });
    const source = new CountedSource('x');
    const mutable = mutableThings();
    for (let i = 0; i < 2; i++) await engine.cache.getOrSet(mutable, thing, source.load);
    expect(engine.cache.stats().families['thing']).toMatchObject({ bypasses: 2, hits: 0 });
    const immutable = immutableThings();
    for (let i = 0; i < 3; i++) await engine.cache.getOrSet(immutable, thing, source.load);
    expect(engine.cache.stats().families['digest']).toMatchObject({ misses: 1, localHits: 2 });
    expect(engine.health()).toMatchObject({ mode: 'immutable-only', status: 'degraded', breaker: 'none' });
    expect(engine.health().problem).toContain('only immutable families');
  });
});
