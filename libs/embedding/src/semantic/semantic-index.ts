import type { ContextId, ProjectId, SessionId, WorkspaceId } from '#kernel';
import type { Priority } from '#context';
import type { EmbeddingModel } from '../embedding.js';

/** All that are given must hold; none is ever loosened to find more. */
export interface SemanticFilters {
  readonly priority?: Priority;
  /** Every one of them. */
  readonly tags?: readonly string[];
  readonly sessionId?: SessionId;
  /** Created at this time or later. */
  readonly since?: Date;
}

export interface SemanticQuery {
  readonly workspaceId: WorkspaceId;
  readonly projectId: ProjectId;
  readonly model: EmbeddingModel;
  readonly vector: Float32Array;
  /** 1 or more. */
  readonly limit: number;
  readonly filters?: SemanticFilters;
  /** `exact` looks at every vector of the project, `hnsw` at those that the index leads to; chosen by size where absent. */
  readonly method?: 'exact' | 'hnsw';
}

export interface SemanticHit {
  readonly contextId: ContextId;
  /** Cosine of the angle to the nearest passage, -1 to 1. */
  readonly score: number;
}

export interface SemanticAnswer {
  /** Nearest first; ties by id. */
  readonly hits: readonly SemanticHit[];
  /**
   * How they were found: `hnsw` by pgvector's index, which may miss a near one; `exact` by pgvector over every vector;
   * `scan` outside the database, where pgvector is missing: slower with every context.
   */
  readonly method: 'hnsw' | 'exact' | 'scan';
}

/**
 * The contexts of a project by similarity. Only newest versions that are not archived are found, each once, and only
 * vectors of the asked model are looked at. A filtered search finds as many as there are, up to its limit.
 */
export abstract class SemanticIndex {
  /** @throws RangeError where the vector is not of the model's length */
  abstract nearest(query: SemanticQuery): Promise<SemanticAnswer>;
}
