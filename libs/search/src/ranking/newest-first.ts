import type { FusedHit } from './fusion.js';

/** What a hit holds of the query, and since when it says it. */
export interface HitTerms {
  /** Its terms of the query in one order. */
  readonly terms: string;
  readonly since: Date;
}

/** What scores less than this share of the best that holds the same words says them in passing. */
const LEAST_SHARE = 0.5;

/**
 * Hits that hold the same words of a query are about the same thing: the newest of them takes the best of their places, and each the
 * score of its place. All others stay where they are.
 * @param hits best first
 * @param held of those that take part, by id
 */
export function newestFirst(hits: readonly FusedHit[], held: ReadonlyMap<string, HitTerms>): FusedHit[] {
  const groups = new Map<string, number[]>();
  for (const [place, { id, score }] of hits.entries()) {
    const terms = held.get(id)?.terms ?? '';
    if (terms === '') continue;
    const places = groups.get(terms);
    const best = hits[places?.[0] ?? place];
    if (places === undefined) groups.set(terms, [place]);
    else if (score >= LEAST_SHARE * (best?.score ?? 0)) places.push(place);
  }
  const arranged = [...hits];
  const sinceOf = ({ id }: FusedHit) => held.get(id)?.since.getTime() ?? 0;
  for (const places of groups.values()) {
    const members = places.flatMap((place) => hits[place] ?? []);
    const newest = members.toSorted((a, b) => sinceOf(b) - sinceOf(a));
    for (const [index, place] of places.entries()) {
      const [hit, before] = [newest[index], members[index]];
      if (hit !== undefined && before !== undefined) arranged[place] = withScore(hit, before.score);
    }
  }
  return arranged;
}

function withScore(hit: FusedHit, score: number): FusedHit {
  return score === hit.score ? hit : { ...hit, score, scores: { ...hit.scores, intent: score - hit.score } };
}
