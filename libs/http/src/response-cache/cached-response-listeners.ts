import { Injectable } from '@nestjs/common';
import { Registry, type WorkspaceId } from '#kernel';

/** A feature that hears of the answers about its things that came from the cache. */
export interface CachedResponseListener {
  /** As in the `subject` of the routes; one listener each. */
  readonly kind: string;
  /** Must neither throw nor wait. */
  onCachedResponse(workspaceId: WorkspaceId, subject: string): void;
}

/** Informs features of the answers that came from the cache: no service of theirs has seen those. */
@Injectable()
export class CachedResponseListeners extends Registry<CachedResponseListener> {
  override register(listener: CachedResponseListener): void {
    if (this.registered.some(({ kind }) => kind === listener.kind))
      throw new Error(`Answers about ${listener.kind} are listened to twice.`);
    super.register(listener);
  }

  notify(kind: string, workspaceId: WorkspaceId, subject: string): void {
    for (const listener of this.registered) if (listener.kind === kind) listener.onCachedResponse(workspaceId, subject);
  }
}
