import type { ContextId, SessionId, WorkspaceId } from '#kernel';

export interface ContextAccess {
  readonly contextId: ContextId;
  readonly count: number;
  readonly lastAt: Date;
}

export interface SessionUse {
  readonly sessionId: SessionId;
  readonly contextId: ContextId;
  readonly lastAt: Date;
}

/** How often contexts are read, and which sessions read which. */
export abstract class ContextUsageRepository {
  /** Adds counts and notes uses. What names a context or session that is gone is left out. */
  abstract add(
    workspaceId: WorkspaceId,
    accesses: readonly ContextAccess[],
    uses: readonly SessionUse[],
  ): Promise<void>;
}
