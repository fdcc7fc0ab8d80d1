import { eventually } from '#test/support/eventually.js';
import { embeddingProviderContract } from '../testing/embedding-provider.contract.js';
import { hashFeatures } from './local-embedding.provider.js';
import { TransformersEmbeddingProvider, type TransformersPackage } from './transformers-embedding.provider.js';

const OPTIONS = { modelDir: '/models/all-MiniLM-L6-v2', dimensions: 64 };

/** The package as far as it is used; it answers `rows`, or honest vectors. */
function fakePackage(rows?: unknown) {
  const loaded: string[] = [];
  const env = { allowRemoteModels: true, allowLocalModels: false, localModelPath: 'x' };
  let running = 0;
  const made: TransformersPackage & { readonly loaded: string[]; mostAtOnce: number } = {
    env,
    loaded,
    mostAtOnce: 0,
    pipeline: (_task, model) => {
      loaded.push(model);
      return Promise.resolve(async (texts) => {
        made.mostAtOnce = Math.max(made.mostAtOnce, ++running);
        await new Promise((settle) => setImmediate(settle));
        running--;
        return { tolist: () => rows ?? texts.map((text) => [...hashFeatures(text, 64)]) };
      });
    },
  };
  return made;
}

describe('TransformersEmbeddingProvider', () => {
  embeddingProviderContract(() => new TransformersEmbeddingProvider(OPTIONS, () => Promise.resolve(fakePackage())));

  const call = { texts: ['a'], inputType: 'none', dimensions: 64 } as const;

  it('loads its model once, from the folder and from nowhere else, and runs one call at a time', async () => {
    const transformers = fakePackage();
    const provider = new TransformersEmbeddingProvider(OPTIONS, () => Promise.resolve(transformers));
    await Promise.all([provider.embed(call), provider.embed(call), provider.embed(call)]);
    expect(provider.model).toBe('all-MiniLM-L6-v2');
    expect(transformers.loaded).toEqual([OPTIONS.modelDir]);
    expect(transformers.env).toMatchObject({ allowRemoteModels: false, allowLocalModels: true });
    expect(transformers.mostAtOnce).toBe(1);
  });

  it.each([[[[1, 2, 3]]], [[]], [[Array.from({ length: 64 }, () => Number.NaN)]], ['rows']])(
    'T15 takes %j for no vectors, and says what to set',
    async (rows) => {
      const provider = new TransformersEmbeddingProvider(OPTIONS, () => Promise.resolve(fakePackage(rows)));
      await expect(provider.embed(call)).rejects.toMatchObject({
        kind: 'upstream',
        detail: expect.stringContaining('EMBEDDING_DIMENSIONS'),
      });
    },
  );

  it('says what to install where the package is missing, and works once it is there', async () => {
    const missing = new TransformersEmbeddingProvider(OPTIONS);
    await expect(missing.embed(call)).rejects.toMatchObject({
      kind: 'unavailable',
      detail: expect.stringContaining('npm install @huggingface/transformers'),
    });
    expect(missing.problem()).toContain('npm install @huggingface/transformers');
    let isInstalled = false;
    const provider = new TransformersEmbeddingProvider(OPTIONS, () =>
      isInstalled ? Promise.resolve(fakePackage()) : Promise.reject(new Error('not found')),
    );
    await expect(provider.embed(call)).rejects.toThrow('not found');
    isInstalled = true;
    expect((await provider.embed(call)).vectors).toHaveLength(1);
    expect(provider.problem()).toBeUndefined();
  });

  it('knows from the start what is missing, and notices a repair by being asked', async () => {
    let isInstalled = false;
    const provider = new TransformersEmbeddingProvider(OPTIONS, () =>
      isInstalled ? Promise.resolve(fakePackage()) : Promise.reject(new Error('not found')),
    );
    provider.prepare();
    await eventually(() => provider.problem() !== undefined, { what: 'the problem' });
    isInstalled = true;
    await eventually(() => provider.problem() === undefined, { what: 'no problem' });
  });
});
