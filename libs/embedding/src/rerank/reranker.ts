import { z } from 'zod';
import type { Principal, WorkspaceId } from '#kernel';
import { estimateTokens } from '../call-plan.js';
import { MalformedAnswerError, type ProviderClient } from '../provider-http/provider-client.js';

export interface RerankRequest {
  readonly workspaceId: WorkspaceId;
  /** Whose budget pays for what is not cached. */
  readonly billedPrincipal?: Principal;
  readonly query: string;
  /** At most 1,000. */
  readonly documents: readonly string[];
}

/** One call of a reranker. */
interface RerankCall {
  readonly query: string;
  readonly documents: readonly string[];
  readonly beforeRequest: () => Promise<void>;
}

interface RerankAnswer {
  /** How relevant each document is, in their order: 0 to 1, comparable within one query. */
  readonly scores: readonly number[];
  readonly tokens: number;
}

/** A model that reads query and document together. Settles like an EmbeddingProvider, with the same errors. */
export abstract class Reranker {
  abstract readonly name: 'voyage';
  abstract readonly model: string;
  abstract rerank(call: RerankCall): Promise<RerankAnswer>;
}

interface VoyageRerankerOptions {
  /** Up to and with `/v1`. */
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly model: string;
}

const answerSchema = z.object({
  data: z.array(z.object({ index: z.int().nonnegative(), relevance_score: z.number() })),
  usage: z.object({ total_tokens: z.int().nonnegative().optional() }).optional(),
});

const ANSWER_BYTES_PER_DOCUMENT = 512;

/** `POST /v1/rerank` as Voyage documents it (API reference, "Rerankers"). Documents that are too long are cut by it. */
export class VoyageReranker extends Reranker {
  readonly name = 'voyage';
  readonly model: string;

  constructor(
    private readonly options: VoyageRerankerOptions,
    private readonly client: ProviderClient,
  ) {
    super();
    this.model = options.model;
  }

  rerank({ query, documents, beforeRequest }: RerankCall): Promise<RerankAnswer> {
    const { baseUrl, apiKey, model } = this.options;
    return this.client.post({
      url: `${baseUrl}/rerank`,
      headers: { authorization: `Bearer ${apiKey}` },
      body: { query, documents, model, truncation: true },
      maxResponseBytes: 64 * 1024 + documents.length * ANSWER_BYTES_PER_DOCUMENT,
      decode: (body) => decode(body, query, documents),
      beforeRequest,
    });
  }
}

/** @throws MalformedAnswerError for another number of scores, or one missing or twice */
function decode(body: unknown, query: string, documents: readonly string[]): RerankAnswer {
  const parsed = answerSchema.safeParse(body);
  if (!parsed.success) throw new MalformedAnswerError('it is not of the documented shape.');
  const scores = Array.from<number | undefined>({ length: documents.length });
  for (const { index, relevance_score: score } of parsed.data.data) {
    if (index >= scores.length || scores[index] !== undefined)
      throw new MalformedAnswerError(`its indexes are not 0 to ${documents.length - 1}, each once.`);
    scores[index] = score;
  }
  if (parsed.data.data.length !== documents.length)
    throw new MalformedAnswerError(`it has ${parsed.data.data.length} scores for ${documents.length} documents.`);
  const tokens = parsed.data.usage?.total_tokens ?? tokensOf(query, documents);
  return { scores: scores as number[], tokens };
}

/** A reranker reads the query again with each document. */
export function tokensOf(query: string, documents: readonly string[]): number {
  return documents.reduce((sum, document) => sum + estimateTokens(document) + estimateTokens(query), 0);
}
