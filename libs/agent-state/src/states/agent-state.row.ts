import { JSON_TEXT, Table } from '#database';
import type { AgentState } from '../agent-state.js';

export const agentStateTable = new Table<AgentState>(
  'agent_states',
  's',
  {
    workspaceId: 'uuid',
    id: 'uuid',
    projectId: 'uuid',
    agent: 'text',
    version: 'integer',
    value: JSON_TEXT,
    createdAt: 'timestamptz',
    updatedAt: 'timestamptz',
    expiresAt: 'timestamptz',
    revision: 'uuid',
    createdBy: 'text',
    importedAuthor: 'text',
  },
  true,
);
