// @ts-check

/** How many hits a query is asked for: the deepest metric. */
export const DEPTH = 20;

/**
 * Means over queries, in percent: recall at k (gold ids among the first k / gold ids), whether any gold id is among
 * the first five, and the reciprocal rank of the first gold id among the first 20.
 */
export class RetrievalMetrics {
  #queries = 0;
  #sums = { 'R@1': 0, 'R@5': 0, 'R@10': 0, 'R@20': 0, 'hit@5': 0, MRR: 0 };

  /**
   * @param {readonly string[]} found ids, best first
   * @param {readonly string[]} gold
   */
  add(found, gold) {
    const wanted = new Set(gold);
    const hits = found.slice(0, DEPTH).map((id) => wanted.has(id));
    const among = (/** @type {number} */ k) => hits.slice(0, k).filter(Boolean).length;
    const first = hits.indexOf(true);
    this.#queries++;
    this.#sums['R@1'] += among(1) / wanted.size;
    this.#sums['R@5'] += among(5) / wanted.size;
    this.#sums['R@10'] += among(10) / wanted.size;
    this.#sums['R@20'] += among(20) / wanted.size;
    this.#sums['hit@5'] += among(5) > 0 ? 1 : 0;
    this.#sums.MRR += first < 0 ? 0 : 1 / (first + 1);
  }

  get queries() {
    return this.#queries;
  }

  /** @returns {Record<'R@1' | 'R@5' | 'R@10' | 'R@20' | 'hit@5' | 'MRR', number>} */
  summary() {
    const percent = (/** @type {number} */ sum) => Math.round((10_000 * sum) / Math.max(1, this.#queries)) / 100;
    const { 'R@1': r1, 'R@5': r5, 'R@10': r10, 'R@20': r20, 'hit@5': hit5, MRR } = this.#sums;
    return {
      'R@1': percent(r1),
      'R@5': percent(r5),
      'R@10': percent(r10),
      'R@20': percent(r20),
      'hit@5': percent(hit5),
      MRR: percent(MRR),
    };
  }
}
