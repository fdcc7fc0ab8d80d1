import { Redis } from 'ioredis';
import { type CacheEngine, KeySpace } from '#cache';
import { startTestEngine, testNamespace, testRedisUrl } from '#cache/testing';
import { newId, type WorkspaceId } from '#kernel';
import { EngineVectorCache, embeddingFamily, type VectorKey } from './embedding.cache.js';
import { vectorCacheContract } from './testing/vector-cache.contract.js';

describe('EngineVectorCache on Redis', () => {
  const engines: CacheEngine[] = [];
  const start = async (namespace = testNamespace()) => {
    const engine = await startTestEngine({ namespace });
    engines.push(engine);
    return engine;
  };

  afterEach(async () => {
    await Promise.all(engines.splice(0).map((engine) => engine.stop()));
  });

  vectorCacheContract(async () => new EngineVectorCache((await start()).cache));

  it('T44 three processes that are asked at once load a text once, and store four bytes a dimension', async () => {
    const namespace = testNamespace();
    const caches = [];
    for (let n = 0; n < 3; n++) caches.push(new EngineVectorCache((await start(namespace)).cache));
    const workspace = newId<WorkspaceId>();
    const key: VectorKey = {
      workspace,
      provider: 'voyage',
      model: 'voyage-4',
      dimensions: 1_024,
      inputType: 'none',
      textHash: 'a',
    };
    let loads = 0;
    let release = () => {};
    const held = new Promise<void>((settle) => (release = settle));
    const reads = caches.flatMap((cache) =>
      Array.from({ length: 20 }, () =>
        cache.getMany([key], async () => {
          loads++;
          await held;
          return [new Float32Array(1_024).fill(0.25)];
        }),
      ),
    );
    setTimeout(release, 100);
    const vectors = await Promise.all(reads);
    expect(loads).toBe(1);
    expect(vectors.every(([vector]) => vector?.length === 1_024 && vector[7] === 0.25)).toBe(true);

    const redis = new Redis(testRedisUrl());
    const size = await redis.strlen(embeddingFamily.entryKey(new KeySpace(namespace), key));
    redis.disconnect();
    expect(size).toBeGreaterThanOrEqual(4 * 1_024);
    expect(size).toBeLessThanOrEqual(4 * 1_024 + 256);
  });
});
