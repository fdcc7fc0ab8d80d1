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
