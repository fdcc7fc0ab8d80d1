import { Injectable } from '@nestjs/common';
import { type ContextId, type ProjectId, Registry, type WorkspaceId } from '#kernel';
import type { Context, ContextSummary, EmbeddingState } from './context.js';
import { CacheService } from '#cache';
import { embeddingStatesFamily } from './context.cache.js';

/** A version that can't be found any more. */
export interface WithdrawnContext {
  readonly id: ContextId;
  readonly projectId: ProjectId;
  readonly label: string;
}

/** A version that a newer one of its label has taken the place of. */
export interface ReplacedContext extends WithdrawnContext {
  readonly version: number;
  readonly supersededBy: ContextId;
}

/**
 * What other features do when memory changes: make it findable, embed it.
 *
 * Every call runs in the writer's transaction, after its rows are written, with the labels concerned locked: one
 * writer at a time changes a label. A rejection takes the whole write back. Nothing but SQL may be awaited. Deleting
 * a project is the database's work alone: rows of a project go by their foreign key.
 */
export abstract class ContextObserver {
  /**
   * These are now the newest versions of their labels: stored, restored, or what an archived or purged newest one
   * falls back to. They replace whatever version of the label came before. At most one a label.
   */
  abstract onLatest(workspaceId: WorkspaceId, contexts: readonly Context[]): Promise<void>;

  /** These versions are new, stored or imported: also those that a newer one of the same write has replaced already. */
  async onStored(_workspaceId: WorkspaceId, _contexts: readonly ContextSummary[]): Promise<void> {}

  /** Newer versions of their labels supersede these, by a write that changes nothing else of what is valid. */
  async onReplaced(_workspaceId: WorkspaceId, _contexts: readonly ReplacedContext[]): Promise<void> {}

  /** These were archived or purged; those that were the newest of their label are what readers may have seen. */
  abstract onWithdrawn(workspaceId: WorkspaceId, contexts: readonly WithdrawnContext[]): Promise<void>;

  /** These were deleted for good, after `onWithdrawn` was called with them: nothing may name them any more. */
  async onDeleted(_workspaceId: WorkspaceId, _contexts: readonly WithdrawnContext[]): Promise<void> {}

  /** Tags, priority or metadata of this version changed. It need not be the newest of its label, nor active. */
  abstract onDescribed(workspaceId: WorkspaceId, context: ContextSummary): Promise<void>;

  /** Something else supersedes these than before, or nothing does any more. They need not be the newest of their labels. */
  onValidityChanged(_workspaceId: WorkspaceId, _contexts: readonly ContextSummary[]): Promise<void> {
    return Promise.resolve();
  }
}

@Injectable()
export class ContextObservers extends Registry<ContextObserver> {
  async latest(workspaceId: WorkspaceId, contexts: readonly Context[]): Promise<void> {
    if (contexts.length === 0) return;
    for (const observer of this.registered) await observer.onLatest(workspaceId, contexts);
  }

  async stored(workspaceId: WorkspaceId, contexts: readonly ContextSummary[]): Promise<void> {
    if (contexts.length === 0) return;
    for (const observer of this.registered) await observer.onStored(workspaceId, contexts);
  }

  async replaced(workspaceId: WorkspaceId, contexts: readonly ReplacedContext[]): Promise<void> {
    if (contexts.length === 0) return;
    for (const observer of this.registered) await observer.onReplaced(workspaceId, contexts);
  }

  async withdrawn(workspaceId: WorkspaceId, contexts: readonly WithdrawnContext[]): Promise<void> {
    if (contexts.length === 0) return;
    for (const observer of this.registered) await observer.onWithdrawn(workspaceId, contexts);
  }

  /** Withdrawn as well. */
  async deleted(workspaceId: WorkspaceId, contexts: readonly WithdrawnContext[]): Promise<void> {
    if (contexts.length === 0) return;
    await this.withdrawn(workspaceId, contexts);
    for (const observer of this.registered) await observer.onDeleted(workspaceId, contexts);
  }

  async validityChanged(workspaceId: WorkspaceId, contexts: readonly ContextSummary[]): Promise<void> {
    if (contexts.length === 0) return;
    for (const observer of this.registered) await observer.onValidityChanged(workspaceId, contexts);
  }

  async described(workspaceId: WorkspaceId, context: ContextSummary): Promise<void> {
    for (const observer of this.registered) await observer.onDescribed(workspaceId, context);
  }
}

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
  async statesOf(workspaceId: WorkspaceId, ids: readonly ContextId[]): Promise<EmbeddingState[]> {
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
