// @ts-check

/** What hits gain or lose besides their own words, as `scores` of an answer names it. */
export const PARTS = /** @type {const} */ (['neighbours', 'author', 'role', 'time', 'recency', 'priority']);

/**
 * The order that the hits of an answer would have without one part of the ranking: each of them reports what it gave. Of what the
 * answer does not hold nothing is known, so ask for many more hits than are looked at.
 *
 * @template {{ id: string, score: number, scores: Record<string, number> }} Hit
 * @param {readonly Hit[]} hits
 * @param {(typeof PARTS)[number]} part
 * @returns {Hit[]} best first
 */
export function rankedWithout(hits, part) {
  const rest = (/** @type {Hit} */ { score, scores }) => score - (scores[part] ?? 0);
  return hits.toSorted((a, b) => rest(b) - rest(a));
}
