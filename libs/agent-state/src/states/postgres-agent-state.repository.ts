import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import { type Page, toPage } from '#http';
import type { ProjectId, WorkspaceId } from '#kernel';
import type { AgentState, AgentSummary } from '../agent-state.js';
import { agentStateTable } from './agent-state.row.js';

/** An agent as its writers lock it. */
export interface LockedAgent {
  readonly projectId: ProjectId;
  /** The newest that was ever given out. */
  readonly lastVersion: number;
}

interface AgentRow {
  readonly project_id: ProjectId;
  readonly last_version: number;
}

interface SummaryRow {
  readonly project: string;
  readonly agent: string;
  readonly version: number;
  readonly size_bytes: number;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly expires_at: Date | null;
}

/** An expired state, as the sweeper walks over them. */
interface ExpiredState {
  readonly workspaceId: WorkspaceId;
  readonly project: string;
  readonly agent: string;
}

/** `$n` is the moment. */
const isLiveAt = (parameter: string) => `(s.expires_at IS NULL OR s.expires_at > ${parameter})`;

/**
 * States at rest. The row of an agent gives out the versions of its state under its lock, which lasts until the
 * surrounding transaction ends, and stays when the state goes.
 */
@Injectable()
export class PostgresAgentStateRepository {
  constructor(private readonly database: Database) {}

  /** Null where there is none at that moment. */
  async find(workspaceId: WorkspaceId, project: string, agent: string, now: Date): Promise<AgentState | null> {
    const rows = await this.database.query<object>(
      `SELECT ${agentStateTable.columns} FROM ${agentStateTable.source}
       WHERE s.workspace_id = $1 AND p.slug = $2 AND s.agent = $3 AND ${isLiveAt('$4')}`,
      [workspaceId, project, agent, now],
    );
    return rows.map((row) => agentStateTable.toThing(row))[0] ?? null;
  }

  /** Waits until every other transaction that has locked the agent is over. Undefined where it was never stored. */
  async lock(workspaceId: WorkspaceId, project: string, agent: string): Promise<LockedAgent | undefined> {
    const rows = await this.database.query<AgentRow>(
      `SELECT a.project_id, a.last_version FROM agents a
       JOIN projects p ON p.workspace_id = a.workspace_id AND p.id = a.project_id
       WHERE a.workspace_id = $1 AND p.slug = $2 AND a.name = $3 FOR UPDATE OF a`,
      [workspaceId, project, agent],
    );
    return rows.map((row) => ({ projectId: row.project_id, lastVersion: row.last_version }))[0];
  }

  /** As `lock`, and makes the agent where it is missing. */
  async ensure(workspaceId: WorkspaceId, projectId: ProjectId, agent: string, now: Date): Promise<LockedAgent> {
    const lock = async () => {
      const [row] = await this.database.query<AgentRow>(
        `SELECT project_id, last_version FROM agents
         WHERE workspace_id = $1 AND project_id = $2 AND name = $3 FOR UPDATE`,
        [workspaceId, projectId, agent],
      );
      return row;
    };
    let row = await lock();
    if (row === undefined) {
      await this.database.query(
        `INSERT INTO agents (workspace_id, project_id, name, last_version, created_at) VALUES ($1, $2, $3, 0, $4)
         ON CONFLICT ON CONSTRAINT agents_pkey DO NOTHING`,
        [workspaceId, projectId, agent, now],
      );
      row = await lock();
    }
    if (row === undefined) throw new Error('An agent that was made is there.');
    return { projectId: row.project_id, lastVersion: row.last_version };
  }

