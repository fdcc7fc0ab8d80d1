import { Injectable } from '@nestjs/common';
import { type EmbeddingState, EmbeddingStates, EmbeddingStateSource } from '#context';
import type { ContextId, Principal, ProjectId, WorkspaceId } from '#kernel';
import { type EmbeddingModel, modelKey } from '../embedding.js';
import { describeChoice, ProviderChoice } from '../provider/choose-provider.js';
import { EmbeddingService } from '../embedding.service.js';
import type { EmbedderKind } from '../provider/embedding-provider.js';
import {
  PostgresSemanticIndex,
  type SemanticAnswer,
  type SemanticFilters,
} from '../persistence/postgres-semantic-index.js';
import { type Coverage, PostgresVectorStore } from '../persistence/postgres-vector-store.js';

export interface SemanticRequest {
  readonly workspaceId: WorkspaceId;
  readonly projectId: ProjectId;
  /** Not blank. */
  readonly text: string;
  readonly limit: number;
  readonly filters?: SemanticFilters;
  /** Only these. */
  readonly among?: readonly ContextId[];
  /** Whose budget pays for the vector of the text. */
  readonly billedPrincipal?: Principal;
}

/** What other features may ask about meaning. Errors are those of EmbeddingService: a search without it is degraded, not broken. */
@Injectable()
export class SemanticReader extends EmbeddingStateSource {
  constructor(
    private readonly embeddings: EmbeddingService,
    private readonly index: PostgresSemanticIndex,
    private readonly vectors: PostgresVectorStore,
    private readonly choice: ProviderChoice,
    states: EmbeddingStates,
  ) {
    super();
    states.register(this);
  }

  /** False where embeddings are turned off. */
  get isOn(): boolean {
    return !this.embeddings.provider.isOff;
  }

  /** What similarity says: the weight of this channel hangs on it. */
  get kind(): EmbedderKind {
    return this.embeddings.provider.kind;
  }

  /** For people: the model, and why it is this one. */
  get description(): string {
    return describeChoice(this.embeddings.provider, this.choice);
  }

  /** For people: what would find more, as a sentence; undefined where there is a model of meaning. */
  get advice(): string | undefined {
    return this.choice.advice;
  }

  /** @throws DomainError `embeddings-off` */
  get model(): EmbeddingModel {
    return this.embeddings.modelFor({});
  }

  /** See EmbeddingStateSource. */
  get engine(): string {
    return this.isOn ? modelKey(this.model) : 'off';
  }

  /** The contexts of a project that lie nearest to a text. */
  async search({ text, billedPrincipal, ...scope }: SemanticRequest): Promise<SemanticAnswer> {
    const { vectors, model } = await this.embeddings.embed({
      workspaceId: scope.workspaceId,
      billedPrincipal,
      texts: [text],
      inputType: 'query',
    });
    return this.index.nearest({ ...scope, model, vector: vectors[0] as Float32Array });
  }

  /** How far a project is embedded by the current model: while it is not whole, a search by meaning misses some. */
  coverage(workspaceId: WorkspaceId, projectId: ProjectId): Promise<Coverage> {
    return this.vectors.coverage(workspaceId, projectId, modelKey(this.model));
  }

  /** In the order of `ids`; see EmbeddingState. */
  async statesOf(workspaceId: WorkspaceId, ids: readonly ContextId[]): Promise<EmbeddingState[]> {
    if (!this.isOn) return ids.map(() => 'off');
    const states = await this.vectors.statesOf(workspaceId, modelKey(this.model), ids);
    return ids.map((id) => states.get(id) ?? 'off');
  }
}
