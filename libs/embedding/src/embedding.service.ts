import { Injectable, Logger } from '@nestjs/common';
import type { Principal, WorkspaceId } from '#kernel';
import { ProviderCalls } from '#observability';
import { CallBudget } from './budget/call-budget.js';
import { estimateTokens, planCalls, TokenCalibration } from './call-plan.js';
import { type EmbeddingModel, hashText, type InputType, normaliseText } from './embedding.js';
import { BudgetExceededError, embeddingsOff, unknownModel, unsupportedDimensions } from './embedding.errors.js';
import { PriceTable, UsageLedger } from './ledger/usage-ledger.js';
import { type EmbeddingCall, EmbeddingProvider } from './provider/embedding-provider.js';
import { VectorCache, type VectorKey } from './embedding.cache.js';

export interface EmbeddingRequest {
  readonly workspaceId: WorkspaceId;
  /** Whose budget pays for what is not cached; absent for work in the background. */
  readonly billedPrincipal?: Principal;
  readonly texts: readonly string[];
  readonly inputType: InputType;
  /** The provider's own length where absent. */
  readonly dimensions?: number;
  /** As a caller names it; refused unless it is the one that is offered. */
  readonly model?: string;
  readonly signal?: AbortSignal;
}

export interface EmbeddingOutcome {
  readonly model: EmbeddingModel;
  /** One for each text, in their order; the caller's own. */
  readonly vectors: readonly Float32Array[];
  /** Tokens of all texts: counted by the provider where it was asked, estimated where it was not. */
  readonly tokens: number;
  /** Texts that this request did not have to embed: they were cached, or somebody else was just embedding them. */
  readonly cacheHits: number;
  /** What this request paid. */
  readonly costUsd: number;
}

/** What one request spent. */
interface Spending {
  calls: number;
  texts: number;
  tokens: number;
  costUsd: number;
}

const CALLS_AT_ONCE = 4;

/**
 * The one way to vectors. What is known comes from the cache; the rest of a request goes out in as few calls as the
 * provider's limits allow, each text once; who asks for a text that is being embedded waits for that. Safe for
 * concurrent callers. Errors are those of EmbeddingProvider, and BudgetExceededError; an error is never cached, and
 * what the same request had paid for before it is kept.
 */
@Injectable()
export class EmbeddingService {
  private readonly logger = new Logger(EmbeddingService.name);
  private readonly calibration = new TokenCalibration();

  constructor(
    readonly provider: EmbeddingProvider,
    private readonly cache: VectorCache,
    private readonly budget: CallBudget,
    private readonly ledger: UsageLedger,
    private readonly prices: PriceTable,
    private readonly calls: ProviderCalls,
  ) {
    if (provider.isRemote && !prices.knows(provider.name, provider.model))
      this.logger.warn(
        `${provider.name}/${provider.model} has no price: its cost is reported as 0. Set it in EMBEDDING_PRICES.`,
      );
  }

  /** The model that a request is served by. @throws DomainError `model-not-found`, `invalid-input` for a length it does not have */
  modelFor(request: Pick<EmbeddingRequest, 'model' | 'dimensions'>): EmbeddingModel {
    const { provider } = this;
    if (provider.isOff) throw embeddingsOff();
    const { model, dimensions = provider.dimensions } = request;
    if (model !== undefined && model !== provider.model && model !== `${provider.name}/${provider.model}`)
      throw unknownModel(model, provider.model);
    if (!provider.acceptsDimensions(dimensions))
      throw unsupportedDimensions(dimensions, provider.model, provider.supportedDimensions);
    return provider.describe(dimensions);
  }

  async embed(request: EmbeddingRequest): Promise<EmbeddingOutcome> {
    const model = this.modelFor(request);
    const texts = request.texts.map(normaliseText);
    const keys = texts.map((text) => keyOf(request, model, text));
    const spending: Spending = { calls: 0, texts: 0, tokens: 0, costUsd: 0 };
    const embedded = new Set<string>();
    try {
      const vectors = await this.getMany(request, model, keys, texts, spending, embedded);
      const known = texts.filter((_, index) => !embedded.has((keys[index] as VectorKey).textHash));
      const savedTokens = this.calibration.likely(sumOf(known));
      const savedUsd = this.prices.costUsd(model.provider, model.model, savedTokens);
      this.cache.noteSaved(savedUsd);
      await this.ledger.record(request.workspaceId, model, {
        cachedCalls: spending.calls === 0 && texts.length > 0 ? 1 : 0,
        cachedTexts: known.length,
        savedTokens,
        savedUsd,
      });
      return {
        model,
        vectors,
        tokens: spending.tokens + savedTokens,
        cacheHits: known.length,
        costUsd: spending.costUsd,
      };
    } finally {
      // Also what was paid before an error: it was paid.
      if (spending.calls > 0) await this.ledger.record(request.workspaceId, model, spending);
    }
  }