  /** Puts a state in the place of whatever the agent has. Call it with the agent locked. */
  async put(state: AgentState): Promise<void> {
    await this.database.query(
      'UPDATE agents SET last_version = $4 WHERE workspace_id = $1 AND project_id = $2 AND name = $3',
      [state.workspaceId, state.projectId, state.agent, state.version],
    );
    const replaced = await this.database.query(
      `UPDATE agent_states SET version = $3, value = $4, updated_at = $5, expires_at = $6, revision = $7,
         created_by = $8, imported_author = $9
       WHERE workspace_id = $1 AND id = $2 RETURNING id`,
      [
        state.workspaceId,
        state.id,
        state.version,
        JSON.stringify(state.value),
        state.updatedAt,
        state.expiresAt,
        state.revision,
        state.createdBy,
        state.importedAuthor,
      ],
    );
    if (replaced.length > 0) return;
    await this.remove(state);
    await agentStateTable.insert(this.database, [state]);
  }

  /** Removes the state that the agent has, expired or not. Call it with the agent locked. */
  async remove({
    workspaceId,
    projectId,
    agent,
  }: Pick<AgentState, 'workspaceId' | 'projectId' | 'agent'>): Promise<void> {
    await this.database.query('DELETE FROM agent_states WHERE workspace_id = $1 AND project_id = $2 AND agent = $3', [
      workspaceId,
      projectId,
      agent,
    ]);
  }

  /** Agents of the project that have a state at that moment, in the order of their names (by their UTF-8 bytes). */
  async list(
    workspaceId: WorkspaceId,
    project: string,
    now: Date,
    after: string | undefined,
    limit: number,
  ): Promise<Page<AgentSummary, [string]>> {
    const rows = await this.database.query<SummaryRow>(
      `SELECT p.slug AS project, s.agent, s.version, octet_length(s.value) AS size_bytes, s.created_at, s.updated_at,
              s.expires_at
       FROM ${agentStateTable.source}
       WHERE s.workspace_id = $1 AND p.slug = $2 AND ${isLiveAt('$3')} AND ($4::text IS NULL OR s.agent > $4)
       ORDER BY s.agent LIMIT $5`,
      [workspaceId, project, now, after ?? null, limit + 1],
    );
    return toPage(rows.map(toSummary), limit, ({ agent }) => [agent]);
  }

  /** How many agents of the project have a state at that moment. */
  async count(workspaceId: WorkspaceId, projectId: ProjectId, now: Date): Promise<number> {
    const [row] = await this.database.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM agent_states s
       WHERE s.workspace_id = $1 AND s.project_id = $2 AND ${isLiveAt('$3')}`,
      [workspaceId, projectId, now],
    );
    return row?.count ?? 0;
  }

  /**
   * Removes states of all workspaces that have expired, longest ago first. Those that somebody is writing are left to
   * them, or to the next call.
   * @returns what was removed
   */
  async removeExpired(now: Date, limit: number): Promise<readonly ExpiredState[]> {
    const rows = await this.database.query<{ workspace_id: WorkspaceId; project: string; agent: string }>(
      `WITH due AS (
         SELECT s.workspace_id, s.id FROM agent_states s
         JOIN agents a ON a.workspace_id = s.workspace_id AND a.project_id = s.project_id AND a.name = s.agent
         WHERE s.expires_at <= $1 ORDER BY s.expires_at LIMIT $2 FOR UPDATE OF a, s SKIP LOCKED
       ), removed AS (
         DELETE FROM agent_states s USING due WHERE s.workspace_id = due.workspace_id AND s.id = due.id
         RETURNING s.workspace_id, s.project_id, s.agent
       )
       SELECT removed.workspace_id, p.slug AS project, removed.agent FROM removed
       JOIN projects p ON p.workspace_id = removed.workspace_id AND p.id = removed.project_id`,
      [now, limit],
    );
    return rows.map(({ workspace_id, project, agent }) => ({ workspaceId: workspace_id, project, agent }));
  }
}

function toSummary(row: SummaryRow): AgentSummary {
  const { project, agent, version } = row;
  return {
    project,
    agent,
    version,
    sizeBytes: row.size_bytes,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    expiresAt: row.expires_at,
  };
}
