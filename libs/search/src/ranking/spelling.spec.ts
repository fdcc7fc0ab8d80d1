import { corrections, type SimilarWord } from './spelling.js';

const similar = (word: string, candidate: string, term = candidate): SimilarWord => ({
  word,
  candidate,
  term,
  passageFrequency: 1,
});

describe('corrections', () => {
  it('takes one edit in a short word and two in a longer one', () => {
    const given = [
      similar('hobby', 'hobbit'),
      similar('hobby', 'hobbs'),
      similar('harbuor', 'harbour'),
      similar('harbuor', 'arbour'),
      similar('harbuor', 'labour'),
    ];

    expect(corrections(given).map(({ candidate, discount }) => [candidate, discount])).toEqual([
      ['harbour', 0.5],
      ['arbour', 0.25],
      ['hobbs', 0.5],
    ]);
  });

  it('takes the closest three terms of a word, each once', () => {
    const given = ['harbors', 'harbort', 'harborx', 'harborz', 'harboring'].map((word) =>
      similar('harborq', word, word === 'harborx' ? 'harbors' : word),
    );

    expect(corrections(given).map(({ term }) => term)).toEqual(['harbors', 'harbort', 'harborz']);
  });
});
