import { Injectable } from '@nestjs/common';
import type { QueryAnalysis } from './analysis/query-analysis.js';
import { KeywordIndex, type QueryStatistics } from './persistence/keyword-index.js';
import { termWeight } from './ranking/bm25.js';
import { nearWords } from './ranking/near-words.js';
import { corrections } from './ranking/spelling.js';
import type { Ranking, SearchScope, WeightedTerm } from './search.js';

/** A longer query is known by the terms that say most: it bounds what a query costs and how long a cursor gets. */
const MAX_TERMS = 64;
/** Near words are looked for of so many words of a query, the longest. */
const MOST_NEAR_ASKED = 8;

/** What can be the beginning of a digest or another long identifier: `9fceb02`, `deadbee`. */
const BEGINNING = /^(?:(?=[a-z]*[0-9])(?!lit0)[a-z0-9]{6,64}|[a-f]{7,64})$/;

interface WeighedQuery {
  /** Absent where the query holds nothing that the index could hold: no word, or stop words alone. */
  readonly ranking?: Ranking;
  /** Whether contexts of the project have a time of validity. */
  readonly isDated: boolean;
  /** When the validity of one of them begins or ends next. */
  readonly nextChangeMs: number | undefined;
  /** Whether every word of the query is one of the project's documents. Others may be known by words near to them. */
  readonly areWordsKnown: boolean;
}

/** Decides, once for all pages of a search, what each term of its query is worth. */
@Injectable()
export class KeywordSearch {
  constructor(private readonly index: KeywordIndex) {}

  /**
   * Where no document holds any of the words, it ranks by words that are near to them.
   * @param options.keepUnknown terms that no document holds count too: for a search that looks beside the index
   * @param options.isHeld whether something holds a word of the query beside the index
   * @param options.guess whether to rank by near words where there are no others
   * @returns undefined where the query holds nothing that the index could hold: no word, or stop words alone.
   */
  async rankingOf(...asked: Parameters<KeywordSearch['rankingWithWords']>): Promise<Ranking | undefined> {
    return (await this.rankingWithWords(...asked)).ranking;
  }

  /** As `rankingOf`. */
  async rankingWithWords(
    scope: SearchScope,
    query: QueryAnalysis,
    asOfMs: number,
    { keepUnknown = false, isHeld = false, guess = true } = {},
  ): Promise<WeighedQuery> {
    const statistics = await this.index.statistics(scope, query.words, asOfMs);
    const { isDated = false, nextChangeMs } = statistics;
    if (statistics.terms.length === 0) return { areWordsKnown: false, isDated, nextChangeMs };
    const known = statistics.terms.filter((term) => term.passageFrequency > 0);
    const weights = new Map(
      // What a name alone names is who said it, whether a text holds it or not.
      statistics.terms
        .filter((term) => keepUnknown || term.isName || term.passageFrequency > 0)
        .map((term) => [term.term, termWeight(statistics.passageCount, term.passageFrequency, term.queryFrequency)]),
    );
    const isGuess = known.length === 0 && !isHeld;
    if (known.length < statistics.terms.length && (guess || !isGuess))
      await this.addCorrections(scope, query, statistics, weights);
    if (isGuess && guess) await this.addNearWords(scope, query, statistics, weights);
    const terms = [...weights].map(([term, weight]): WeightedTerm => ({ term, weight }));
    const names = statistics.terms.flatMap(({ term, isName }) => (isName ? [term] : []));
    const ranking: Ranking = {
      terms: heaviest(terms),
      averageLength: statistics.averageLength,
      asOfMs,
      isGuess,
      ...(names.length > 0 ? { names } : {}),
      ...(isDated ? { isDated } : {}),
      ...(query.times.length > 0 ? { times: query.times } : {}),
    };
    return { ranking, areWordsKnown: known.length === statistics.terms.length, isDated, nextChangeMs };
  }

  private async addNearWords(
    scope: SearchScope,
    { spellable, words }: QueryAnalysis,
    statistics: QueryStatistics,
    weights: Map<string, number>,
  ): Promise<void> {
    if (statistics.documentCount === 0) return;
    const longest = [...spellable].sort((a, b) => b.length - a.length).slice(0, MOST_NEAR_ASKED);
    if (longest.length > 0) addAll(weights, statistics, nearWords(await this.index.nearCandidates(scope, longest)));
    const beginnings = words
      .split(' ')
      .filter((word) => BEGINNING.test(word))
      .slice(0, MOST_NEAR_ASKED);
    if (beginnings.length > 0) addAll(weights, statistics, nearWords(await this.index.longerTerms(scope, beginnings)));
  }

  private async addCorrections(
    scope: SearchScope,
    query: QueryAnalysis,
    statistics: QueryStatistics,
    weights: Map<string, number>,
  ): Promise<void> {
    if (query.spellable.length === 0 || statistics.documentCount === 0) return;
    addAll(weights, statistics, corrections(await this.index.similarWords(scope, query.spellable)));
  }
}

/** A term that is meant in several ways has the highest of its weights. */
function addAll(
  weights: Map<string, number>,
  { passageCount }: QueryStatistics,
  guesses: readonly { readonly term: string; readonly passageFrequency: number; readonly discount: number }[],
): void {
  for (const { term, passageFrequency, discount } of guesses) {
    const weight = Math.round(termWeight(passageCount, passageFrequency, 1) * discount);
    weights.set(term, Math.max(weight, weights.get(term) ?? 0));
  }
}

function heaviest(terms: WeightedTerm[]): WeightedTerm[] {
  return terms.sort((a, b) => b.weight - a.weight || (a.term < b.term ? -1 : 1)).slice(0, MAX_TERMS);
}
