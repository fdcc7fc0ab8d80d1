import { CacheService } from '#cache';
import { ProviderCalls } from '#observability';
import { CallBudget } from '../budget/call-budget.js';
import { rerankFamily, type RerankKey } from '../embedding.cache.js';
import { noReranker } from '../embedding.errors.js';
import { PriceTable, UsageLedger } from '../ledger/usage-ledger.js';
import { hashText, normaliseText } from '../embedding.js';
import { Reranker, type RerankRequest, tokensOf } from './reranker.js';

/** Where no reranker is configured. */
export class NoReranker {}

/**
 * The one way to a reranker. A pair of query and document that was judged is not judged again: what is missing goes
 * out in one call. Safe for concurrent callers; errors are those of EmbeddingProvider, never cached.
 */
export class RerankService {
  constructor(
    private readonly reranker: Reranker | NoReranker,
    private readonly cache: CacheService,
    private readonly budget: CallBudget,
    private readonly ledger: UsageLedger,
    private readonly prices: PriceTable,
    private readonly calls: ProviderCalls,
  ) {}

  get isOn(): boolean {
    return this.reranker instanceof Reranker;
  }

  /** Undefined where there is none. */
  get model(): string | undefined {
    return this.reranker instanceof Reranker ? `${this.reranker.name}/${this.reranker.model}` : undefined;
  }

  /** How relevant each document is, in their order: 0 to 1. @throws DomainError `no-reranker`, and what a provider fails with */
  async rerank(request: RerankRequest): Promise<readonly number[]> {
    const { reranker } = this;
    if (!(reranker instanceof Reranker)) throw noReranker();
    const query = normaliseText(request.query);
    const documents = request.documents.map(normaliseText);
    const keys = documents.map((document): RerankKey => ({
      workspace: request.workspaceId,
      provider: reranker.name,
      model: reranker.model,
      queryHash: hashText(query),
      documentHash: hashText(document),
    }));
    const textOf = new Map(keys.map(({ documentHash }, index) => [documentHash, documents[index] as string]));
    let asked: readonly string[] = [];
    const scores = await this.cache.getMany(rerankFamily, keys, (missing) => {
      asked = missing.map(({ documentHash }) => textOf.get(documentHash) as string);
      return this.ask(reranker, request, query, asked);
    });
    const known = documents.filter((document) => !asked.includes(document));
    const savedTokens = tokensOf(query, known);
    const savedUsd = this.prices.costUsd(reranker.name, reranker.model, savedTokens);
    this.cache.noteSaved(rerankFamily, savedUsd);
    await this.ledger.record(
      request.workspaceId,
      { provider: reranker.name, model: reranker.model },
      {
        cachedCalls: asked.length === 0 && documents.length > 0 ? 1 : 0,
        cachedTexts: known.length,
        savedTokens,
        savedUsd,
      },
    );
    return scores as number[];
  }

  private async ask(
    reranker: Reranker,
    { workspaceId, billedPrincipal }: RerankRequest,
    query: string,
    documents: readonly string[],
  ): Promise<readonly number[]> {
    const guessedTokens = tokensOf(query, documents);
    const beforeRequest = () => this.budget.spend(billedPrincipal, guessedTokens);
    const { name: provider, model } = reranker;
    const costOf = (count: number) => this.prices.costUsd(provider, model, count);
    const { scores, tokens } = await this.calls.run(
      { operation: 'rerank', provider, model, items: documents.length, isRemote: true },
      () => reranker.rerank({ query, documents, beforeRequest }),
      (answer) => ({ tokens: answer.tokens, costUsd: costOf(answer.tokens) }),
    );
    const usage = { calls: 1, texts: documents.length, tokens, costUsd: costOf(tokens) };
    await this.ledger.record(workspaceId, { provider, model }, usage);
    return scores;
  }
}
