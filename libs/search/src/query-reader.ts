import { Injectable } from '@nestjs/common';
import { SearchConfig } from '#config';
import { type AnalysisOptions, analysisOptionsOf } from './analysis/words.js';
import { analyseQuery, type QueryAnalysis } from './analysis/query-analysis.js';
import { intentOf } from './analysis/query-intent.js';
import { isWritten, type AdHocDocuments } from './ad-hoc-documents.js';
import { KeywordIndex } from './persistence/keyword-index.js';
import type { QueryIntent, SearchRequest, SearchScope } from './search.js';

interface ReadQuery {
  readonly query: QueryAnalysis;
  /** How it was understood, where that isn't plain. */
  readonly reading: readonly string[];
  /** Whether it hangs on what the project holds, and not on the query alone. */
  readonly isDoubtful: boolean;
}

/**
 * Reads a query as it is meant in one project. What stands behind a dash is left out only where it is a word that some
 * text could hold, and no text holds it with its dash: who looks for a command is not to miss the text that has it.
 */
@Injectable()
export class QueryReader {
  private readonly options: AnalysisOptions;
  private readonly isEnglish: boolean;

  constructor(
    private readonly index: KeywordIndex,
    config: SearchConfig,
  ) {
    this.options = analysisOptionsOf(config.language);
    this.isEnglish = config.language === 'english';
  }

  /** What a query says by itself. */
  analyse(text: string): QueryAnalysis {
    return analyseQuery(text, this.options);
  }

  /** What a query says of the time that it asks about. What the request says itself wins. */
  intentOf({ query, asOf, current, filters }: SearchRequest, nowMs: number): QueryIntent | undefined {
    if (asOf !== undefined) return undefined;
    const intent = intentOf(query, nowMs, this.isEnglish);
    const isSaid = current === true || filters.since !== undefined;
    return intent?.kind === 'time' && isSaid ? undefined : intent;
  }

  async read(scope: SearchScope, text: string, adHoc: AdHocDocuments): Promise<ReadQuery> {
    const query = this.analyse(text);
    if (query.doubtful.length === 0) return { query, reading: [], isDoubtful: false };
    const haveTerms = await this.index.haveTerms(query.doubtful.map(({ words }) => words));
    const isHeld = await this.heldOptions(scope, query, adHoc);
    const looked = query.doubtful.filter(({ term }, index) => haveTerms[index] !== true || isHeld(term));
    const reading = looked
      .filter(({ term }) => isHeld(term))
      .map(
        ({ written }) =>
          `${written} is looked for, since a text holds it; write -"${written.slice(1)}" to leave it out`,
      );
    const understood = analyseQuery(text, this.options, new Set(looked.map(({ written }) => written)));
    return { query: understood, reading, isDoubtful: true };
  }

  /** Whether a text of the project, or of an open session, holds an option as it stands. */
  private async heldOptions(
    scope: SearchScope,
    { doubtful }: QueryAnalysis,
    adHoc: AdHocDocuments,
  ): Promise<(term: string | undefined) => boolean> {
    const terms = doubtful.flatMap(({ term }) => term ?? []);
    const { terms: found } = await this.index.statistics(scope, terms.join(' '));
    const held = new Set(found.filter(({ passageFrequency }) => passageFrequency > 0).map(({ term }) => term));
    return (term) => term !== undefined && (held.has(term) || isWritten(adHoc, term));
  }
}
