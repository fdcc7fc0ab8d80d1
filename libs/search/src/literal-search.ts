import { Injectable } from '@nestjs/common';
import type { QueryAnalysis } from './analysis/query-analysis.js';
import type { AdHocDocuments } from './ad-hoc-documents.js';
import { KeywordIndex, type RankedDocument } from './persistence/keyword-index.js';
import { NO_BOOSTS, type SearchFilters, satisfies, type SearchScope } from './search.js';
import { SCORE_UNIT } from './ranking/bm25.js';

interface LiteralFindings {
  /** Newest first, each of score 1. */
  readonly documents: readonly RankedDocument[];
  /** What else there is to know. */
  readonly notes: readonly string[];
}

/** The score of what holds a query as it stands: there is no better or worse. */
const SCORE = 1;
/** Segments of up to 8,000 characters, the newest: some 100 ms. */
const MOST_SEGMENTS = 3_000;

/**
 * Finds what the index has no term for, stop words (`to be or not to be`, `IT`) and punctuation (`?.`), by looking at the
 * texts themselves. Costs what they are long, so it looks at the newest alone and says so.
 */
@Injectable()
export class LiteralSearch {
  constructor(private readonly index: KeywordIndex) {}

  async find(
    scope: SearchScope,
    query: QueryAnalysis,
    {
      filters,
      adHoc,
      limit,
    }: { readonly filters: SearchFilters; readonly adHoc: AdHocDocuments; readonly limit: number },
  ): Promise<LiteralFindings> {
    const { minScore = 0 } = filters;
    const { inOrder: words, plain, exclusions } = query;
    if (plain === '' || minScore > SCORE) return { documents: [], notes: [] };
    const wanted = words === '' ? { text: plain } : { words };
    const { documents, isPartial } = await this.index.holding(scope, {
      ...wanted,
      exclusions,
      filters,
      limit,
      mostSegments: MOST_SEGMENTS,
    });
    const known = new Set(documents.map(({ id }) => id));
    const unindexed = adHoc.documents
      .filter(({ document }) => satisfies(document, filters) && !known.has(document.id))
      .filter(({ document, analysis }) =>
        words === ''
          ? document.text.includes(plain)
          : analysis.segments.some((segment) => ` ${segment.words} `.includes(` ${words} `)),
      )
      .map(({ document: { kind, id, label = null, version = null } }) => ({ kind, id, label, version }));
    const ranked = [...unindexed, ...documents].slice(0, limit).map((document): RankedDocument => ({
      ...document,
      score: SCORE * SCORE_UNIT,
      keywordScore: SCORE * SCORE_UNIT,
      boosts: NO_BOOSTS,
    }));
    const partial = `the query holds stop words or punctuation alone, for which only the newest texts were looked at`;
    return { documents: ranked, notes: isPartial ? [partial] : [] };
  }
}
