import { Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import { type Project, type ProjectContent, ProjectCounters } from '#project';
import { PostgresCheckpointRepository } from './checkpoints/postgres-checkpoint.repository.js';
import { PostgresAgentStateRepository } from './states/postgres-agent-state.repository.js';

/** How many agents of a project have a state. */
@Injectable()
export class AgentStateCounts implements ProjectContent {
  readonly name = 'agentStates';

  constructor(
    private readonly states: PostgresAgentStateRepository,
    private readonly clock: Clock,
    contents: ProjectCounters,
  ) {
    contents.register(this);
  }

  count({ workspaceId, id }: Project): Promise<number> {
    return this.states.count(workspaceId, id, this.clock.now());
  }
}

/** What a project holds of checkpoints. */
@Injectable()
export class CheckpointCounts implements ProjectContent {
  readonly name = 'checkpoints';

  constructor(
    private readonly checkpoints: PostgresCheckpointRepository,
    contents: ProjectCounters,
  ) {
    contents.register(this);
  }

  count({ workspaceId, id }: Project): Promise<number> {
    return this.checkpoints.count(workspaceId, id);
  }
}
