import type { Page } from '#http';
import type { ContextId, ProjectId, SessionId, WorkspaceId } from '#kernel';
import type { Context, ContextFilter, ContextSummary } from '../context.js';
import type { Fingerprint } from '../store/near-duplicates.js';

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

/** What is read of contexts at rest. Everything is of one workspace; what is another's is not there. */
export abstract class ContextReadRepository {
  /** Newest versions of that priority, newest first. */
  abstract listAlwaysCheck(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    limit: number,
  ): Promise<readonly ContextSummary[]>;

  /** Labels with a version that is not archived, and of them those whose newest one has priority always_check. */
  abstract countLabels(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
  ): Promise<{ readonly total: number; readonly alwaysCheck: number }>;

  /**
   * What a session stored or used (`ids` are known to be used as well), newest first, and how many there are in all;
   * nothing archived.
   */
  abstract listUsedBy(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    by: { readonly sessionId: SessionId; readonly ids: readonly ContextId[] },
    limit: number,
  ): Promise<{ readonly items: readonly ContextSummary[]; readonly total: number }>;

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

  /** Near-duplicates among the newest versions of other labels of the project, most similar first, for each probe. */
  abstract findSimilar(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    probes: readonly SimilarityProbe[],
  ): Promise<ReadonlyMap<ContextId, readonly SimilarContext[]>>;

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
