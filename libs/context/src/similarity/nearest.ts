import type { ContextId } from '#kernel';
import { similarity } from './fingerprint.js';

/** How many candidates a search for near-duplicates looks at, so that a much repeated template costs no more. */
export const SIMILAR_CANDIDATES = 64;

/** Below it two texts are told apart. */
const NEAR = 0.7;
const MAX_REPORTED = 5;

export interface SimilarityCandidate {
  readonly id: ContextId;
  readonly label: string;
  readonly version: number;
  readonly signature: Uint8Array;
  readonly sameText: boolean;
}

/** The candidates that near-duplicate a text, most similar first, at most five; to two digits. */
export function nearest(signature: Uint8Array, candidates: readonly SimilarityCandidate[]) {
  return candidates
    .map(({ id, label, version, ...other }) => ({
      id,
      label,
      version,
      similarity: other.sameText ? 1 : Math.round(Math.min(similarity(signature, other.signature), 0.99) * 100) / 100,
    }))
    .filter((candidate) => candidate.similarity >= NEAR)
    .sort((a, b) => b.similarity - a.similarity || (a.id < b.id ? -1 : 1))
    .slice(0, MAX_REPORTED);
}
