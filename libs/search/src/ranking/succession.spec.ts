import type { HitValidity, Successor } from '../persistence/postgres-hit-validity.js';
import { NO_BOOSTS } from '../search.js';
import type { FusedHit } from './fusion.js';
import { validFirst, withSuccessors } from './succession.js';

const hit = (id: string, score: number): FusedHit => ({
  kind: 'context',
  id,
  label: id,
  version: 1,
  score,
  scores: { keyword: score, semantic: 0, ...NO_BOOSTS },
  channels: {},
});

const successor = (id: string): Successor => ({
  kind: 'context',
  id,
  label: id,
  version: 1,
  priority: undefined,
  tags: [],
  sessionId: undefined,
  createdAt: new Date(0),
});

/** Superseded texts, and what stands for each. */
const validity = (ended: Record<string, string | null>) =>
  new Map<string, HitValidity>(
    Object.entries(ended).map(([id, by]) => [
      id,
      { id, validTo: null, supersededBy: by, isValid: false, successor: by === null ? null : successor(by) },
    ]),
  );

const shown = (hits: readonly FusedHit[]) => hits.map(({ id, score }) => `${id} ${score}`);

describe('withSuccessors', () => {
  const place = (
    hits: readonly FusedHit[],
    whole: readonly FusedHit[],
    ended: Record<string, string | null>,
    mayAdd = true,
  ) => shown(withSuccessors(hits, whole, { validity: validity(ended), mayAdd: () => mayAdd }));

  it('puts what stands for a text that is left out where that one would have stood', () => {
    const [first, old, last] = [hit('first', 1), hit('old', 0.8), hit('last', 0.5)];
    expect(place([first, last], [first, old, last], { old: 'new' })).toEqual(['first 1', 'new 0.8', 'last 0.5']);
    // Scores of the two searches are of two scales.
    expect(place([hit('last', 1)], [hit('old', 1), last], { old: 'new' })).toEqual(['new 1', 'last 1']);
    expect(place([hit('last', 1)], [hit('old', 0.2), hit('last', 0.1)], { old: 'new' })).toEqual(['new 1', 'last 1']);
    expect(place([], [old], { old: 'new' })).toEqual(['new 0.8']);
  });

  it('moves it there where it is a hit itself, and leaves it where it stands before', () => {
    const [old, other, newer] = [hit('old', 0.9), hit('other', 0.7), hit('newer', 0.2)];
    expect(place([other, newer], [old, other, newer], { old: 'newer' })).toEqual(['newer 0.9', 'other 0.7']);
    expect(place([hit('newer', 1), other], [hit('newer', 1), old, other], { old: 'newer' })).toEqual([
      'newer 1',
      'other 0.7',
    ]);
  });

  it('adds each once, none that may not be shown, and none for what has no successor', () => {
    const whole = [hit('one', 0.9), hit('two', 0.8), hit('three', 0.7)];
    expect(place([], whole, { one: 'new', two: 'new', three: null })).toEqual(['new 0.9']);
    expect(place([], whole, { one: 'new' }, false)).toEqual([]);
  });
});

describe('validFirst', () => {
  it('puts what was not valid behind, by half its score', () => {
    const ended = validity({ late: 'then' });
    expect(shown(validFirst([hit('then', 1), hit('late', 1), hit('early', 0.9)], ended))).toEqual([
      'then 1',
      'early 0.9',
      'late 0.5',
    ]);
  });
});
