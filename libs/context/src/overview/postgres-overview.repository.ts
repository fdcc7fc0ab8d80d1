import { Injectable } from '@nestjs/common';
import type { ContextId, ProjectId, WorkspaceId } from '#kernel';
import { Database } from '#database';
import type { Priority } from '../extract/priority.js';
import type { OverviewCounts, TreeContext, UsedContext } from './overview.js';

interface CountsRow {
  readonly labels: number;
  readonly versions: number;
  readonly archived: number;
  readonly latest_bytes: string;
  readonly total_bytes: string;
  readonly always_check: number;
  readonly important: number;
  readonly reference: number;
  readonly stale: number;
}

interface UsedRow {
  readonly id: ContextId;
  readonly label: string;
  readonly version: number;
  readonly priority: Priority;
  readonly access_count: string;
  readonly last_accessed_at: Date | null;
  readonly updated_at: Date;
}

/** When a context was last read or changed. */
const TOUCHED_AT = `greatest(c.updated_at, coalesce(u.last_accessed_at, '-infinity'))`;

const WITH_USAGE = `
  FROM contexts c LEFT JOIN context_usage u ON u.workspace_id = c.workspace_id AND u.context_id = c.id
  WHERE c.workspace_id = $1 AND c.project_id = $2`;

const SELECT_USED = `
  SELECT c.id, c.label, c.version, c.priority, coalesce(u.access_count, 0) AS access_count, u.last_accessed_at, c.updated_at
  ${WITH_USAGE} AND c.is_latest`;

/** What the overview of a project is made of. Every list holds newest versions that are not archived. */
@Injectable()
export class PostgresOverviewRepository {
  constructor(private readonly database: Database) {}

  /** @param staleBefore read and changed before it means stale */
  async counts(workspaceId: WorkspaceId, projectId: ProjectId, staleBefore: Date): Promise<OverviewCounts> {
    const [row] = await this.database.query<CountsRow>(
      `SELECT
         count(*) FILTER (WHERE c.is_latest)::integer AS labels,
         count(*) FILTER (WHERE c.archived_at IS NULL)::integer AS versions,
         count(*) FILTER (WHERE c.archived_at IS NOT NULL)::integer AS archived,
         coalesce(sum(c.content_bytes) FILTER (WHERE c.is_latest), 0) AS latest_bytes,
         coalesce(sum(c.content_bytes), 0) AS total_bytes,
         count(*) FILTER (WHERE c.is_latest AND c.priority = 'always_check')::integer AS always_check,
         count(*) FILTER (WHERE c.is_latest AND c.priority = 'important')::integer AS important,
         count(*) FILTER (WHERE c.is_latest AND c.priority = 'reference')::integer AS reference,
         count(*) FILTER (WHERE c.is_latest AND ${TOUCHED_AT} < $3)::integer AS stale
       ${WITH_USAGE}`,
      [workspaceId, projectId, staleBefore],
    );
    if (row === undefined) throw new Error('An aggregate without groups has one row.');
    return {
      labels: row.labels,
      versions: row.versions,
      archivedVersions: row.archived,
      latestBytes: Number(row.latest_bytes),
      totalBytes: Number(row.total_bytes),
      byPriority: { always_check: row.always_check, important: row.important, reference: row.reference },
      stale: row.stale,
    };
  }

  /** Those that were read, most often first. */
  mostUsed(workspaceId: WorkspaceId, projectId: ProjectId, limit: number): Promise<readonly UsedContext[]> {
    return this.used(`${SELECT_USED} AND u.access_count > 0 ORDER BY u.access_count DESC, c.id DESC LIMIT $3`, [
      workspaceId,
      projectId,
      limit,
    ]);
  }

  /** Least often read first, and of those the longest unchanged. */
  leastUsed(workspaceId: WorkspaceId, projectId: ProjectId, limit: number): Promise<readonly UsedContext[]> {
    return this.used(`${SELECT_USED} ORDER BY coalesce(u.access_count, 0), c.updated_at, c.id LIMIT $3`, [
      workspaceId,
      projectId,
      limit,
    ]);
  }

  /** Longest untouched first. */
  stale(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    staleBefore: Date,
    limit: number,
  ): Promise<readonly UsedContext[]> {
    return this.used(`${SELECT_USED} AND ${TOUCHED_AT} < $4 ORDER BY ${TOUCHED_AT}, c.id LIMIT $3`, [
      workspaceId,
      projectId,
      limit,
      staleBefore,
    ]);
  }

  /** In the order of their labels. */
  async labels(workspaceId: WorkspaceId, projectId: ProjectId, limit: number): Promise<readonly TreeContext[]> {
    return this.database.query<TreeContext>(
      `SELECT id, label, version, priority, preview, content_bytes AS "contentBytes" FROM contexts
       WHERE workspace_id = $1 AND project_id = $2 AND is_latest ORDER BY label LIMIT $3`,
      [workspaceId, projectId, limit],
    );
  }

  private async used(sql: string, parameters: readonly unknown[]): Promise<readonly UsedContext[]> {
    const rows = await this.database.query<UsedRow>(sql, parameters);
    return rows.map((row) => ({
      id: row.id,
      label: row.label,
      version: row.version,
      priority: row.priority,
      accessCount: Number(row.access_count),
      lastAccessedAt: row.last_accessed_at,
      updatedAt: row.updated_at,
    }));
  }
}
