import { JSON_TEXT, Table } from '#database';
import type { Checkpoint, CheckpointSummary } from '../agent-state.js';

export const checkpointSummaryTable = new Table<CheckpointSummary>(
  'agent_checkpoints',
  'c',
  {
    workspaceId: 'uuid',
    id: 'uuid',
    projectId: 'uuid',
    agent: 'text',
    name: 'text',
    parentId: 'uuid',
    version: 'integer',
    metadata: 'jsonb',
    createdAt: 'timestamptz',
  },
  true,
);

export const checkpointTable: Table<Checkpoint> = checkpointSummaryTable.with<Pick<Checkpoint, 'value'>>({
  value: JSON_TEXT,
});
