import { newId, type WorkspaceId } from '#kernel';
import type { VectorCache, VectorKey } from '../embedding.cache.js';

/** What every vector cache promises. */
export function vectorCacheContract(create: () => VectorCache | Promise<VectorCache>): void {
  describe('is a vector cache', () => {
    let cache: VectorCache;
    let workspace: WorkspaceId;
    let loads: VectorKey[][];

    beforeEach(async () => {
      cache = await create();
      workspace = newId<WorkspaceId>();
      loads = [];
    });

    const keyOf = (textHash: string, change: Partial<VectorKey> = {}): VectorKey => ({
      workspace,
      provider: 'voyage',
      model: 'voyage-4',
      dimensions: 2,
      inputType: 'none',
      textHash,
      ...change,
    });
    const vectorOf = ({ textHash, dimensions }: VectorKey) => new Float32Array(dimensions).fill(textHash.length + 0.5);
    const load = (missing: readonly VectorKey[]) => {
      loads.push([...missing]);
      return Promise.resolve(missing.map(vectorOf));
    };
    const read = async (...keys: VectorKey[]) => (await cache.getMany(keys, load)).map((vector) => [...vector]);

    it('loads what is missing once, in one load, and answers in the order asked', async () => {
      expect(await read(keyOf('a'), keyOf('bb'), keyOf('a'))).toEqual([
        [1.5, 1.5],
        [2.5, 2.5],
        [1.5, 1.5],
      ]);
      expect(await read(keyOf('bb'), keyOf('ccc'))).toEqual([
        [2.5, 2.5],
        [3.5, 3.5],
      ]);
      expect(loads.map((keys) => keys.map(({ textHash }) => textHash))).toEqual([['a', 'bb'], ['ccc']]);
    });

    it('T15 distinguishes everything that a vector hangs on', async () => {
      await read(keyOf('a'));
      const others: Partial<VectorKey>[] = [
        { workspace: newId<WorkspaceId>() },
        { provider: 'openai' },
        { model: 'voyage-4-lite' },
        { dimensions: 3 },
        { inputType: 'query' },
        { inputType: 'document' },
        { textHash: 'b' },
      ];
      for (const other of others) await read(keyOf('a', other));
      expect(loads).toHaveLength(1 + others.length);
    });

    it('T15 takes a vector of another length than its key says for missing, and writes it over', async () => {
      await cache.keep(keyOf('a'), new Float32Array(3));
      expect(await read(keyOf('a'), keyOf('bb'))).toEqual([
        [1.5, 1.5],
        [2.5, 2.5],
      ]);
      expect(await read(keyOf('a'))).toEqual([[1.5, 1.5]]);
      expect(loads.flat().filter(({ textHash }) => textHash === 'a')).toHaveLength(1);
    });

    it('T44 loads a key once for all who ask at the same time', async () => {
      const all = await Promise.all(Array.from({ length: 50 }, () => read(keyOf('a'))));
      expect(all.every(([vector]) => vector?.[0] === 1.5)).toBe(true);
      expect(loads).toHaveLength(1);
    });

    it('hands out vectors that may be changed', async () => {
      const [first, again] = await cache.getMany([keyOf('a'), keyOf('a')], load);
      first?.fill(9);
      expect([...(again as Float32Array)]).toEqual([1.5, 1.5]);
      expect(await read(keyOf('a'))).toEqual([[1.5, 1.5]]);
    });

    it('T5 passes an error on to all who wait, and does not remember it', async () => {
      const failure = new Error('away');
      const failing = () => cache.getMany([keyOf('a')], () => Promise.reject(failure));
      const settled = await Promise.allSettled([failing(), failing()]);
      expect(settled.map((one) => one.status === 'rejected' && one.reason)).toEqual([failure, failure]);
      expect(await read(keyOf('a'))).toEqual([[1.5, 1.5]]);
    });

    it('keeps a vector by itself', async () => {
      await cache.keep(keyOf('a'), Float32Array.of(7, 8));
      expect(await read(keyOf('a'))).toEqual([[7, 8]]);
      expect(loads).toEqual([]);
    });
  });
}
