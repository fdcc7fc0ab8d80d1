import type { SearchHit } from './search.js';

const NO_WORD = 'no text holds these words';
const BY_WORDS = 'what was found holds words, or parts of words, near to them';

/**
 * Why the hits of an answer are weak, by how they were found.
 *
 * @param embedder for people: whose vectors are compared
 * @returns undefined where they are not
 */
export function weakReasonOf(items: readonly SearchHit[], embedder: string): string | undefined {
  if (items.length === 0 || !items.every(({ weak }) => weak)) return undefined;
  const near = items.filter(({ channels }) => channels.keyword === undefined).length;
  const byVectors = `near by their vectors (${embedder})`;
  if (near === 0) return `${NO_WORD}; ${BY_WORDS}`;
  if (near === items.length) return `${NO_WORD}; what was found is ${byVectors}`;
  return `${NO_WORD}; ${BY_WORDS}, or is ${byVectors}`;
}
