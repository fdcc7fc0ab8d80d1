import { Injectable } from '@nestjs/common';
import type { ContextId, WorkspaceId } from '#kernel';
import { ContextObservers } from '../context-observers.js';
import type { ContextSummary } from '../context.js';
import { PostgresSuccessionsRepository } from '../validity/postgres-successions.repository.js';
import { type LockedLabel, PostgresContextRepository } from './postgres-context.repository.js';

/** What follows where versions of a label were archived, restored or deleted: what ends what, and which is the newest. */
@Injectable()
export class LabelSettlement {
  constructor(
    private readonly contexts: PostgresContextRepository,
    private readonly successions: PostgresSuccessionsRepository,
    private readonly observers: ContextObservers,
  ) {}

  /**
   * In a transaction that has locked the label and, before it changed the versions, what is valid in the project.
   * @param ids of the versions that were changed
   * @returns what was the newest version and what is it now, and whatever ends otherwise, also of other labels
   */
  async settle(
    workspaceId: WorkspaceId,
    { labelId, latest: before }: LockedLabel,
    ids: readonly ContextId[],
  ): Promise<readonly ContextSummary[]> {
    const ended = await this.successions.settle(workspaceId, ids);
    await this.observers.validityChanged(workspaceId, ended);
    const latest = await this.contexts.settleLatest(workspaceId, labelId);
    if (latest !== undefined) await this.observers.latest(workspaceId, [latest]);
    return [before, latest, ...ended].filter((context) => context !== undefined);
  }
}
