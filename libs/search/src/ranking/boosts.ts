import type { Priority } from '#context';

/**
 * Declared boosts: each adds a share of the lexical score, small enough to order what is about equally relevant and
 * no more. A hit reports what they added.
 */
export const PRIORITY_BOOST: Readonly<Record<Priority, number>> = { always_check: 0.02, important: 0.01, reference: 0 };

/** At age zero; halved every `RECENCY_HALF_LIFE_MS`. */
export const RECENCY_BOOST = 0.02;

export const RECENCY_HALF_LIFE_MS = 30 * 24 * 60 * 60 * 1000;

/** No document gains more than this share of its lexical score. */
export const HIGHEST_BOOST = RECENCY_BOOST + Math.max(...Object.values(PRIORITY_BOOST));
