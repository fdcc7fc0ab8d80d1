import { Injectable } from '@nestjs/common';
import { CacheService } from '#cache';
import type { ContextId, WorkspaceId } from '#kernel';
import { embeddingStatesFamily } from './context.cache.js';
import type { EmbeddingState } from './context.js';

/** Who embeds contexts, and so can know. */
export abstract class EmbeddingStateSource {
  /** What embeds at present. What was true of another is not remembered of this one. */
  abstract readonly engine: string;

  /** In the order of `ids`; `off` for unknown ones. */
  abstract statesOf(workspaceId: WorkspaceId, ids: readonly ContextId[]): Promise<EmbeddingState[]>;
}

/** Where that feature registers itself. Without it everything is `off`. */
@Injectable()
export class EmbeddingStates {
  private source: EmbeddingStateSource | undefined;

  constructor(private readonly cache: CacheService) {}

  register(source: EmbeddingStateSource): void {
    this.source = source;
  }

  /** What embeds at present, in this process. */
  get engine(): string {
    return this.source?.engine ?? 'none';
  }

  /** In the order of `ids`. */
  async of(workspaceId: WorkspaceId, ids: readonly ContextId[]): Promise<EmbeddingState[]> {
    const { source } = this;
    if (source === undefined || ids.length === 0) return ids.map(() => 'off');
    const { engine } = source;
    const keys = ids.map((id) => ({ workspace: workspaceId, id, engine }));
    const states = await this.cache.getMany(embeddingStatesFamily, keys, (missing) =>
      source.statesOf(
        workspaceId,
        missing.map(({ id }) => id),
      ),
    );
    return states.map((state) => state ?? 'off');
  }
}
