import { referencedIds } from './answer-references.js';

const [A, B, C, D] = ['a', 'b', 'c', 'd'].map((letter) => `0189aaaa-0000-7000-8000-00000000000${letter}`) as [
  string,
  string,
  string,
  string,
];

describe('referencedIds', () => {
  it('finds the ids of things at any depth, each once, and no others', () => {
    const answer = {
      id: A,
      sessionId: null,
      parts: [
        { id: B, text: C },
        { contextId: A, nested: { entryIds: [D, 'none'] } },
      ],
      requestID: 'x',
      identity: C,
    };
    expect(referencedIds(answer).sort()).toEqual([A, B, D]);
  });

  it.each([[undefined], [null], [A], [[]], [{ id: 7 }]])('%j refers to nothing', (answer) => {
    expect(referencedIds(answer)).toEqual([]);
  });
});
