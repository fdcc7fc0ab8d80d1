import { Injectable } from '@nestjs/common';
import { CacheService, ListCache } from '#cache';
import { TransactionRunner } from '#database';
import { entityTag, type Page, type Preconditions, requireMatch } from '#http';
import { Clock, newId, newRevision, type WorkspaceId } from '#kernel';
import { writtenByCaller } from '#observability';
import { ProjectService } from '#project';
import {
  type AgentState,
  type AgentSummary,
  type Checkpoint,
  isLive,
  MAX_VALUE_BYTES,
  mergeValue,
  valueBytes,
} from '../agent-state.js';
import { agentsTag, agentStates, remainingMs } from '../agent-state.cache.js';
import { checkpointNotFound, stateAbsent, stateNotFound, valueTooLarge } from '../agent-state.errors.js';
import { AgentStateChanges } from '../agent-state-changes.js';
import { PostgresCheckpointRepository } from '../checkpoints/postgres-checkpoint.repository.js';
import { type LockedAgent, PostgresAgentStateRepository } from './postgres-agent-state.repository.js';

/** Whose state a call is about. */
export interface AgentRef {
  readonly workspaceId: WorkspaceId;
  /** Slug. */
  readonly project: string;
  readonly agent: string;
}

interface PutState {
  readonly value: unknown;
  /** Seconds from now; null: for ever. */
  readonly ttlSeconds: number | null;
}

/** Absent keeps, null clears. */
interface PatchState {
  /** A JSON merge patch (RFC 7396). */
  readonly value?: unknown;
  readonly ttlSeconds?: number | null;
}

/**
 * The working values of agents. Writes of one agent come one after the other, whichever processes they come from: of
 * several that name the same state in `If-Match` one is made, and the others are given the version that it has made.
 */
@Injectable()
export class AgentStateService {
  constructor(
    private readonly states: PostgresAgentStateRepository,
    private readonly checkpoints: PostgresCheckpointRepository,
    private readonly projects: ProjectService,
    private readonly transactions: TransactionRunner,
    private readonly changes: AgentStateChanges,
    private readonly cache: CacheService,
    private readonly queries: ListCache,
    private readonly clock: Clock,
  ) {}

  /** @throws DomainError `agent-state-not-found`, also from the moment on at which it expires */
  async get({ workspaceId, project, agent }: AgentRef): Promise<AgentState> {
    const key = { workspace: workspaceId, project, agent };
    const load = () => this.states.find(workspaceId, project, agent, this.clock.now());
    const state = await this.cache.getOrSet(agentStates, key, load);
    if (state?.workspaceId !== workspaceId || !isLive(state, this.clock.now())) throw stateNotFound(agent);
    return state;
  }

  /** Agents that have a state now, in the order of their names. A project that does not exist has none. */
  async list(
    workspaceId: WorkspaceId,
    project: string,
    after: string | undefined,
    limit: number,
  ): Promise<Page<AgentSummary, [string]>> {
    const load = () => this.states.list(workspaceId, project, this.clock.now(), after, limit);
    const named = { workspace: workspaceId, project };
    const page = await this.queries.read(
      {
        workspace: workspaceId,
        statement: 'agents',
        parameters: { project, after, limit },
        tags: [agentsTag(named)],
        lifeMs: ({ items }) => Math.min(...items.map(({ expiresAt }) => remainingMs(expiresAt))),
      },
      load,
    );
    const now = this.clock.now();
    return page.items.every((item) => isLive(item, now)) ? page : load();
  }

  /**
   * Stores a state, in the place of the one that is there. The project is made where it is missing.
   * @param preconditions what it says of the state it is for; absent: any, or none
   * @returns the state, and whether there was none before
   * @throws DomainError `precondition-failed`, which says the current version
   */
  put(
    of: AgentRef,
    { value, ttlSeconds }: PutState,
    preconditions: Preconditions = {},
  ): Promise<{ readonly state: AgentState; readonly isNew: boolean }> {
    return this.transactions.run(async () => {
      const project = await this.projects.ensure(of.workspaceId, of.project);
      const now = this.clock.now();
      const agent = await this.states.ensure(of.workspaceId, project.id, of.agent, now);
      const current = await this.current(of, now);
      this.requireState(preconditions, current);
      const state = await this.write(of, agent, current, { value, expiresAt: expiryOf(ttlSeconds, now) }, now);
      return { state, isNew: current === null };
    });
  }

