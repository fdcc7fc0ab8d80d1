import type { Priority } from '#context';
import type { WorkspaceId } from '#kernel';
import type { SearchDocument } from './search.js';

/**
 * What search can find, kept by the features that own the memory. Every call takes part in the caller's transaction,
 * so a thing is found from its commit on, and one that was taken out is gone with it. What belongs to a project that
 * is deleted goes with the project.
 *
 * Callers let one writer at a time change a label; different labels and projects may be written concurrently.
 */
export abstract class SearchIndex {
  /**
   * Makes documents findable. One of the same id, or of the same project, kind and label, is replaced. A batch costs
   * as many statements as one document.
   */
  abstract index(documents: readonly SearchDocument[]): Promise<void>;

  /** Takes documents out; unknown ids are no error. */
  abstract remove(workspaceId: WorkspaceId, ids: readonly string[]): Promise<void>;

  /** Follows a change of priority and tags, which needs no new analysis. An unknown id is no error. */
  abstract describe(
    workspaceId: WorkspaceId,
    id: string,
    change: { readonly priority?: Priority; readonly tags?: readonly string[] },
  ): Promise<void>;
}
