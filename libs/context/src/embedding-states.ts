import { Injectable } from '@nestjs/common';
import type { ContextId, WorkspaceId } from '#kernel';

export const embeddingStates = ['pending', 'ready', 'off'] as const;

/**
 * Whether a version can be found by its meaning: `ready`, or `pending` until its vectors of the model in use are
 * there. `off` is what nobody embeds: versions that a newer one has replaced or that are archived, what the model
 * refuses, and everything where embeddings are turned off.
 */
export type EmbeddingState = (typeof embeddingStates)[number];

/** Who embeds contexts, and so can tell. */
export abstract class EmbeddingStateSource {
  /** In the order of `ids`; `off` for unknown ones. */
  abstract statesOf(workspaceId: WorkspaceId, ids: readonly ContextId[]): Promise<EmbeddingState[]>;
}

/** Where that feature registers itself when its module starts. Without it everything is `off`. */
@Injectable()
export class EmbeddingStates {
  private source: EmbeddingStateSource | undefined;

  register(source: EmbeddingStateSource): void {
    this.source = source;
  }

  /** In the order of `ids`. */
  async of(workspaceId: WorkspaceId, ids: readonly ContextId[]): Promise<EmbeddingState[]> {
    if (this.source === undefined || ids.length === 0) return ids.map(() => 'off');
    return this.source.statesOf(workspaceId, ids);
  }
}
