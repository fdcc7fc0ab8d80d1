import type { WorkspaceId } from '#kernel';

/** One import at a time in a workspace: two that bring the same ids would wait for each other, and one would fail. */
export abstract class ImportLock {
  /** Until the end of the caller's transaction. False where another one holds it; waits for nobody. */
  abstract acquire(workspaceId: WorkspaceId): Promise<boolean>;
}
