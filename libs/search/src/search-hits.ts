import type { RerankService } from '#embedding';
import { DomainError } from '#kernel';
import type { AnalysisOptions } from './analysis/words.js';
import type { KeywordIndex, Passage } from './persistence/keyword-index.js';
import { byScore, type FusedHit } from './ranking/fusion.js';
import type { SearchHit } from './search.js';
import type { Page, PreparedSearch } from './search-page.js';
import type { SemanticSearch } from './semantic-search.js';
import { snippetOf } from './snippet.js';

/** Hits that a reranker looks at. */
const RERANKED = 50;

/** A document was removed or replaced after it was ranked and before its text was read. */
export class RemovedMeanwhileError extends Error {
  override readonly name = 'RemovedMeanwhileError';
}

/** What the hits of a page say, and the order that a reranker gives them. */
export class SearchHits {
  constructor(
    private readonly index: KeywordIndex,
    private readonly semantic: SemanticSearch,
    private readonly reranker: RerankService,
    private readonly options: AnalysisOptions,
  ) {}

  /**
   * The best of them in the order of a reranker, where one is asked for and there; the rest follow as they were.
   * @throws RemovedMeanwhileError before the reranker is asked
   */
  async rerank(prepared: PreparedSearch, hits: readonly FusedHit[]): Promise<Pick<Page, 'hits' | 'faults'>> {
    const { scope, request, query, billedPrincipal } = prepared;
    if (!request.rerank || !this.reranker.isOn || hits.length === 0) return { hits, faults: [] };
    const best = hits.slice(0, RERANKED);
    const passages = await this.passagesOf(prepared, best);
    const known = best.filter(({ id }) => passages.has(id));
    try {
      const scores = await this.reranker.rerank({
        workspaceId: scope.workspaceId,
        billedPrincipal,
        query: query.plain,
        documents: known.map(({ id, label }) => [label, passages.get(id)?.text].filter(Boolean).join('\n\n')),
      });
      const reranked = known.map((hit, index) => withRerank(hit, scores[index] ?? 0)).sort(byScore);
      return { hits: [...reranked, ...hits.slice(RERANKED)], faults: [] };
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      return { hits, faults: [`not reranked: ${error.detail.replace(/\.$/, '')}`] };
    }
  }

  /**
   * Whether nothing holds a word of the query: then what is found is near to it, by words or by vectors. Who asks for meaning alone
   * has not asked for words.
   */
  isWeak({ request, ranking }: PreparedSearch): boolean {
    return ranking?.isGuess === true && (request.mode !== 'semantic' || this.semantic.isLexical);
  }

  /**
   * @param snippets by id, where they are known
   * @throws RemovedMeanwhileError
   */
  async describe(
    prepared: PreparedSearch,
    page: readonly FusedHit[],
    snippets: ReadonlyMap<string, string> = new Map(),
  ): Promise<SearchHit[]> {
    const passages = await this.passagesOf(
      prepared,
      page.filter(({ id }) => !snippets.has(id)),
    );
    const terms = prepared.ranking?.terms ?? [];
    return page.flatMap((hit) => {
      const passage = passages.get(hit.id);
      const snippet = snippets.get(hit.id) ?? (passage && snippetOf(passage, terms, this.options));
      const weak = this.isWeak(prepared);
      const { supersededBy = null, validTo = null } = hit;
      return snippet === undefined ? [] : [{ ...hit, weak, supersededBy, validTo, snippet }];
    });
  }

  private async passagesOf(
    { scope, ranking, adHoc, leavesOutRemoved }: PreparedSearch,
    hits: readonly FusedHit[],
  ): Promise<ReadonlyMap<string, Passage>> {
    if (hits.length === 0) return new Map();
    const ids = hits.map(({ id }) => id);
    const passages = await this.index.passages(scope, ids, ranking?.terms ?? [], adHoc.documents);
    if (passages.length < hits.length && !leavesOutRemoved) throw new RemovedMeanwhileError();
    return new Map(passages.map((passage) => [passage.id, passage]));
  }
}

function withRerank(hit: FusedHit, score: number): FusedHit {
  return { ...hit, score, scores: { ...hit.scores, rerank: score } };
}
