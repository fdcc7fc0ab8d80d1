import { Injectable } from '@nestjs/common';
import { CacheService } from '#cache';
import { Clock } from '#kernel';
import { projectCountersTag } from '#project';
import type { AgentState } from './agent-state.js';
import { type AgentKey, agentsTag, agentStates, agentStateTag, checkpointsTag } from './agent-state.cache.js';
import { PostgresAgentStateRepository } from './states/postgres-agent-state.repository.js';

/** Drops what is cached of agents with the writes that change it: call it in their transaction. */
@Injectable()
export class AgentStateChanges {
  constructor(
    private readonly cache: CacheService,
    private readonly states: PostgresAgentStateRepository,
    private readonly clock: Clock,
  ) {}

  /** A state was stored, changed, deleted or removed. The next reader finds it, or its absence, written through. */
  written({ workspaceId, project, agent }: Pick<AgentState, 'workspaceId' | 'project' | 'agent'>): Promise<void> {
    const key: AgentKey = { workspace: workspaceId, project, agent };
    const load = () => this.states.find(workspaceId, project, agent, this.clock.now());
    return this.cache.invalidate(
      [agentStateTag(key), agentsTag(key), projectCountersTag(key)],
      this.cache.refill(agentStates, key, load),
    );
  }

  /** A checkpoint was made or deleted. */
  checkpointed({ workspaceId, project, agent }: Pick<AgentState, 'workspaceId' | 'project' | 'agent'>): Promise<void> {
    const key: AgentKey = { workspace: workspaceId, project, agent };
    return this.cache.invalidate([checkpointsTag(key), projectCountersTag(key)]);
  }
}
