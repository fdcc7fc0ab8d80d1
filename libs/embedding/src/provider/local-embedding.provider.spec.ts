import fc from 'fast-check';
import { embeddingProviderContract } from '../testing/embedding-provider.contract.js';
import { cosine } from '../vector.js';
import { hashFeatures, LocalEmbeddingProvider } from './local-embedding.provider.js';

describe('LocalEmbeddingProvider', () => {
  embeddingProviderContract(() => new LocalEmbeddingProvider());

  it('names its version in its model', () => {
    expect(new LocalEmbeddingProvider().model).toBe('lexical-1');
  });
});

describe('hashFeatures', () => {
  const near = (left: string, right: string) => cosine(hashFeatures(left, 512), hashFeatures(right, 512));

  it('T14 gives the same vector in every run: golden values', () => {
    const vector = hashFeatures('Deploy with blue-green; roll back on 5xx.', 64);
    expect(Array.from(vector.slice(0, 8), (value) => Number(value.toFixed(4)))).toMatchInlineSnapshot(`
     [
       0,
       0.1285,
       0,
       0.1275,
       0,
       0.1285,
       0.001,
       0,
     ]
    `);
  });

  it('has length 1, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, unit: 'grapheme' }),
        fc.integer({ min: 64, max: 512 }),
        (text, dimensions) => {
          const vector = hashFeatures(text, dimensions);
          const squares = vector.reduce((sum, value) => sum + value * value, 0);
          expect(vector).toHaveLength(dimensions);
          expect(Math.abs(squares - 1)).toBeLessThan(1e-4);
        },
      ),
    );
  });

  it('puts texts that share significant words nearer than texts that share common ones', () => {
    const query = 'how do we rotate the database password';
    expect(near(query, 'Rotation of database passwords: every 90 days')).toBeGreaterThan(
      near(query, 'how do we get to the office in the morning') + 0.2,
    );
  });

  it('puts forms and misspellings of a word near each other', () => {
    expect(near('deployment', 'deployments')).toBeGreaterThan(0.5);
    expect(near('kubernetes', 'kubernets')).toBeGreaterThan(0.3);
    expect(near('deployment', 'giraffe')).toBeLessThan(0.2);
  });

  it('counts a repeated word less each time', () => {
    expect(near('cache cache cache cache', 'cache')).toBeGreaterThan(0.99);
    expect(near('cache cache cache cache database', 'database')).toBeGreaterThan(
      near('cache cache cache cache', 'database'),
    );
  });

  it('does not see letter case, width or composition', () => {
    expect(near('CAFÉ', 'cafe\u0301')).toBeCloseTo(1, 5);
  });
});
