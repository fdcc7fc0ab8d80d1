import { Injectable } from '@nestjs/common';
import type { QueryAnalysis } from './analysis/query-analysis.js';
import { KeywordIndex, type QueryStatistics } from './persistence/keyword-index.js';
import { termWeight } from './ranking/bm25.js';
import { corrections } from './ranking/spelling.js';
import type { Ranking, SearchScope, WeightedTerm } from './search.js';

/** A longer query is known by the terms that tell most: it bounds what a query costs and how long a cursor gets. */
const MAX_TERMS = 64;

/** Decides, once for all pages of a search, what each term of its query is worth. */
@Injectable()
export class KeywordSearch {
  constructor(private readonly index: KeywordIndex) {}

  /**
   * @param options.keepUnknown terms that no document holds count too: for a search that looks beside the index
   * @returns undefined where the query holds nothing that the index could hold: no word, or stop words alone.
   */
  async rankingOf(
    scope: SearchScope,
    query: QueryAnalysis,
    asOfMs: number,
    { keepUnknown = false } = {},
  ): Promise<Ranking | undefined> {
    const statistics = await this.index.statistics(scope, query.words);
    if (statistics.terms.length === 0) return undefined;
    const known = statistics.terms.filter((term) => term.documentFrequency > 0);
    const weights = new Map(
      (keepUnknown ? statistics.terms : known).map((term) => [
        term.term,
        termWeight(statistics.documentCount, term.documentFrequency, term.queryFrequency),
      ]),
    );
    if (known.length < statistics.terms.length) await this.addCorrections(scope, query, statistics, weights);
    const terms = [...weights].map(([term, weight]): WeightedTerm => ({ term, weight }));
    return { terms: heaviest(terms), averageLength: statistics.averageLength, asOfMs };
  }

  private async addCorrections(
    scope: SearchScope,
    query: QueryAnalysis,
    statistics: QueryStatistics,
    weights: Map<string, number>,
  ): Promise<void> {
    if (query.spellable.length === 0 || statistics.documentCount === 0) return;
    for (const { term, documentFrequency, discount } of corrections(
      await this.index.similarWords(scope, query.spellable),
    )) {
      const weight = Math.round(termWeight(statistics.documentCount, documentFrequency, 1) * discount);
      weights.set(term, Math.max(weight, weights.get(term) ?? 0));
    }
  }
}

function heaviest(terms: WeightedTerm[]): WeightedTerm[] {
  return terms.sort((a, b) => b.weight - a.weight || (a.term < b.term ? -1 : 1)).slice(0, MAX_TERMS);
}
