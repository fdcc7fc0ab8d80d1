export { AgentStateApiModule, AgentStateModule } from './agent-state.module.js';
