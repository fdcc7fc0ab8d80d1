import { Injectable } from '@nestjs/common';
import { CacheService, ListCache } from '#cache';
import { ContextReader } from '#context';
import { TransactionRunner } from '#database';
import type { Page } from '#http';
import { Clock, type ContextId, type FeedbackId, newId, type WorkspaceId } from '#kernel';
import { writtenByCaller } from '#observability';
import { ProjectReader } from '#project';
import { feedbackTag } from '../relevance.cache.js';
import { clientIdTaken, contextUnknown } from '../relevance.errors.js';
import type { FeedbackKind } from '../relevance.js';
import type { Feedback, FeedbackValue } from './feedback.js';
import { PostgresFeedbackRepository } from './postgres-feedback.repository.js';

interface AddFeedback {
  /** Slug. */
  readonly project: string;
  readonly user: string;
  readonly contextId: ContextId;
  readonly kind: FeedbackKind;
  readonly value: FeedbackValue;
  readonly clientId: string | null;
}

interface FeedbackQuery {
  /** Slug. */
  readonly project: string;
  readonly user?: string | undefined;
  readonly contextId?: ContextId | undefined;
}

/** What users say and do about contexts. It is in force on the next read of every process. */
@Injectable()
export class FeedbackService {
  constructor(
    private readonly repository: PostgresFeedbackRepository,
    private readonly contexts: ContextReader,
    private readonly projects: ProjectReader,
    private readonly transactions: TransactionRunner,
    private readonly cache: CacheService,
    private readonly queries: ListCache,
    private readonly clock: Clock,
  ) {}

  /**
   * Stores feedback. The same `clientId` of a user again in the project gives what is there. Of thumbs and of ratings a user has one
   * for a context: another takes its place.
   * @returns it, and whether it was there already
   * @throws DomainError `feedback-context-unknown`; `feedback-client-id-taken` where the client id is of other feedback
   */
  add(
    workspaceId: WorkspaceId,
    command: AddFeedback,
  ): Promise<{ readonly feedback: Feedback; readonly isDuplicate: boolean }> {
    const { project, user, contextId, kind, value, clientId } = command;
    return this.transactions.run(async () => {
      await this.repository.holdContext(workspaceId, contextId);
      const context = await this.contexts.find(workspaceId, contextId);
      if (context?.project !== project) throw contextUnknown(contextId);
      await this.repository.lock(workspaceId, user);
      const { projectId } = context;
      const known =
        clientId === null
          ? undefined
          : await this.repository.findByClientId({ workspaceId, projectId, user }, clientId);
      if (known !== undefined) {
        if (known.contextId !== contextId || known.kind !== kind || known.value !== value) throw clientIdTaken();
        return { feedback: known, isDuplicate: true };
      }
      const feedback: Feedback = {
        workspaceId,
        id: newId(),
        projectId,
        project,
        contextId,
        user,
        kind,
        value,
        clientId,
        createdAt: this.clock.now(),
        createdBy: writtenByCaller().createdBy,
      };
      await this.repository.add(feedback);
      await this.cache.invalidate([feedbackTag({ workspace: workspaceId, project })]);
      return { feedback, isDuplicate: false };
    });
  }

  /** Newest first. A project that does not exist has none. */
  list(
    workspaceId: WorkspaceId,
    { project, user, contextId }: FeedbackQuery,
    before: FeedbackId | undefined,
    limit: number,
  ): Promise<Page<Feedback, [FeedbackId]>> {
    return this.queries.read(
      {
        workspace: workspaceId,
        statement: 'feedback',
        parameters: { project, user, contextId, before, limit },
        tags: [feedbackTag({ workspace: workspaceId, project })],
      },
      async () => {
        const found = await this.projects.find(workspaceId, project);
        if (found === undefined) return { items: [] };
        return this.repository.list(workspaceId, { projectId: found.id, user, contextId }, before, limit);
      },
    );
  }
}
