import type { HitValidity, Successor } from '../persistence/postgres-hit-validity.js';
import { mapBoosts, NO_BOOSTS } from '../search.js';
import type { FusedHit } from './fusion.js';

/** What is not valid, and has nothing that stands for it, counts for this share of its score. */
const INVALID_SHARE = 0.5;

interface Arrangement {
  readonly validity: ReadonlyMap<string, HitValidity>;
  /** Whether a successor that is no hit may stand before what it supersedes. */
  readonly mayAdd: (successor: Successor) => boolean;
}

/**
 * Puts what is valid before what it supersedes, where that would have stood, whether it holds the words of the query or not. What is
 * not valid for another reason counts for less. Every hit stays, and each comes once.
 * @param hits best first
 */
export function arrange(hits: readonly FusedHit[], { validity, mayAdd }: Arrangement): FusedHit[] {
  if (validity.size === 0) return [...hits];
  const marked = hits.map((hit) => {
    const found = validity.get(hit.id);
    if (found === undefined) return hit;
    const { supersededBy, validTo, isValid, successor } = found;
    const dated = { ...hit, supersededBy, validTo };
    return isValid || successor !== null ? dated : weaken(dated);
  });
  // A reranker's order is one of scores as well. Hits of one score stay in their order.
  if (marked.some((hit, place) => hit.score !== hits[place]?.score)) marked.sort((a, b) => b.score - a.score);
  const byId = new Map(marked.map((hit) => [hit.id, hit]));
  const arranged = new Map<string, FusedHit>();
  for (const hit of marked) {
    if (arranged.has(hit.id)) continue;
    const found = validity.get(hit.id);
    const successor = found === undefined || found.isValid ? null : found.successor;
    if (successor !== null && !arranged.has(successor.id)) {
      const known = byId.get(successor.id);
      if (known !== undefined) arranged.set(successor.id, raise(known, hit.score));
      else if (mayAdd(successor)) arranged.set(successor.id, raise(unscored(successor), hit.score));
    }
    arranged.set(hit.id, hit);
  }
  return [...arranged.values()];
}

/**
 * Puts what stands for superseded texts among hits that leave those out: where the superseded text would have stood, whether it holds a
 * word of the query or not.
 * @param hits best first
 * @param superseded hits of the same search that leave nothing out
 */
export function withSuccessors(
  hits: readonly FusedHit[],
  superseded: readonly FusedHit[],
  { validity, mayAdd }: Arrangement,
): FusedHit[] {
  const placed = new Map(hits.map((hit) => [hit.id, hit]));
  for (const { id, score } of superseded) {
    const found = validity.get(id);
    if (found === undefined || found.isValid || found.successor === null) continue;
    const known = placed.get(found.successor.id);
    if (known !== undefined) placed.set(known.id, raise(known, score));
    else if (mayAdd(found.successor)) placed.set(found.successor.id, raise(unscored(found.successor), score));
  }
  // Hits of one score stay in their order.
  return [...placed.values()].sort((a, b) => b.score - a.score);
}

/** Puts behind, by half its score, what was not valid at the time that was asked about. @param hits best first */
export function validFirst(hits: readonly FusedHit[], validity: ReadonlyMap<string, HitValidity>): FusedHit[] {
  return hits
    .map((hit) =>
      validity.get(hit.id)?.isValid === false && validity.get(hit.id)?.successor !== null ? weaken(hit) : hit,
    )
    .sort((a, b) => b.score - a.score);
}

function weaken(hit: FusedHit): FusedHit {
  const { keyword, semantic, rerank } = hit.scores;
  const weaker = (score: number) => score * INVALID_SHARE;
  return {
    ...hit,
    score: weaker(hit.score),
    scores: {
      ...mapBoosts(hit.scores, weaker),
      keyword: weaker(keyword),
      semantic: weaker(semantic),
      ...(rerank === undefined ? {} : { rerank: weaker(rerank) }),
    },
  };
}

function raise(hit: FusedHit, score: number): FusedHit {
  return score <= hit.score ? hit : { ...hit, score, scores: { ...hit.scores, succession: score - hit.score } };
}

function unscored({ kind, id, label, version }: Successor): FusedHit {
  return { kind, id, label, version, score: 0, scores: { keyword: 0, semantic: 0, ...NO_BOOSTS }, channels: {} };
}
