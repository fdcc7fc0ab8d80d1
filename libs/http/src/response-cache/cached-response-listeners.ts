import { Injectable } from '@nestjs/common';
import type { WorkspaceId } from '#kernel';

type Listener = (workspaceId: WorkspaceId, subject: string) => void;

/**
 * Tells features of the answers about their things that came from the cache: no service of theirs has seen those. A
 * listener must neither throw nor wait.
 */
@Injectable()
export class CachedResponseListeners {
  private readonly listeners = new Map<string, Listener>();

  /** @param kind as in the `subject` of the routes; one listener each */
  listen(kind: string, listener: Listener): void {
    if (this.listeners.has(kind)) throw new Error(`Answers about ${kind} are listened to twice.`);
    this.listeners.set(kind, listener);
  }

  tell(kind: string, workspaceId: WorkspaceId, subject: string): void {
    this.listeners.get(kind)?.(workspaceId, subject);
  }
}
