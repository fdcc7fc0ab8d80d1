import type { Principal, WorkspaceId } from '#kernel';

export interface RerankRequest {
  readonly workspaceId: WorkspaceId;
  /** Whose budget pays for what is not cached. */
  readonly billedPrincipal?: Principal;
  readonly query: string;
  /** At most 1,000. */
  readonly documents: readonly string[];
}

/** One call of a reranker. */
export interface RerankCall {
  readonly query: string;
  readonly documents: readonly string[];
  readonly beforeRequest: () => Promise<void>;
}

export interface RerankAnswer {
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
