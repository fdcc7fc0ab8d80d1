import { Injectable } from '@nestjs/common';
import type { ContextId, ProjectId, SessionId, WorkspaceId } from '#kernel';
import type { Context, ContextSummary } from '../context.js';
import { type PastTime, PostgresContextReadRepository } from './postgres-context-read.repository.js';
import { ContextUsage } from './context-usage.js';

/** What other features may ask about contexts. Everything is read as it is stored now, in the caller's transaction if there is one. */
@Injectable()
export class ContextReader {
  constructor(
    private readonly contexts: PostgresContextReadRepository,
    private readonly usage: ContextUsage,
  ) {}

  /** Archived or not. Does not count as a read. */
  find(workspaceId: WorkspaceId, id: ContextId): Promise<Context | undefined> {
    return this.contexts.find(workspaceId, id);
  }

  /**
   * The newest versions of priority always_check, newest first, those that are not valid behind all others: what an agent is to see
   * when it wakes up. `until` is the next moment at which it would be another list; null: no moment is known.
   */
  alwaysCheck(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    limit: number,
    now: Date,
  ): Promise<{ readonly items: readonly ContextSummary[]; readonly until: Date | null }> {
    return this.contexts.listAlwaysCheck(workspaceId, projectId, limit, now);
  }

  /**
   * Versions that were valid at some moment of a time and are the newest of their label no more, with their texts, newest first: as many as
   * the limits hold. `isAll` is false where there are more.
   */
  pastVersions(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    time: PastTime,
    limits: { readonly most: number; readonly bytes: number },
  ): Promise<{ readonly items: readonly Context[]; readonly isAll: boolean }> {
    return this.contexts.listPast(workspaceId, projectId, time, limits);
  }

  /** How many labels the project has that are not archived, and how many of them are to be always checked. */
  count(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
  ): Promise<{ readonly total: number; readonly alwaysCheck: number }> {
    return this.contexts.countLabels(workspaceId, projectId);
  }

  /**
   * Contexts of a project that a session stored or recalled (naming itself by `sessionId`), newest first, and how many
   * there are in all; archived ones are left out. What another process recalled for it in the last few seconds may be
   * missing.
   */
  usedBy(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    sessionId: SessionId,
    limit: number,
  ): Promise<{ readonly items: readonly ContextSummary[]; readonly total: number }> {
    const pending = this.usage.pendingOf(workspaceId, sessionId);
    return this.contexts.listUsedBy(workspaceId, projectId, { sessionId, ids: pending }, limit);
  }

  /**
   * Which of these versions are there. Nobody deletes one of them before the surrounding transaction ends: what it
   * writes of them is seen by whoever deletes them then.
   */
  keep(workspaceId: WorkspaceId, ids: readonly ContextId[]): Promise<ReadonlySet<ContextId>> {
    return this.contexts.keep(workspaceId, ids);
  }
}
