import type { EmbeddingProvider } from '../provider/embedding-provider.js';

/** What every provider promises of an answer. The provider must be able to answer. */
export function embeddingProviderContract(create: () => EmbeddingProvider | Promise<EmbeddingProvider>): void {
  describe('is an embedding provider', () => {
    let provider: EmbeddingProvider;

    beforeEach(async () => {
      provider = await create();
    });

    const embed = (texts: readonly string[], inputType: 'none' | 'query' | 'document' = 'none') =>
      provider.embed({ texts, inputType, dimensions: provider.dimensions });

    it('accepts its own dimensions, and no length that is none', () => {
      expect(provider.acceptsDimensions(provider.dimensions)).toBe(true);
      expect(provider.acceptsDimensions(0)).toBe(false);
      expect(provider.acceptsDimensions(1_000_000)).toBe(false);
    });

    it('gives one vector for each text, of the asked length and of finite numbers', async () => {
      const { vectors, tokens } = await embed(['one', 'two words', 'three 中文 🎈']);
      expect(vectors).toHaveLength(3);
      for (const vector of vectors) {
        expect(vector).toBeInstanceOf(Float32Array);
        expect(vector).toHaveLength(provider.dimensions);
        expect(vector.every((value) => Number.isFinite(value))).toBe(true);
      }
      expect(tokens).toBeGreaterThan(0);
    });

    it('keeps the order: a text has the same vector alone and among others', async () => {
      const together = await embed(['first', 'second', 'third']);
      const alone = await embed(['second']);
      expect([...(together.vectors[1] as Float32Array)]).toEqual([...(alone.vectors[0] as Float32Array)]);
      expect([...(together.vectors[0] as Float32Array)]).not.toEqual([...(alone.vectors[0] as Float32Array)]);
    });

    it('serves concurrent calls', async () => {
      const answers = await Promise.all(['a', 'b', 'c', 'd'].map((text) => embed([`text ${text}`])));
      expect(new Set(answers.map(({ vectors }) => [...(vectors[0] as Float32Array)].join())).size).toBe(4);
    });

    it('asks before a request goes out, and obeys', async () => {
      const refused = new Error('no budget');
      const call = { texts: ['x'], inputType: 'none', dimensions: provider.dimensions } as const;
      await expect(provider.embed({ ...call, beforeRequest: () => Promise.reject(refused) })).rejects.toBe(refused);
    });
  });
}
