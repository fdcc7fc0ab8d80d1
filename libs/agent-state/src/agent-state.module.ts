import { Module } from '@nestjs/common';
import { CacheModule } from '#cache';
import { ProjectModule } from '#project';
import { QueueModule } from '#queue';
import { AgentStateChanges } from './agent-state-changes.js';
import { AgentStateCounts, CheckpointCounts } from './agent-state.registrations.js';
import { CheckpointController } from './checkpoints/checkpoint.controller.js';
import { CheckpointService } from './checkpoints/checkpoint.service.js';
import { PostgresCheckpointRepository } from './checkpoints/postgres-checkpoint.repository.js';
import { AgentStateController } from './states/agent-state.controller.js';
import { AgentStateService } from './states/agent-state.service.js';
import { AgentStateSweeper } from './states/agent-state-sweeper.js';
import { AgentStateRows, CheckpointRows } from './transfer/agent-state-rows.js';
import { AgentStateTransferService } from './transfer/agent-state-transfer.service.js';
import { PostgresAgentStateRepository } from './states/postgres-agent-state.repository.js';

/** States of agents and their checkpoints. */
@Module({
  imports: [CacheModule, ProjectModule, QueueModule],
  providers: [
    AgentStateService,
    AgentStateChanges,
    AgentStateSweeper,
    AgentStateCounts,
    CheckpointCounts,
    CheckpointService,
    AgentStateTransferService,
    AgentStateRows,
    CheckpointRows,
    PostgresAgentStateRepository,
    PostgresCheckpointRepository,
  ],
  exports: [AgentStateService, CheckpointService, AgentStateTransferService],
})
export class AgentStateModule {}

@Module({ imports: [AgentStateModule], controllers: [AgentStateController, CheckpointController] })
export class AgentStateApiModule {}
