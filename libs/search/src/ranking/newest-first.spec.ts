import { alone } from './fusion.js';
import { newestFirst } from './newest-first.js';
import { NO_BOOSTS } from '../search.js';

const hits = (...scores: [id: string, score: number][]) =>
  alone(
    'keyword',
    scores.map(([id, relevance]) => ({
      kind: 'context',
      id,
      label: null,
      version: null,
      relevance,
      boosts: NO_BOOSTS,
    })),
  );
const held = (...of: [id: string, terms: string, day: number][]) =>
  new Map(of.map(([id, terms, day]) => [id, { terms, since: new Date(Date.UTC(2025, 0, day)) }]));
const shown = (list: readonly { id: string; score: number }[]) => list.map(({ id, score }) => [id, score]);

describe('newestFirst', () => {
  it('gives the best places of those that hold the same words to the newest, and leaves all others where they are', () => {
    const found = newestFirst(
      hits(['old', 10], ['other', 9], ['new', 8], ['newer', 7]),
      held(['old', 'fox port', 1], ['other', 'fox', 4], ['new', 'fox port', 2], ['newer', 'fox port', 3]),
    );
    expect(shown(found)).toEqual([
      ['newer', 10],
      ['other', 9],
      ['new', 8],
      ['old', 7],
    ]);
    expect(found.map(({ scores }) => scores.intent)).toEqual([3, undefined, undefined, -3]);
  });

  it('leaves out what says the words in passing, what holds none, and what it knows nothing of', () => {
    const all = hits(['a', 10], ['b', 4.9], ['c', 4], ['d', 3], ['e', 2]);
    expect(newestFirst(all, held(['a', 'fox', 1], ['b', 'fox', 2], ['c', '', 1], ['d', '', 2]))).toEqual(all);
  });

  it('keeps the order of what is equally old', () => {
    const all = hits(['a', 3], ['b', 2], ['c', 1.6]);
    expect(newestFirst(all, held(['a', 'fox', 1], ['b', 'fox', 1], ['c', 'fox', 1]))).toEqual(all);
  });
});
