/** How much a semantic channel counts beside keywords (1), and from which cosine on it counts at all. */
export interface SemanticWeight {
  readonly weight: number;
  readonly leastCosine: number;
}

/**
 * A lexical embedder sees the same words as the keyword channel and knows less of what tells: measured by
 * `bench/retrieval`, every weight from 0.05 on ranks worse than keywords alone. So it adds what keywords don't find,
 * parts and forms of words, after what they find, and reorders nothing: at most weight / 61 is given, and that is less
 * than the distance of any two ranks of the 500 there are (1 / 559 - 1 / 560). Below this cosine it finds texts that
 * share chance letters.
 */
const LEXICAL: SemanticWeight = { weight: 0.0001, leastCosine: 0.25 };

/** An embedder of meaning counts as much as keywords; nobody but itself knows which of its cosines is a low one. */
const SEMANTIC: SemanticWeight = { weight: 1, leastCosine: 0 };

export function semanticWeight(isLexical: boolean): SemanticWeight {
  return isLexical ? LEXICAL : SEMANTIC;
}
