import type { Priority } from '#context';
import type { EmbedderKind } from '#embedding';
import { type Boosts, NO_BOOSTS } from '../search.js';

/**
 * Declared boosts: each adds a share of what a channel says of a hit, small enough to order what is about equally
 * relevant and no more. A hit reports what they added.
 */
export const PRIORITY_BOOST: Readonly<Record<Priority, number>> = { always_check: 0.02, important: 0.01, reference: 0 };

/** On the day of creation; halved every `RECENCY_HALF_LIFE_MS`. */
export const RECENCY_BOOST = 0.02;

export const RECENCY_HALF_LIFE_MS = 30 * 24 * 60 * 60 * 1000;

/** What is older gains as little. PostgreSQL refuses to compute a number that is too small for it. */
export const MOST_HALF_LIVES = 100;

/** What was said or logged when the query says. */
export const TIME_BOOST = 0.5;

/** No document gains more than this share of its relevance by what is no matter of its words. */
export function highestBoost({ times = [] }: { readonly times?: readonly unknown[] }): number {
  return RECENCY_BOOST + Math.max(...Object.values(PRIORITY_BOOST)) + (times.length > 0 ? TIME_BOOST : 0);
}

/**
 * A text that is cut into many passages has as many chances that one of them fits: its best one counts for
 * 1 / (1 + 0.1 ln passages).
 */
export function dampingOf(passageCount: number): number {
  return 1 / (1 + 0.1 * Math.log(Math.max(1, passageCount)));
}

/** What models and tools write is long and holds every word; what people wrote is what is asked for later. */
export function roleWeightOf(role: string | undefined): number {
  return role === undefined || role === 'user' ? 1 : 0.7;
}

/** Of messages by somebody whom the query names, and of contexts that name them. */
export const AUTHOR_WEIGHT = 1.5;

/** What the better of both neighbours adds of its own score; those that are one place away, and those that are two. */
export const NEIGHBOUR_SHARES = [0.4, 0.2] as const;

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * How long ago the day (UTC) of creation ended; 0 on the day itself. What is of one day is equally recent for ever: a
 * finer age would distinguish, by less than a score shows, what was written in one breath, and otherwise with every moment.
 */
function ageMsOf(createdAt: Date, asOfMs: number): number {
  return Math.max(0, asOfMs - (Math.floor(createdAt.getTime() / DAY_MS) + 1) * DAY_MS);
}

/** What recency adds to a relevance, as a share of it. */
export function recencyShare(createdAt: Date, asOfMs: number): number {
  return RECENCY_BOOST * 0.5 ** Math.min(MOST_HALF_LIVES, ageMsOf(createdAt, asOfMs) / RECENCY_HALF_LIFE_MS);
}

/** What the boosts add to a relevance; the keyword index does the same in SQL. */
export function boostsOf(
  relevance: number,
  { priority, createdAt }: { readonly priority?: Priority; readonly createdAt: Date },
  asOfMs: number,
): Boosts {
  return {
    ...NO_BOOSTS,
    recency: relevance * recencyShare(createdAt, asOfMs),
    priority: priority === undefined ? 0 : relevance * PRIORITY_BOOST[priority],
  };
}

/** How much a semantic channel counts in the sum of both, and from which cosine on it counts at all. */
export interface SemanticWeight {
  readonly weight: number;
  readonly leastCosine: number;
}

/**
 * Measured by `bench/retrieval`: no channel may take from what the other finds alone.
 *
 * A lexical embedder sees the same words as the keyword channel and knows less of what is significant: every weight that reorders
 * hits ranks worse than keywords alone. So it adds what keywords don't find, parts and forms of words, behind what they find.
 * Below this cosine it finds texts that share chance letters. A weak one does the same: what it finds is worth a look where
 * words find nothing.
 *
 * Of an embedder of meaning, more than 0.4 falls below keywords on conversations; nobody but itself knows which of its cosines is
 * a low one.
 */
const SEMANTIC_WEIGHTS: Readonly<Record<EmbedderKind, SemanticWeight>> = {
  lexical: { weight: 0, leastCosine: 0.25 },
  weak: { weight: 0, leastCosine: 0.25 },
  semantic: { weight: 0.3, leastCosine: 0 },
};

export function semanticWeight(kind: EmbedderKind): SemanticWeight {
  return SEMANTIC_WEIGHTS[kind];
}
