import { Injectable } from '@nestjs/common';
import type { ContextId, ProjectId, WorkspaceId } from '#kernel';
import { Database } from '#database';
import type { Priority } from '../extract/priority.js';
import { isActiveAt, isValidAt, startOf } from '../validity/validity.sql.js';
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

/** What an overview shows: the newest versions, or those that were valid at the moment of a parameter. */
const isShown = (moment: string | undefined) => (moment === undefined ? 'c.is_latest' : isValidAt('c', moment));

const SELECT_USED = `
  SELECT c.id, c.label, c.version, c.priority, coalesce(u.access_count, 0) AS access_count, u.last_accessed_at, c.updated_at
  ${WITH_USAGE}`;

type Listing = [workspaceId: WorkspaceId, projectId: ProjectId, limit: number, asOf: Date | undefined];

/**
 * What the overview of a project is made of. Every list holds newest versions that are not archived; or, where a moment is given, the
 * versions that were valid then, with the priority and the use of today.
 */
@Injectable()
export class PostgresOverviewRepository {
  constructor(private readonly database: Database) {}

  /** @param staleBefore read and changed before it means stale */
  async counts(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    staleBefore: Date,
    asOf: Date | undefined,
  ): Promise<OverviewCounts> {
    const moment = asOf === undefined ? undefined : '$4';
    const shown = isShown(moment);
    const isActive = moment === undefined ? 'c.archived_at IS NULL' : isActiveAt('c', moment);
    const [row] = await this.database.query<CountsRow>(
      `SELECT
         count(*) FILTER (WHERE ${shown})::integer AS labels,
         count(*) FILTER (WHERE ${isActive})::integer AS versions,
         count(*) FILTER (WHERE NOT ${isActive})::integer AS archived,
         coalesce(sum(c.content_bytes) FILTER (WHERE ${shown}), 0) AS latest_bytes,
         coalesce(sum(c.content_bytes), 0) AS total_bytes,
         count(*) FILTER (WHERE ${shown} AND c.priority = 'always_check')::integer AS always_check,
         count(*) FILTER (WHERE ${shown} AND c.priority = 'important')::integer AS important,
         count(*) FILTER (WHERE ${shown} AND c.priority = 'reference')::integer AS reference,
         count(*) FILTER (WHERE ${shown} AND ${TOUCHED_AT} < $3)::integer AS stale
       ${WITH_USAGE} ${moment === undefined ? '' : `AND ${startOf('c')} <= ${moment}`}`,
      [workspaceId, projectId, staleBefore, ...givenMoment(asOf)],
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
  mostUsed(...[workspaceId, projectId, limit, asOf]: Listing): Promise<readonly UsedContext[]> {
    return this.used(
      `${SELECT_USED} AND ${isShown(asOf && '$4')} AND u.access_count > 0 ORDER BY u.access_count DESC, c.id DESC LIMIT $3`,
      [workspaceId, projectId, limit, ...givenMoment(asOf)],
    );
  }

  /** Least often read first, and of those the longest unchanged. */
  leastUsed(...[workspaceId, projectId, limit, asOf]: Listing): Promise<readonly UsedContext[]> {
    return this.used(
      `${SELECT_USED} AND ${isShown(asOf && '$4')} ORDER BY coalesce(u.access_count, 0), c.updated_at, c.id LIMIT $3`,
      [workspaceId, projectId, limit, ...givenMoment(asOf)],
    );
  }

  /** Longest untouched first. */
  stale(staleBefore: Date, ...[workspaceId, projectId, limit, asOf]: Listing): Promise<readonly UsedContext[]> {
    return this.used(
      `${SELECT_USED} AND ${isShown(asOf && '$5')} AND ${TOUCHED_AT} < $4 ORDER BY ${TOUCHED_AT}, c.id LIMIT $3`,
      [workspaceId, projectId, limit, staleBefore, ...givenMoment(asOf)],
    );
  }

  /** In the order of their labels. */
  async labels(...[workspaceId, projectId, limit, asOf]: Listing): Promise<readonly TreeContext[]> {
    return this.database.query<TreeContext>(
      `SELECT id, label, version, priority, preview, content_bytes AS "contentBytes" FROM contexts AS c
       WHERE workspace_id = $1 AND project_id = $2 AND ${isShown(asOf && '$4')} ORDER BY label, version DESC LIMIT $3`,
      [workspaceId, projectId, limit, ...givenMoment(asOf)],
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

function givenMoment(asOf: Date | undefined): string[] {
  return asOf === undefined ? [] : [asOf.toISOString()];
}
