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
 * @param whole the best hits of the same search when it leaves nothing out
 */
export function withSuccessors(
  hits: readonly FusedHit[],
  whole: readonly FusedHit[],
  { validity, mayAdd }: Arrangement,
): FusedHit[] {
  const places = new Map(whole.map(({ id }, place) => [id, place]));
  const placed = [...hits];
  const successors = new Set<string>();
  for (const [place, { id, score }] of whole.entries()) {
    const found = validity.get(id);
    if (found === undefined || found.isValid || found.successor === null || successors.has(found.successor.id))
      continue;
    const { successor } = found;
    const known = placed.findIndex((hit) => hit.id === successor.id);
    if (known === -1 && !mayAdd(successor)) continue;
    const behind = placed.findIndex((hit) => !successors.has(hit.id) && (places.get(hit.id) ?? whole.length) > place);
    const at = behind === -1 ? placed.length : behind;
    successors.add(successor.id);
    if (known === -1) placed.splice(at, 0, raise(unscored(successor), score));
    else if (known > at) placed.splice(at, 0, ...placed.splice(known, 1).map((hit) => raise(hit, score)));
  }
  // Both searches have scores of their own: no hit has less than the next one.
  for (let place = placed.length - 2; place >= 0; place--) {
    const [hit, next] = [placed[place], placed[place + 1]];
    if (hit !== undefined && next !== undefined && successors.has(hit.id)) placed[place] = raise(hit, next.score);
  }
  return placed;
}

/** Puts behind, by half its score, what was not valid at the time that was asked about. @param hits best first */
export function validFirst(hits: readonly FusedHit[], validity: ReadonlyMap<string, HitValidity>): FusedHit[] {
  return hits
    .map((hit) => {
      const found = validity.get(hit.id);
      // What has nothing in its place counts for less already.
      return found === undefined || found.isValid || found.successor === null ? hit : weaken(hit);
    })
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
  return score <= hit.score
    ? hit
    : { ...hit, score, scores: { ...hit.scores, succession: (hit.scores.succession ?? 0) + score - hit.score } };
}

function unscored({ kind, id, label, version }: Successor): FusedHit {
  return { kind, id, label, version, score: 0, scores: { keyword: 0, semantic: 0, ...NO_BOOSTS }, channels: {} };
}
