import { Injectable } from '@nestjs/common';
import { type Context, ContextObserver, ContextObservers, type WithdrawnContext } from '#context';
import type { ContextId, WorkspaceId } from '#kernel';
import { JobQueue } from '#queue';
import { EmbeddingProvider } from '../provider/embedding-provider.js';
import { CONTEXTS_PER_JOB, contextEmbedding } from './context-embedding.job.js';
import { PostgresVectorStore } from '../persistence/postgres-vector-store.js';

/** Enqueues the embedding of a context in the transaction that writes it: it can't be lost, and nothing waits for it. */
@Injectable()
export class ContextEmbeddingObserver extends ContextObserver {
  constructor(
    private readonly queue: JobQueue,
    private readonly vectors: PostgresVectorStore,
    provider: EmbeddingProvider,
    observers: ContextObservers,
  ) {
    super();
    if (!provider.isOff) observers.register(this);
  }

  onLatest(workspaceId: WorkspaceId, contexts: readonly Context[]): Promise<void> {
    return this.enqueue(
      workspaceId,
      contexts.map(({ id }) => id),
    );
  }

  async onWithdrawn(workspaceId: WorkspaceId, contexts: readonly WithdrawnContext[]): Promise<void> {
    await this.vectors.remove(
      workspaceId,
      contexts.map(({ id }) => id),
    );
  }

  /** Tags, priority and metadata are not embedded; searches filter by the context's own row. */
  onDescribed(): Promise<void> {
    return Promise.resolve();
  }

  /** @param when `unless it waits`: contexts whose job of an earlier call still waits get no other */
  async enqueue(
    workspaceId: WorkspaceId,
    ids: readonly ContextId[],
    when: 'always' | 'unless it waits' = 'always',
  ): Promise<void> {
    for (let start = 0; start < ids.length; start += CONTEXTS_PER_JOB) {
      const contextIds = ids.slice(start, start + CONTEXTS_PER_JOB);
      const singletonKey = when === 'always' ? undefined : contextIds[0];
      await this.queue.enqueue(contextEmbedding, { contextIds }, { workspaceId, singletonKey });
    }
  }
}