  private async getMany(
    request: EmbeddingRequest,
    model: EmbeddingModel,
    keys: readonly VectorKey[],
    texts: readonly string[],
    spending: Spending,
    embedded: Set<string>,
  ): Promise<Float32Array[]> {
    const textOf = new Map(keys.map((key, index) => [key.textHash, texts[index] as string]));
    let refusedHere: unknown;
    const load = async (missing: readonly VectorKey[]) => {
      try {
        return await this.load(request, model, missing, textOf, spending, embedded);
      } catch (error) {
        refusedHere = error;
        throw error;
      }
    };
    try {
      return await this.cache.getMany(keys, load);
    } catch (error) {
      // Whoever was embedding this text had no budget left; that is no reason to refuse this caller.
      if (!(error instanceof BudgetExceededError) || error === refusedHere) throw error;
      return this.cache.getMany(keys, load);
    }
  }

  /** Embeds what is missing. What succeeded before another call failed is kept for the next time. */
  private async load(
    request: EmbeddingRequest,
    model: EmbeddingModel,
    missing: readonly VectorKey[],
    textOf: ReadonlyMap<string, string>,
    spending: Spending,
    embedded: Set<string>,
  ): Promise<readonly Float32Array[]> {
    const texts = missing.map(({ textHash }) => textOf.get(textHash) as string);
    const calls = planCalls(texts, this.provider.limits);
    const answers = Array.from<readonly Float32Array[] | undefined>({ length: calls.length });
    let next = 0;
    let failure: { readonly error: unknown } | undefined;
    const work = async () => {
      while (next < calls.length && failure === undefined) {
        const index = next++;
        try {
          answers[index] = await this.call(request, model, calls[index] as string[], spending);
        } catch (error) {
          failure ??= { error };
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(CALLS_AT_ONCE, calls.length) }, work));
    if (failure !== undefined) {
      let position = 0;
      for (const [index, call] of calls.entries()) {
        for (const vector of answers[index] ?? []) await this.cache.keep(missing[position++] as VectorKey, vector);
        if (answers[index] === undefined) position += call.length;
      }
      throw failure.error;
    }
    for (const { textHash } of missing) embedded.add(textHash);
    return answers.flatMap((vectors) => vectors as Float32Array[]);
  }

  private async call(
    request: EmbeddingRequest,
    model: EmbeddingModel,
    texts: readonly string[],
    spending: Spending,
  ): Promise<readonly Float32Array[]> {
    const guessedTokens = sumOf(texts);
    const call: EmbeddingCall = {
      texts,
      inputType: request.inputType,
      dimensions: model.dimensions,
      signal: request.signal,
      beforeRequest: this.provider.isRemote
        ? () => this.budget.spend(request.billedPrincipal, guessedTokens)
        : undefined,
    };
    const costOf = (tokens: number) => this.prices.costUsd(model.provider, model.model, tokens);
    const { vectors, tokens } = await this.calls.run(
      {
        operation: 'embeddings',
        provider: model.provider,
        model: model.model,
        items: texts.length,
        isRemote: this.provider.isRemote,
      },
      () => this.provider.embed(call),
      (answer) => ({ tokens: answer.tokens, costUsd: costOf(answer.tokens) }),
    );
    this.calibration.observe(guessedTokens, tokens);
    spending.calls++;
    spending.texts += texts.length;
    spending.tokens += tokens;
    spending.costUsd += costOf(tokens);
    return vectors;
  }
}

function keyOf(request: EmbeddingRequest, model: EmbeddingModel, text: string): VectorKey {
  return { workspace: request.workspaceId, ...model, inputType: request.inputType, textHash: hashText(text) };
}

function sumOf(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + estimateTokens(text), 0);
}
