import { KeySpace } from '#cache';
import { inProcessCache } from '#cache/testing';
import type { WorkspaceId } from '#kernel';
import { EngineVectorCache, embeddingFamily, rerankFamily } from './embedding.cache.js';
import { hashText, normaliseText } from './normalised-text.js';
import { vectorCacheContract } from './testing/vector-cache.contract.js';

describe('EngineVectorCache', () => {
  vectorCacheContract(() => new EngineVectorCache(inProcessCache()));
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
