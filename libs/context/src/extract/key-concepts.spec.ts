import fc from 'fast-check';
import { keyConceptsOf } from './key-concepts.js';

describe('keyConceptsOf', () => {
  it('T14 gives what it always gave: whoever changes this raises EXTRACT_VERSION', () => {
    const content = [
      '# Cache stamps',
      'A stamp is written with every tag. Stamps are compared when `readBatch()` answers.',
      'Node.js clients use pg-boss, session_id and HTTP. The cache, the cache, the cache.',
    ].join('\n');
    expect(keyConceptsOf(content)).toEqual([
      'Cache',
      'stamps',
      'readBatch',
      'Node.js',
      'pg-boss',
      'session_id',
      'written',
      'tag',
      'compared',
      'answers',
    ]);
  });

  it('gives at most ten, most significant first, equal ones in the order of the text', () => {
    const words = Array.from({ length: 15 }, (_, index) => `word${String.fromCharCode(97 + index)}`);
    expect(keyConceptsOf(words.join(' '))).toEqual(words.slice(0, 10));
    expect(keyConceptsOf(`${words.join(' ')} wordo wordn wordo`).slice(0, 2)).toEqual(['wordo', 'wordn']);
  });

  it('takes letter case and a plural for the same term, spelt as at first', () => {
    expect(keyConceptsOf('Leases lease LEASE leases')).toEqual(['Leases']);
  });

  it('leaves out stop words, rule words, numbers and what is too short or too long', () => {
    expect(keyConceptsOf(`the You MUST never 2024 ab ${'x'.repeat(41)} Wort`)).toEqual(['Wort']);
  });

  it('takes words of any script', () => {
    expect(keyConceptsOf('キャッシュ данные café')).toEqual(['キャッシュ', 'данные', 'café']);
  });

  it('T14 depends on the text alone', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 500 }), (content) => {
        const concepts = keyConceptsOf(content);
        expect(concepts.length).toBeLessThanOrEqual(10);
        expect(new Set(concepts.map((concept) => concept.toLowerCase())).size).toBe(concepts.length);
        for (const concept of concepts) expect(content).toContain(concept);
        expect(keyConceptsOf(content)).toEqual(concepts);
      }),
    );
  });
});
