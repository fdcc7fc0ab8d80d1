import { CacheEngine, KeySpace } from '#cache';
import { inProcessCache } from '#cache/testing';
import { newId, type WorkspaceId } from '#kernel';
import { ManualClock } from '#kernel/testing';
import { embeddingFamily, EngineVectorCache, rerankFamily, type VectorKey } from './embedding.cache.js';
import { hashText, normaliseText } from './embedding.js';
import { vectorCacheContract } from './testing/vector-cache.contract.js';

describe('EngineVectorCache', () => {
  vectorCacheContract(() => new EngineVectorCache(inProcessCache()));
});

describe('EngineVectorCache without a cache', () => {
  it('T44 still loads a key once for all who ask this process at the same time', async () => {
    const cache = new EngineVectorCache(new CacheEngine({ enabled: false }, { clock: new ManualClock() }).cache);
    const workspace = newId<WorkspaceId>();
    const keyOf = (textHash: string): VectorKey => ({
      workspace,
      provider: 'voyage',
      model: 'voyage-4',
      dimensions: 2,
      inputType: 'none',
      textHash,
    });
    const loaded: string[] = [];
    const read = (...hashes: string[]) =>
      cache.getMany(hashes.map(keyOf), async (missing) => {
        loaded.push(...missing.map(({ textHash }) => textHash));
        await Promise.resolve();
        return missing.map(({ textHash }) => Float32Array.of(textHash.length, 1));
      });
    const [first, second] = await Promise.all([read('a', 'bb'), read('bb', 'ccc')]);
    expect(loaded).toEqual(['a', 'bb', 'ccc']);
    expect([...first, ...second].map((vector) => vector[0])).toEqual([1, 2, 2, 3]);
    await read('a');
    expect(loaded).toHaveLength(4);
  });
});

describe('the families of embeddings', () => {
  const space = new KeySpace();
  const workspace = '00000000-0000-7000-8000-000000000001' as WorkspaceId;

  it('T13 have the same keys in every process and release: golden values', () => {
    const textHash = hashText(normaliseText(' Blue\r\ngreen '));
    expect(
      embeddingFamily.entryKey(space, {
        workspace,
        provider: 'voyage',
        model: 'voyage-4',
        dimensions: 1_024,
        inputType: 'query',
        textHash,
      }),
    ).toBe(
      `ks:v:embedding@1:${workspace}:voyage:voyage-4:=1024:query:bfcf10718cf825ff44e3b05d9274cb874e8e92b938738ac921398acdf48c101b`,
    );
    expect(
      rerankFamily.entryKey(space, {
        workspace,
        provider: 'voyage',
        model: 'rerank-2.5',
        queryHash: 'q',
        documentHash: 'd',
      }),
    ).toBe(`ks:v:rerank@1:${workspace}:voyage:rerank-2.5:q:d`);
  });
});
