import type { Priority } from '#context';

/**
 * Declared boosts: each adds a share of what a channel says of a hit, small enough to order what is about equally
 * relevant and no more. A hit reports what they added.
 */
export const PRIORITY_BOOST: Readonly<Record<Priority, number>> = { always_check: 0.02, important: 0.01, reference: 0 };

/** On the day of creation; halved every `RECENCY_HALF_LIFE_MS`. */
export const RECENCY_BOOST = 0.02;

export const RECENCY_HALF_LIFE_MS = 30 * 24 * 60 * 60 * 1000;

/** No document gains more than this share of its relevance. */
export const HIGHEST_BOOST = RECENCY_BOOST + Math.max(...Object.values(PRIORITY_BOOST));

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * How long ago the day (UTC) of creation ended; 0 on the day itself. What is of one day is equally recent for ever: a
 * finer age would distinguish, by less than a score shows, what was written in one breath, and otherwise with every moment.
 */
export function ageMsOf(createdAt: Date, asOfMs: number): number {
  return Math.max(0, asOfMs - (Math.floor(createdAt.getTime() / DAY_MS) + 1) * DAY_MS);
}

/** What the boosts add to a relevance; the keyword index does the same in SQL. */
export function boostsOf(
  relevance: number,
  { priority, createdAt }: { readonly priority?: Priority; readonly createdAt: Date },
  asOfMs: number,
): { readonly recency: number; readonly priority: number } {
  return {
    recency: relevance * RECENCY_BOOST * 0.5 ** (ageMsOf(createdAt, asOfMs) / RECENCY_HALF_LIFE_MS),
    priority: priority === undefined ? 0 : relevance * PRIORITY_BOOST[priority],
  };
}

/** How much a semantic channel counts beside keywords (1), and from which cosine on it counts at all. */
interface SemanticWeight {
  readonly weight: number;
  readonly leastCosine: number;
}

/**
 * A lexical embedder sees the same words as the keyword channel and knows less of what is significant: measured by
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
