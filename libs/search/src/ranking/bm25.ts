/**
 * BM25 (Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009) with the always
 * positive idf of Lucene. Statistics are those of one project, whatever filters a query carries, so that a filter
 * changes which documents are shown and never their scores.
 *
 * What is scored is a passage; a document is worth its best one. `b` is lower than the usual 0.75: memories differ in length
 * because some say more, not because they repeat themselves. Measured against 0.75 it is better on conversations and no worse
 * on code; `bench/retrieval` measures it. Scores are summed up in `persistence/bm25-scores.sql.ts`.
 */
export const BM25 = { k1: 1.2, b: 0.5 } as const;

/** Scores are added up in millionths, as integers: their sum is the same in whatever order the rows come. */
export const SCORE_UNIT = 1_000_000;

/** What a term contributes at most, in score units: times f / (f + k1 · (1 - b + b · length / average)) it is its share. */
export function termWeight(passageCount: number, passageFrequency: number, queryFrequency: number): number {
  const idf = Math.log(1 + (passageCount - passageFrequency + 0.5) / (passageFrequency + 0.5));
  return Math.round(idf * (BM25.k1 + 1) * queryFrequency * SCORE_UNIT);
}
