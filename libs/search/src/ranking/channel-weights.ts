/** How much a semantic channel counts beside keywords (1), and from which cosine on it counts at all. */
export interface SemanticWeight {
  readonly weight: number;
  readonly leastCosine: number;
}

/**
 * A lexical embedder sees the same words as the keyword channel, with less of an idea of what tells and what does not;
 * it adds parts and forms of words. Measured by `bench/retrieval`: at this weight fusion is not below keywords alone.
 * Below this cosine it finds texts that share chance letters.
 */
const LEXICAL: SemanticWeight = { weight: 0.3, leastCosine: 0.15 };

/** An embedder of meaning counts as much as keywords; nobody but itself knows which of its cosines is a low one. */
const SEMANTIC: SemanticWeight = { weight: 1, leastCosine: 0 };

export function semanticWeight(isLexical: boolean): SemanticWeight {
  return isLexical ? LEXICAL : SEMANTIC;
}
