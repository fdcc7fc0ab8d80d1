export { type AgentState, type Checkpoint, MAX_VALUE_BYTES, valueBytes } from './agent-state.js';
export { AgentStateApiModule, AgentStateModule } from './agent-state.module.js';
export { checkpointName as checkpointNameField } from './checkpoints/checkpoint.dto.js';
export { agentName as agentNameField } from './states/agent-state.dto.js';
export {
  type AgentStateCopy,
  AgentStateTransferService,
  type CheckpointCopy,
} from './transfer/agent-state-transfer.service.js';
