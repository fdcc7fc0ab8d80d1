import { Injectable } from '@nestjs/common';
import { type Context, ContextObserver, ContextObservers, type ContextSummary, type WithdrawnContext } from '#context';
import type { WorkspaceId } from '#kernel';
import type { SearchDocument } from './search.js';
import { SearchIndexService } from './search-index.service.js';

/** Keeps the newest version of every label findable, in the transaction that makes it the newest. */
@Injectable()
export class ContextIndexer extends ContextObserver {
  constructor(
    private readonly index: SearchIndexService,
    observers: ContextObservers,
  ) {
    super();
    observers.register(this);
  }

  async onLatest(_workspaceId: WorkspaceId, contexts: readonly Context[]): Promise<void> {
    await this.index.index(contexts.map(toDocument));
  }

  async onWithdrawn(workspaceId: WorkspaceId, contexts: readonly WithdrawnContext[]): Promise<void> {
    await this.index.remove(
      workspaceId,
      contexts.map(({ id }) => id),
    );
  }

  override async onValidityChanged(workspaceId: WorkspaceId, contexts: readonly ContextSummary[]): Promise<void> {
    await this.index.noteChanged(
      workspaceId,
      contexts.map(({ id, projectId }) => ({ id, projectId, kind: 'context' })),
    );
  }

  async onDescribed(workspaceId: WorkspaceId, { id, priority, tags }: ContextSummary): Promise<void> {
    await this.index.describe(workspaceId, id, { priority, tags });
  }
}

export function toDocument(context: Context): SearchDocument {
  const { workspaceId, projectId, id, label, version, content, priority, tags, sessionId, createdAt } = context;
  return {
    workspaceId,
    projectId,
    id,
    kind: 'context',
    label,
    version,
    text: content,
    priority,
    tags,
    sessionId: sessionId ?? undefined,
    createdAt,
  };
}
