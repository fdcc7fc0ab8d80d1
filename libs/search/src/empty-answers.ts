import type { KeywordIndex } from './persistence/keyword-index.js';
import type { SearchMode } from './search.js';
import type { Page, PreparedSearch } from './search-page.js';
import type { SemanticSearch } from './semantic-search.js';

export const NOTHING_STORED = 'the project holds nothing that can be searched';
const FILTERED =
  'texts hold words of the query, or words near to them, and none of them passes the filters, phrases and exclusions of the search';
const TOO_LOW = 'what was found scores less than minScore';
const NOTHING_BEHIND = 'there is nothing behind the cursor any more';
const NOT_WEAK = 'no text holds a word of the query; without weak=false what is near to them is looked for';
const NO_WORD = 'no text holds a word of the query, or a word near to one';
const KEYWORDS_ALONE = `${NO_WORD}; mode=keyword compares nothing else`;
const NOTHING_NEAR = `${NO_WORD}, and no context is near to what it means`;
const NOTHING_NEAR_PASSES = `${NO_WORD}, and no context that passes the filters, phrases and exclusions of the search is near to what it means`;
const MEANING_ALONE =
  'no context is near to what the query means; mode=semantic compares contexts alone, and looks for no words';

/** Says of a search that found nothing why that is. It looks again at what it narrowed, which costs a statement or two. */
export class EmptyAnswers {
  constructor(
    private readonly index: KeywordIndex,
    private readonly semantic: SemanticSearch,
  ) {}

  /** @param notes what the search itself has to say, which comes first */
  async reasonOf(
    { scope, request, query, ranking, adHoc, seen, similarity }: PreparedSearch,
    mode: SearchMode,
    { notes }: Pick<Page, 'notes'>,
  ): Promise<string> {
    if (request.after !== undefined || seen.count > 0) return NOTHING_BEHIND;
    const { documentCount } = await this.index.statistics(scope, '');
    if (documentCount === 0 && adHoc.documents.length === 0) return NOTHING_STORED;
    const { minScore, ...filters } = request.filters;
    const comparesMeaning = this.semantic.isOn && !this.semantic.isLexical;
    if (ranking !== undefined && ranking.terms.length > 0 && !(comparesMeaning && mode === 'semantic')) {
      const narrowed = {
        ranking,
        phrases: query.phrases,
        exclusions: query.exclusions,
        limit: 1,
        adHoc: adHoc.documents,
      };
      const isTooLow = minScore !== undefined && (await this.index.rank(scope, { ...narrowed, filters })).length > 0;
      if (isTooLow) return TOO_LOW;
      const all = await this.index.rank(scope, { ...narrowed, phrases: [], exclusions: [], filters: {} });
      if (all.length > 0) return FILTERED;
    }
    if (notes.length > 0) return notes.join('; ');
    if (request.weak === false) return NOT_WEAK;
    const near = await similarity;
    if (near !== undefined && 'hits' in near && near.hits.length > 0) return TOO_LOW;
    if (comparesMeaning) {
      if (mode === 'keyword') return request.mode === 'keyword' ? KEYWORDS_ALONE : NO_WORD;
      if (mode === 'semantic') return MEANING_ALONE;
      const isNarrowed =
        query.phrases.length > 0 ||
        query.exclusions.length > 0 ||
        Object.values(filters).some((filter) => filter !== undefined);
      return isNarrowed ? NOTHING_NEAR_PASSES : NOTHING_NEAR;
    }
    return `${NO_WORD}, and nothing is compared by meaning: ${this.semantic.description}`;
  }
}
