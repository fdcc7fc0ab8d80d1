import type { ContextId, ProjectId, WorkspaceId } from '#kernel';
import type { Context, ContextSummary } from '../context.js';
import type { Priority } from '../extract/priority.js';
import type { Fingerprint } from './near-duplicates.js';

/** The versions of a label, locked by this transaction: nobody else stores, archives, restores or purges one meanwhile. */
export interface LockedLabel {
  readonly labelId: string;
  readonly projectId: ProjectId;
  readonly label: string;
  readonly lastVersion: number;
  /** The newest version that is not archived. */
  readonly latest: ContextSummary | undefined;
}

export interface NewContext extends Context {
  readonly labelId: string;
  readonly fingerprint: Fingerprint;
}

/** Changes of one context that make no new version. */
export type Description = Pick<Context, 'tags' | 'priority' | 'priorityDetected' | 'metadata'>;

/** What is written of contexts at rest. Everything is of one workspace; what is another's is not there. */
export abstract class ContextRepository {
  /**
   * Locks the lines of these labels until the end of the transaction, making those that are missing. Always in the
   * same order, so that two writers of the same labels never wait for each other both.
   */
  abstract lockLabels(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    labels: readonly string[],
  ): Promise<ReadonlyMap<string, LockedLabel>>;

  /** Locks the line that a context belongs to; undefined where there is no such context. */
  abstract lockLabelOf(workspaceId: WorkspaceId, id: ContextId): Promise<LockedLabel | undefined>;

  /** Adds versions to locked lines, in order; the last one of each label becomes its newest. */
  abstract append(workspaceId: WorkspaceId, contexts: readonly NewContext[]): Promise<void>;

  /** Gives it another revision. */
  abstract describe(workspaceId: WorkspaceId, id: ContextId, description: Description, at: Date): Promise<void>;

  /** Archives those of a locked line that are not yet: some versions, or all. Returns them as they are now. */
  abstract archive(
    workspaceId: WorkspaceId,
    which: { readonly labelId: string; readonly ids?: readonly ContextId[] },
    archived: { readonly at: Date; readonly reason: string | null },
  ): Promise<readonly ContextSummary[]>;

  /** Takes the archiving back: of some versions of a locked line, or of all. Returns them as they are now. */
  abstract restore(
    workspaceId: WorkspaceId,
    which: { readonly labelId: string; readonly ids?: readonly ContextId[] },
    at: Date,
  ): Promise<readonly ContextSummary[]>;

  /** Makes the newest version of a locked line that is not archived its latest, and returns it where it was not before. */
  abstract settleLatest(workspaceId: WorkspaceId, labelId: string): Promise<Context | undefined>;

  /** The same for many locked lines at once. */
  abstract settleLines(workspaceId: WorkspaceId, labelIds: readonly string[]): Promise<readonly Context[]>;

  /** Of a locked line, how many versions that are not archived have this priority. */
  abstract countActive(workspaceId: WorkspaceId, labelId: string, priority: Priority): Promise<number>;
}