  /**
   * Changes a state. Its expiry stays unless the patch says otherwise.
   * @param preconditions what it says of the state it is for; absent: any
   * @throws DomainError `agent-state-not-found`; `precondition-failed`, which says the current version; `invalid-input`
   * where the merged value is too large
   */
  patch(of: AgentRef, patch: PatchState, preconditions: Preconditions = {}): Promise<AgentState> {
    return this.transactions.run(async () => {
      const { agent, current, now } = await this.lockState(of, preconditions);
      const value = patch.value === undefined ? current.value : mergeValue(current.value, patch.value);
      if (valueBytes(value) > MAX_VALUE_BYTES) throw valueTooLarge();
      const expiresAt = patch.ttlSeconds === undefined ? current.expiresAt : expiryOf(patch.ttlSeconds, now);
      return this.write(of, agent, current, { value, expiresAt }, now);
    });
  }

  /**
   * Deletes a state for good. Its checkpoints stay.
   * @throws DomainError `agent-state-not-found`; `precondition-failed`, which says the current version
   */
  delete(of: AgentRef, preconditions: Preconditions = {}): Promise<void> {
    return this.transactions.run(async () => {
      const { current } = await this.lockState(of, preconditions);
      await this.states.remove(current);
      await this.changes.written(of);
    });
  }

  /**
   * Stores the value of a checkpoint as the state, as a new version, whether or not there is a state now.
   * @param checkpoint its id, or its name: the newest of that name
   * @throws DomainError `checkpoint-not-found`; `precondition-failed`, which says the current version
   */
  restore(
    of: AgentRef,
    checkpoint: string,
    ttlSeconds: number | null,
    preconditions: Preconditions = {},
  ): Promise<AgentState> {
    return this.transactions.run(async () => {
      const now = this.clock.now();
      const agent = await this.states.lock(of.workspaceId, of.project, of.agent);
      if (agent === undefined) throw checkpointNotFound(checkpoint);
      const kept: Checkpoint | undefined = await this.checkpoints.findByIdOrName(of, checkpoint);
      if (kept === undefined) throw checkpointNotFound(checkpoint);
      const current = await this.current(of, now);
      this.requireState(preconditions, current);
      return this.write(of, agent, current, { value: kept.value, expiresAt: expiryOf(ttlSeconds, now) }, now);
    });
  }

  /**
   * The state with its agent locked until the surrounding transaction ends.
   * @throws DomainError `agent-state-not-found`; `precondition-failed`, which says the current version
   */
  async lockState(
    of: AgentRef,
    preconditions: Preconditions,
  ): Promise<{ readonly agent: LockedAgent; readonly current: AgentState; readonly now: Date }> {
    const now = this.clock.now();
    const agent = await this.states.lock(of.workspaceId, of.project, of.agent);
    const current = agent === undefined ? null : await this.current(of, now);
    if (preconditions.ifMatch !== undefined) this.requireState(preconditions, current);
    if (agent === undefined || current === null) throw stateNotFound(of.agent);
    this.requireState(preconditions, current);
    return { agent, current, now };
  }

  /** Strong tag. It never comes again, whatever is deleted, restored or imported. */
  tagOf({ id, revision }: AgentState): string {
    return entityTag(['agent-state', id, revision]);
  }

  private current({ workspaceId, project, agent }: AgentRef, now: Date): Promise<AgentState | null> {
    return this.states.find(workspaceId, project, agent, now);
  }

  private requireState(preconditions: Preconditions, current: AgentState | null): void {
    if (current !== null) return requireMatch(preconditions, this.tagOf(current), current.version);
    if (preconditions.ifMatch !== undefined) throw stateAbsent();
  }

  private async write(
    { workspaceId, project, agent: name }: AgentRef,
    { projectId, lastVersion }: LockedAgent,
    current: AgentState | null,
    { value, expiresAt }: Pick<AgentState, 'value' | 'expiresAt'>,
    now: Date,
  ): Promise<AgentState> {
    const state: AgentState = {
      workspaceId,
      id: current?.id ?? newId(),
      projectId,
      project,
      agent: name,
      version: lastVersion + 1,
      value,
      createdAt: current?.createdAt ?? now,
      updatedAt: now,
      expiresAt,
      revision: newRevision(),
      ...writtenByCaller(),
    };
    await this.states.put(state);
    await this.changes.written(state);
    return state;
  }
}

function expiryOf(ttlSeconds: number | null, now: Date): Date | null {
  return ttlSeconds === null ? null : new Date(now.getTime() + ttlSeconds * 1000);
}
