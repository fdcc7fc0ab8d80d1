import { Injectable } from '@nestjs/common';
import {
  type AgentStateId,
  type CheckpointId,
  Clock,
  newId,
  newRevision,
  type ProjectId,
  type WorkspaceId,
} from '#kernel';
import { importedByCaller } from '#observability';
import { divide, identify, type ImportTally, type ImportTarget, namesOf } from '#project';
import { type AgentState, type Checkpoint, isLive } from '../agent-state.js';
import { PostgresAgentStateRepository } from '../states/postgres-agent-state.repository.js';
import { AgentStateRows, CheckpointRows } from './agent-state-rows.js';

/** A state as a file has it: of no place and no revision yet. */
export type AgentStateCopy = Omit<AgentState, 'workspaceId' | 'projectId' | 'project' | 'revision' | 'importedAuthor'>;

/** A checkpoint as a file has it: of no place yet. */
export type CheckpointCopy = Omit<Checkpoint, 'workspaceId' | 'projectId' | 'project'>;

/** Of a mebibyte at most, so few are in memory together. */
const VALUES_AT_ONCE = 20;

/**
 * States and checkpoints on their way out of a project and into another. Reading is as the caller's transaction sees it;
 * writing happens in the caller's transaction, and what is cached is dropped by the caller.
 */
@Injectable()
export class AgentStateTransferService {
  constructor(
    private readonly states: PostgresAgentStateRepository,
    private readonly stateRows: AgentStateRows,
    private readonly checkpointRows: CheckpointRows,
    private readonly clock: Clock,
  ) {}

  /** Differs whenever something that is read here has changed, but for what expires. */
  async mark(workspaceId: WorkspaceId, projectId: ProjectId): Promise<string> {
    const states = await this.stateRows.fingerprint(workspaceId, projectId);
    return `${states}/${await this.checkpointRows.fingerprint(workspaceId, projectId)}`;
  }

  countStates(workspaceId: WorkspaceId, projectId: ProjectId, now: Date): Promise<number> {
    return this.states.count(workspaceId, projectId, now);
  }

  /** Those that are there at this moment, in the order of their ids: page by page, each from behind the last. */
  listStates(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    now: Date,
    after: AgentStateId | undefined,
  ): Promise<readonly AgentState[]> {
    return this.stateRows.listLive(workspaceId, projectId, now, after, VALUES_AT_ONCE);
  }

  countCheckpoints(workspaceId: WorkspaceId, projectId: ProjectId): Promise<number> {
    return this.checkpointRows.count(workspaceId, projectId);
  }

  /** In the order of their ids: page by page, each from behind the last. */
  listCheckpoints(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    after: CheckpointId | undefined,
  ): Promise<readonly Checkpoint[]> {
    return this.checkpointRows.list(workspaceId, projectId, after, VALUES_AT_ONCE);
  }

  /**
   * The state of an agent is the one that it has in the project, under whatever id. `overwrite` puts what the file says
   * in its place, as a new version; otherwise it stays. A state that has expired by now is left out.
   */
  async importStates(target: ImportTarget, copies: readonly AgentStateCopy[], tally: ImportTally): Promise<void> {
    const { workspaceId, projectId, project } = target;
    const ids = copies.map(({ id }) => id);
    const places = await this.stateRows.places(workspaceId, projectId, namesOf(target, ids));
    const identities = identify(target, ids, places);
    const now = this.clock.now();
    for (const copy of copies) {
      const { agent } = copy;
      const locked = target.dryRun ? undefined : await this.states.ensure(workspaceId, projectId, agent, now);
      const current = await this.states.find(workspaceId, project, agent, now);
      if (!isLive(copy, now) || (current !== null && target.conflict !== 'overwrite')) {
        tally.skipped++;
        continue;
      }
      if (current === null) tally.created++;
      else tally.overwritten++;
      if (locked === undefined) continue;
      const identity = identities.get(copy.id);
      const fresh = identity === undefined || identity.exists ? newId<AgentStateId>() : identity.id;
      const next = locked.lastVersion + 1;
      await this.states.put({
        ...copy,
        ...importedByCaller(copy),
        workspaceId,
        projectId,
        project,
        id: current?.id ?? fresh,
        version: current === null ? Math.max(next, copy.version) : next,
        createdAt: current?.createdAt ?? copy.createdAt,
        revision: newRevision(),
      });
    }
  }

  /** `overwrite` says of a checkpoint that is there what the file says; otherwise it stays as it is. */
  async importCheckpoints(target: ImportTarget, copies: readonly CheckpointCopy[], tally: ImportTally): Promise<void> {
    const { workspaceId, projectId, project } = target;
    const parents = copies.flatMap(({ parentId }) => (parentId === null ? [] : [parentId]));
    const ids = [...new Set([...copies.map(({ id }) => id), ...parents])];
    const places = await this.checkpointRows.places(workspaceId, projectId, namesOf(target, ids));
    const identities = identify(target, ids, places);
    const { created, replaced } = divide(target, copies, identities, tally);
    if (target.dryRun) return;
    const placed = (copy: CheckpointCopy): Checkpoint => ({
      ...copy,
      workspaceId,
      projectId,
      project,
      parentId: copy.parentId === null ? null : (identities.get(copy.parentId)?.id ?? null),
    });
    await this.checkpointRows.insert(created.map(placed));
    await this.checkpointRows.replace(replaced.map(placed), ['projectId', 'agent']);
  }
}
