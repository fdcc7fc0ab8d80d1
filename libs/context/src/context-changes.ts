import { Injectable } from '@nestjs/common';
import { CacheService, type Refill, workspaceDeletionTag } from '#cache';
import { Registry, type WorkspaceId } from '#kernel';
import { projectCountersTag } from '#project';
import type { ContextSummary } from './context.js';
import { alwaysCheckTag, anyContextTag, contextsTag, contextTag, embeddingsTag, labelTag } from './context.cache.js';

/** A feature that keeps what is always to be checked: it is written through. */
export interface AlwaysCheckReader {
  /** What has to be loaded again when that changes. @param project slug */
  refill(workspaceId: WorkspaceId, project: string): Refill;
}

@Injectable()
export class AlwaysCheckReaders extends Registry<AlwaysCheckReader> {}

/** Drops what is cached of contexts with the writes that change it: call it in their transaction. */
@Injectable()
export class ContextChanges {
  constructor(
    private readonly cache: CacheService,
    private readonly readers: AlwaysCheckReaders,
  ) {}

  /**
   * @param project slug
   * @param changed every version that was changed, or that was or is now the newest of its label
   */
  async written(
    workspaceId: WorkspaceId,
    project: string,
    changed: readonly Pick<ContextSummary, 'id' | 'label' | 'priority'>[],
  ): Promise<void> {
    if (changed.length === 0) return;
    const named = { workspace: workspaceId, project };
    const isAlwaysChecked = changed.some(({ priority }) => priority === 'always_check');
    await this.cache.invalidate(
      [
        ...changed.map(({ id }) => contextTag({ workspace: workspaceId, id })),
        ...changed.map(({ label }) => labelTag({ ...named, label })),
        contextsTag(named),
        projectCountersTag(named),
        anyContextTag(named),
        ...(isAlwaysChecked ? [alwaysCheckTag(named)] : []),
      ],
      ...(isAlwaysChecked ? this.readers.registered.map((reader) => reader.refill(workspaceId, project)) : []),
    );
  }

  /** What is shown of the embedding of versions changed, without a write to them. */
  async embeddingChanged(
    workspaceId: WorkspaceId,
    contexts: readonly Pick<ContextSummary, 'id' | 'project' | 'label'>[],
  ): Promise<void> {
    if (contexts.length === 0) return;
    const workspace = workspaceId;
    const tags = contexts.flatMap(({ id, project, label }) => [
      contextTag({ workspace, id }),
      labelTag({ workspace, project, label }),
      embeddingsTag({ workspace, project }),
    ]);
    await this.cache.invalidate([...tags, anyContextTag({ workspace })]);
  }

  /** Versions were deleted for good, in one of several transactions: who has done the last one calls `erased`. */
  async purged(workspaceId: WorkspaceId): Promise<void> {
    await this.cache.invalidate([workspaceDeletionTag({ workspace: workspaceId })]);
    await this.cache.erase(workspaceId, { waits: false });
  }

  /** Resolves when no cache holds anything of what was purged; in a transaction, its caller is answered then. */
  erased(workspaceId: WorkspaceId): Promise<void> {
    return this.cache.erase(workspaceId);
  }
}
