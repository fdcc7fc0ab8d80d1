import type { Page } from '#http';
import type { ContextId, ProjectId, SessionId, WorkspaceId } from '#kernel';
import type { Context, ContextSummary } from '../context.js';
import type { ContextFilter } from '../context-filter.js';
import type { Priority } from '../priority.js';
import type { Fingerprint } from '../similarity/fingerprint.js';

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

export type RecallBy =
  /** The newest version of each label. */
  | { readonly projectId: ProjectId; readonly labels: readonly string[] }
  /** These versions, archived or not; of any project where none is given. */
  | { readonly projectId?: ProjectId; readonly ids: readonly ContextId[] };

export interface SimilarContext {
  readonly id: ContextId;
  readonly label: string;
  readonly version: number;
  /** Of the two texts, 0 to 1; 1 means the same text. */
  readonly similarity: number;
}

/** What to look for near-duplicates of: a stored context, which is not its own duplicate, nor are those of its label. */
export interface SimilarityProbe {
  readonly id: ContextId;
  readonly labelId: string;
  readonly contentHash: string;
  readonly fingerprint: Fingerprint;
}

/** Changes of one context that make no new version. */
export type Description = Pick<Context, 'tags' | 'priority' | 'priorityDetected' | 'metadata'>;

/** Contexts at rest. Everything is of one workspace; what is another's is not there. */
export abstract class ContextRepository {
  abstract find(workspaceId: WorkspaceId, id: ContextId): Promise<Context | undefined>;

  abstract findSummary(workspaceId: WorkspaceId, id: ContextId): Promise<ContextSummary | undefined>;

  /** That version, archived or not; the newest one that is not archived where none is given. */
  abstract findByLabel(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    label: string,
    version?: number,
  ): Promise<Context | undefined>;

  /** Newest first. */
  abstract list(
    workspaceId: WorkspaceId,
    filter: ContextFilter,
    after: ContextId | undefined,
    limit: number,
  ): Promise<Page<ContextSummary, [ContextId]>>;

  /** Every version of the label, archived or not, newest first. */
  abstract listVersions(
    workspaceId: WorkspaceId,
    of: Pick<Context, 'projectId' | 'label'>,
    after: number | undefined,
    limit: number,
  ): Promise<Page<ContextSummary, [number]>>;

  /**
   * Those that there are, in the order they were asked for. One statement.
   *
   * @param contentBytes contents are given in that order until they are this many bytes together; what is beyond has
   *   none. 0 gives previews alone.
   */
  abstract recall(
    workspaceId: WorkspaceId,
    by: RecallBy,
    contentBytes: number,
  ): Promise<readonly (ContextSummary & { readonly content?: string })[]>;

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

  /** Near-duplicates among the newest versions of other labels of the project, most similar first, for each probe. */
  abstract findSimilar(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    probes: readonly SimilarityProbe[],
  ): Promise<ReadonlyMap<ContextId, readonly SimilarContext[]>>;

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

  /**
   * The newest versions of the project that were handed out to the session (or are among `ids`), and whose content or
   * preview is one of these texts.
   */
  abstract findRecalledInSession(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    to: { readonly sessionId: SessionId; readonly ids: readonly ContextId[] },
    texts: readonly Pick<Context, 'content' | 'contentHash'>[],
  ): Promise<readonly ContextSummary[]>;
}
