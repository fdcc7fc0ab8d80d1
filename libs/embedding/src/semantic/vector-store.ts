import { Injectable } from '@nestjs/common';
import type { EmbeddingState } from '#context';
import { type ContextId, type ProjectId, Registry, type WorkspaceId } from '#kernel';

/** What other features do when the vectors of a project change, such as dropping cached searches. */
export abstract class VectorObserver {
  /** Runs in the transaction that stores them. Nothing but SQL may be awaited; a rejection takes the write back. */
  abstract onVectorsChanged(workspaceId: WorkspaceId, projectIds: readonly ProjectId[]): Promise<void>;
}

@Injectable()
export class VectorObservers extends Registry<VectorObserver> {
  async vectorsChanged(workspaceId: WorkspaceId, projectIds: readonly ProjectId[]): Promise<void> {
    if (projectIds.length === 0) return;
    for (const observer of this.registered) await observer.onVectorsChanged(workspaceId, projectIds);
  }
}

/** A context that has no vectors of a model yet. */
export interface UnembeddedContext {
  readonly id: ContextId;
  readonly projectId: ProjectId;
  readonly label: string;
  readonly content: string;
}

/** A context of which readers may have seen another state until now. */
export interface ChangedContext {
  readonly id: ContextId;
  /** Slug. */
  readonly project: string;
  readonly label: string;
}

/** The vectors of one context, one for each passage. */
export interface ContextVectors {
  readonly contextId: ContextId;
  readonly projectId: ProjectId;
  readonly vectors: readonly Float32Array[];
}

export interface ContextRef {
  readonly workspaceId: WorkspaceId;
  readonly contextId: ContextId;
}

/** How far a project is embedded by a model. */
export interface Coverage {
  /** Newest versions that are not archived. */
  readonly contexts: number;
  /** Of those; one that the model refuses counts as done. */
  readonly embedded: number;
}

/** Where the vectors of contexts live. `model` is a `modelKey`; nothing is ever read across two of them. */
export abstract class VectorStore {
  /** Those of `ids` that are the newest of their label and have neither vectors of the model nor a refusal. */
  abstract findUnembedded(
    workspaceId: WorkspaceId,
    model: string,
    ids: readonly ContextId[],
  ): Promise<UnembeddedContext[]>;

  /**
   * Stores the vectors of contexts that still are the newest of their label, in place of what there was, and drops
   * those of the versions before. A context that was replaced, archived or deleted meanwhile is passed over.
   * @returns those that were stored, and the versions before that lost theirs
   */
  abstract put(
    workspaceId: WorkspaceId,
    model: string,
    contexts: readonly ContextVectors[],
  ): Promise<{ readonly stored: readonly ContextId[]; readonly dropped: readonly ChangedContext[] }>;

  /** Remembers that the model refuses a context, so that it is not asked again; undefined where that was known. */
  abstract refuse(
    workspaceId: WorkspaceId,
    model: string,
    contextId: ContextId,
    detail: string,
  ): Promise<ChangedContext | undefined>;

  /** Of every model. */
  abstract remove(workspaceId: WorkspaceId, ids: readonly ContextId[]): Promise<void>;

  /** Newest versions anywhere that have neither vectors of the model nor a refusal, in one order, those after `after`. */
  abstract listUnembedded(model: string, after: ContextRef | undefined, limit: number): Promise<ContextRef[]>;

  /** How many `listUnembedded` would find, counted no further than `most`. */
  abstract countUnembedded(model: string, most: number): Promise<number>;

  abstract coverage(workspaceId: WorkspaceId, projectId: ProjectId, model: string): Promise<Coverage>;

  /** What has become of each; `off` are those that are not to be embedded, unknown ones are left out. */
  abstract statesOf(
    workspaceId: WorkspaceId,
    model: string,
    ids: readonly ContextId[],
  ): Promise<ReadonlyMap<ContextId, EmbeddingState>>;

  /** Notes that the model is in use now. */
  abstract use(model: string, dimensions: number): Promise<void>;

  /**
   * Removes at most `limit` vectors of models that nobody has used for so long, by the
   * clock of the database, and, once a model has none
   * left, every trace of it.
   * @returns how many were removed
   */
  abstract prune(unusedForMs: number, limit: number): Promise<number>;

  /** Whether a project has more vectors of the model than can be looked at one by one. */
  abstract needsIndex(model: string): Promise<boolean>;

  /**
   * Makes the index that lets a search of this model look at few vectors, where the database can; returns whether it
   * is there. Takes as long as it takes; reads and writes go on meanwhile. Of callers at once, in any process, one makes
   * it, and the others are answered at once.
   */
  abstract ensureIndex(model: string, dimensions: number): Promise<boolean>;
}
