import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import { type Page, toPage } from '#http';
import { type CheckpointId, isUuid, type ProjectId, type WorkspaceId } from '#kernel';
import type { Checkpoint, CheckpointSummary } from '../agent-state.js';
import { checkpointSummaryTable, checkpointTable } from './checkpoint.row.js';

/** Whose checkpoints a call is about. */
interface CheckpointOwner {
  readonly workspaceId: WorkspaceId;
  /** Slug. */
  readonly project: string;
  readonly agent: string;
}

export interface CheckpointFilter {
  readonly name?: string | undefined;
  readonly parent?: CheckpointId | undefined;
}

const OF_OWNER = 'c.workspace_id = $1 AND p.slug = $2 AND c.agent = $3';

/** Checkpoints at rest. They never change, but for a parent that goes. */
@Injectable()
export class PostgresCheckpointRepository {
  constructor(private readonly database: Database) {}

  insert(checkpoint: Checkpoint): Promise<void> {
    return checkpointTable.insert(this.database, [checkpoint]);
  }

  async find(of: CheckpointOwner, id: CheckpointId): Promise<Checkpoint | undefined> {
    return this.one(of, 'c.id = $4', id);
  }

  /** By a name: the newest that has it. */
  findByIdOrName(of: CheckpointOwner, checkpoint: string): Promise<Checkpoint | undefined> {
    return isUuid(checkpoint) ? this.one(of, 'c.id = $4', checkpoint) : this.one(of, 'c.name = $4', checkpoint);
  }

  /** Newest first, without their values. */
  async list(
    { workspaceId, project, agent }: CheckpointOwner,
    { name, parent }: CheckpointFilter,
    after: CheckpointId | undefined,
    limit: number,
  ): Promise<Page<CheckpointSummary, [CheckpointId]>> {
    const rows = await this.database.query<object>(
      `SELECT ${checkpointSummaryTable.columns} FROM ${checkpointSummaryTable.source}
       WHERE ${OF_OWNER} AND ($4::text IS NULL OR c.name = $4) AND ($5::uuid IS NULL OR c.parent_id = $5)
         AND ($6::uuid IS NULL OR c.id < $6)
       ORDER BY c.id DESC LIMIT $7`,
      [workspaceId, project, agent, name ?? null, parent ?? null, after ?? null, limit + 1],
    );
    return toPage(
      rows.map((row) => checkpointSummaryTable.toThing(row)),
      limit,
      ({ id }) => [id],
    );
  }

  /** @returns whether it was there */
  async remove({ workspaceId, project, agent }: CheckpointOwner, id: CheckpointId): Promise<boolean> {
    const rows = await this.database.query(
      `DELETE FROM agent_checkpoints c USING projects p
       WHERE ${OF_OWNER} AND p.workspace_id = c.workspace_id AND p.id = c.project_id AND c.id = $4 RETURNING c.id`,
      [workspaceId, project, agent, id],
    );
    return rows.length > 0;
  }

  async count(workspaceId: WorkspaceId, projectId: ProjectId): Promise<number> {
    const [row] = await this.database.query<{ count: number }>(
      'SELECT count(*)::int AS count FROM agent_checkpoints WHERE workspace_id = $1 AND project_id = $2',
      [workspaceId, projectId],
    );
    return row?.count ?? 0;
  }

  private async one(
    { workspaceId, project, agent }: CheckpointOwner,
    condition: string,
    value: string,
  ): Promise<Checkpoint | undefined> {
    const rows = await this.database.query<object>(
      `SELECT ${checkpointTable.columns} FROM ${checkpointTable.source}
       WHERE ${OF_OWNER} AND ${condition} ORDER BY c.id DESC LIMIT 1`,
      [workspaceId, project, agent, value],
    );
    return rows.map((row) => checkpointTable.toThing(row))[0];
  }
}
