import type { SimilarWord } from '../ranking/spelling.js';
import type { SearchScope } from '../search.js';
import type { QueryStatistics, QueryTerm } from './keyword-index.js';
import { PostgresKeywordDocuments } from './postgres-keyword-documents.js';
import { longerTerms, nearWordCandidates, queryStatistics, similarWords } from './query-words.sql.js';

/** Bounds what a query costs that nothing matches: some 50 ms. */
const MOST_WORDS_LOOKED_AT = 50_000;
const NEAR_CANDIDATES = 50;
const LONGER_TERMS = 10;

/** What the words of a query mean in a project, and which of its words are like them. */
export abstract class PostgresQueryWords extends PostgresKeywordDocuments {
  async statistics(scope: SearchScope, words: string, nowMs = 0): Promise<QueryStatistics> {
    interface Row {
      readonly document_count: number;
      readonly passage_count: number;
      readonly average_length: number;
      readonly term: string | null;
      readonly query_frequency: number;
      readonly passage_frequency: number;
      readonly is_name: boolean;
      readonly is_dated: boolean;
      readonly next_change: Date | null;
    }
    const rows = await this.database.query<Row>(queryStatistics, [
      scope.workspaceId,
      scope.projectId,
      this.language,
      words,
      new Date(nowMs).toISOString(),
    ]);
    const [first] = rows;
    const terms = rows.flatMap((row): QueryTerm[] =>
      row.term === null
        ? []
        : [
            {
              term: row.term,
              queryFrequency: row.query_frequency,
              passageFrequency: row.passage_frequency,
              isName: row.is_name,
            },
          ],
    );
    return {
      documentCount: first?.document_count ?? 0,
      passageCount: first?.passage_count ?? 0,
      averageLength: first?.average_length ?? 0,
      ...(first?.is_dated === true ? { isDated: true } : {}),
      ...(first === undefined || first.next_change === null ? {} : { nextChangeMs: first.next_change.getTime() }),
      terms,
    };
  }

  async similarWords(scope: SearchScope, words: readonly string[]): Promise<SimilarWord[]> {
    const rows = await this.database.query<SimilarWordRow>(similarWords, [
      scope.workspaceId,
      scope.projectId,
      this.language,
      words,
    ]);
    return rows.map(toSimilarWord);
  }

  async nearCandidates(scope: SearchScope, words: readonly string[]): Promise<SimilarWord[]> {
    const rows = await this.database.query<SimilarWordRow>(nearWordCandidates, [
      scope.workspaceId,
      scope.projectId,
      words,
      MOST_WORDS_LOOKED_AT,
      NEAR_CANDIDATES,
    ]);
    return rows.map(toSimilarWord);
  }

  async longerTerms(scope: SearchScope, words: readonly string[]): Promise<SimilarWord[]> {
    const rows = await this.database.query<SimilarWordRow>(longerTerms, [
      scope.workspaceId,
      scope.projectId,
      words,
      LONGER_TERMS,
    ]);
    return rows.map(toSimilarWord);
  }

  async haveTerms(phrases: readonly string[]): Promise<readonly boolean[]> {
    const rows = await this.database.query<{ has_terms: boolean }>(
      `SELECT numnode(phraseto_tsquery($1::regconfig, words)) > 0 AS has_terms
       FROM unnest($2::text[]) WITH ORDINALITY AS phrase (words, place) ORDER BY place`,
      [this.language, phrases],
    );
    return rows.map((row) => row.has_terms);
  }
}

type SimilarWordRow = Omit<SimilarWord, 'passageFrequency'> & { readonly passage_frequency: number };

function toSimilarWord({ word, candidate, term, passage_frequency: passageFrequency }: SimilarWordRow): SimilarWord {
  return { word, candidate, term, passageFrequency };
}
