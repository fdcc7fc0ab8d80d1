import { Injectable } from '@nestjs/common';
import { ListCache } from '#cache';
import { TransactionRunner } from '#database';
import { entityTag, type Page, type Preconditions } from '#http';
import { type CheckpointId, type Metadata, newId } from '#kernel';
import type { Checkpoint, CheckpointSummary } from '../agent-state.js';
import { checkpointsTag } from '../agent-state.cache.js';
import { checkpointNotFound, parentUnknown } from '../agent-state.errors.js';
import { AgentStateChanges } from '../agent-state-changes.js';
import { type AgentRef, AgentStateService } from '../states/agent-state.service.js';
import { type CheckpointFilter, PostgresCheckpointRepository } from './postgres-checkpoint.repository.js';

interface NewCheckpoint {
  readonly name: string;
  readonly parent: CheckpointId | null;
  readonly metadata: Metadata;
}

/** What states were, kept to be restored. */
@Injectable()
export class CheckpointService {
  constructor(
    private readonly checkpoints: PostgresCheckpointRepository,
    private readonly states: AgentStateService,
    private readonly transactions: TransactionRunner,
    private readonly changes: AgentStateChanges,
    private readonly queries: ListCache,
  ) {}

  /**
   * Keeps the state as it is now. No write of the agent comes in between.
   * @param preconditions what it says of the state it is for; absent: any
   * @throws DomainError `agent-state-not-found`, `checkpoint-parent-unknown`; `precondition-failed`, which says the
   * current version
   */
  create(
    of: AgentRef,
    { name, parent, metadata }: NewCheckpoint,
    preconditions: Preconditions = {},
  ): Promise<Checkpoint> {
    return this.transactions.run(async () => {
      const { current, now } = await this.states.lockState(of, preconditions);
      if (parent !== null && (await this.checkpoints.find(of, parent)) === undefined) throw parentUnknown();
      const { workspaceId, projectId, project, agent, version, value } = current;
      const checkpoint: Checkpoint = {
        workspaceId,
        id: newId(),
        projectId,
        project,
        agent,
        name,
        parentId: parent,
        version,
        value,
        metadata,
        createdAt: now,
      };
      await this.checkpoints.insert(checkpoint);
      await this.changes.checkpointed(of);
      return checkpoint;
    });
  }

  /** Newest first. An agent that does not exist has none. */
  list(
    of: AgentRef,
    filter: CheckpointFilter,
    after: CheckpointId | undefined,
    limit: number,
  ): Promise<Page<CheckpointSummary, [CheckpointId]>> {
    const { name, parent } = filter;
    return this.read(of, 'agent-checkpoints', { name, parent, after, limit }, () =>
      this.checkpoints.list(of, filter, after, limit),
    );
  }

  /** @throws DomainError `checkpoint-not-found` */
  async get(of: AgentRef, id: CheckpointId): Promise<Checkpoint> {
    const found = await this.read(of, 'agent-checkpoint', { id }, () => this.checkpoints.find(of, id));
    if (found === undefined) throw checkpointNotFound(id);
    return found;
  }

  /** Deletes one for good; those that name it as their parent stay, without it. @throws DomainError `checkpoint-not-found` */
  delete(of: AgentRef, id: CheckpointId): Promise<void> {
    return this.transactions.run(async () => {
      if (!(await this.checkpoints.remove(of, id))) throw checkpointNotFound(id);
      await this.changes.checkpointed(of);
    });
  }

  /** Strong tag. */
  tagOf({ id, parentId }: CheckpointSummary): string {
    return entityTag(['checkpoint', id, parentId]);
  }

  private read<Value>(
    { workspaceId: workspace, project, agent }: AgentRef,
    statement: string,
    parameters: object,
    load: () => Promise<Value>,
  ): Promise<Value> {
    const named = { workspace, project, agent };
    const tags = [checkpointsTag(named)];
    return this.queries.read({ workspace, statement, parameters: { project, agent, ...parameters }, tags }, load);
  }
}
