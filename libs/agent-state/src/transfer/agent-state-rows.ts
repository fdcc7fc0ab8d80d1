import { Injectable } from '@nestjs/common';
import { Database, ProjectRows } from '#database';
import type { AgentStateId, ProjectId, WorkspaceId } from '#kernel';
import type { AgentState, Checkpoint } from '../agent-state.js';
import { checkpointTable } from '../checkpoints/checkpoint.row.js';
import { agentStateTable } from '../states/agent-state.row.js';

/** States on their way, those that have not expired. */
@Injectable()
export class AgentStateRows extends ProjectRows<AgentState> {
  constructor(database: Database) {
    super(database, agentStateTable, []);
  }

  /** As `list`, at this moment. */
  async listLive(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    now: Date,
    after: AgentStateId | undefined,
    limit: number,
  ): Promise<readonly AgentState[]> {
    const rows = await this.database.query<object>(
      `SELECT ${agentStateTable.columns} FROM ${agentStateTable.source}
       WHERE s.workspace_id = $1 AND s.project_id = $2 AND (s.expires_at IS NULL OR s.expires_at > $3)
         AND ($4::uuid IS NULL OR s.id > $4)
       ORDER BY s.id LIMIT $5`,
      [workspaceId, projectId, now, after ?? null, limit],
    );
    return rows.map((row) => agentStateTable.toThing(row));
  }
}

/** Checkpoints on their way. */
@Injectable()
export class CheckpointRows extends ProjectRows<Checkpoint> {
  constructor(database: Database) {
    super(database, checkpointTable, []);
  }

  /** With their agents, which give out no version again that one of these checkpoints is of. */
  override async insert(checkpoints: readonly Checkpoint[]): Promise<void> {
    const [first] = checkpoints;
    if (first === undefined) return;
    await this.database.query(
      `INSERT INTO agents (workspace_id, project_id, name, last_version, created_at)
       SELECT $1, $2, given.name, max(given.version), min(given.created_at)
       FROM unnest($3::text[], $4::integer[], $5::timestamptz[]) AS given (name, version, created_at)
       GROUP BY given.name ORDER BY given.name
       ON CONFLICT ON CONSTRAINT agents_pkey DO UPDATE
         SET last_version = greatest(agents.last_version, excluded.last_version)`,
      [
        first.workspaceId,
        first.projectId,
        checkpoints.map(({ agent }) => agent),
        checkpoints.map(({ version }) => version),
        checkpoints.map(({ createdAt }) => createdAt),
      ],
    );
    await super.insert(checkpoints);
  }
}
