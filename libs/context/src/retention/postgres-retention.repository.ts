import { Injectable } from '@nestjs/common';
import type { ProjectId, Revision, WorkspaceId } from '#kernel';
import { brokenConstraintOf, Database } from '#database';
import { projectGone } from '../context.errors.js';
import type { DueContext, RetentionPolicy, StoredRetentionPolicy } from './retention.js';

/** `archive`: not archived, not always_check, untouched since a time. `purge`: archived since before a time. */
export type RetentionRule = 'archive' | 'purge';

/** Due are those with `from <= since < before`. */
export interface DueRange {
  readonly from?: Date;
  readonly before: Date;
}

interface PolicyRow {
  readonly workspace_id: WorkspaceId;
  readonly project_id: ProjectId;
  readonly project: string;
  readonly archive_after_days: number | null;
  readonly purge_after_days: number | null;
  readonly notice_days: number;
  readonly revision: Revision;
  readonly updated_at: Date;
}

const SELECT_POLICY = `
  SELECT r.workspace_id, r.project_id, p.slug AS project, r.archive_after_days, r.purge_after_days, r.notice_days,
         r.revision, r.updated_at
  FROM retention_policies r JOIN projects p ON p.workspace_id = r.workspace_id AND p.id = r.project_id`;

/** Since when a version has been as the rule says, and whether it is at all. */
const RULES: Readonly<Record<RetentionRule, { since: string; holds: string }>> = {
  archive: {
    since: `greatest(c.updated_at, coalesce(u.last_accessed_at, '-infinity'))`,
    holds: `c.archived_at IS NULL AND c.priority <> 'always_check'`,
  },
  purge: { since: 'c.archived_at', holds: 'c.archived_at IS NOT NULL' },
};

@Injectable()
export class PostgresRetentionRepository {
  constructor(private readonly database: Database) {}

  async findPolicy(workspaceId: WorkspaceId, projectId: ProjectId): Promise<StoredRetentionPolicy | undefined> {
    const rows = await this.database.query<PolicyRow>(
      `${SELECT_POLICY} WHERE r.workspace_id = $1 AND r.project_id = $2`,
      [workspaceId, projectId],
    );
    return rows.map(toPolicy)[0];
  }

  /** Locked until the end of the transaction; undefined, and nothing locked, where there is none. */
  async findPolicyForChange(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
  ): Promise<StoredRetentionPolicy | undefined> {
    const rows = await this.database.query<PolicyRow>(
      `${SELECT_POLICY} WHERE r.workspace_id = $1 AND r.project_id = $2 FOR UPDATE OF r`,
      [workspaceId, projectId],
    );
    return rows.map(toPolicy)[0];
  }

  /** Makes or replaces the policy, with another revision. */
  async putPolicy(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    policy: RetentionPolicy,
    at: Date,
  ): Promise<StoredRetentionPolicy> {
    try {
      await this.database.query(
        `INSERT INTO retention_policies AS r
           (workspace_id, project_id, archive_after_days, purge_after_days, notice_days, revision, updated_at)
         VALUES ($1, $2, $3, $4, $5, gen_random_uuid(), $6)
         ON CONFLICT (workspace_id, project_id) DO UPDATE
           SET archive_after_days = excluded.archive_after_days, purge_after_days = excluded.purge_after_days,
               notice_days = excluded.notice_days, revision = excluded.revision, updated_at = excluded.updated_at`,
        [workspaceId, projectId, policy.archiveAfterDays, policy.purgeAfterDays, policy.noticeDays, at],
      );
    } catch (error) {
      if (brokenConstraintOf(error) === 'retention_policies_project_fkey') throw projectGone();
      throw error;
    }
    const stored = await this.findPolicy(workspaceId, projectId);
    if (stored === undefined) throw projectGone();
    return stored;
  }

  /** In the order of project ids. */
  async listPolicies(
    workspaceId: WorkspaceId,
    after: ProjectId | undefined,
    limit: number,
  ): Promise<readonly StoredRetentionPolicy[]> {
    const rows = await this.database.query<PolicyRow>(
      `${SELECT_POLICY} WHERE r.workspace_id = $1 AND ($2::uuid IS NULL OR r.project_id > $2) ORDER BY r.project_id LIMIT $3`,
      [workspaceId, after ?? null, limit],
    );
    return rows.map(toPolicy);
  }

  /** Of all workspaces, those that ask for anything, in the order of workspace and project. */
  async listEveryPolicy(
    after: Pick<StoredRetentionPolicy, 'workspaceId' | 'projectId'> | undefined,
    limit: number,
  ): Promise<readonly StoredRetentionPolicy[]> {
    const rows = await this.database.query<PolicyRow>(
      `${SELECT_POLICY}
       WHERE (r.archive_after_days IS NOT NULL OR r.purge_after_days IS NOT NULL)
         AND ($1::uuid IS NULL OR (r.workspace_id, r.project_id) > ($1, $2::uuid))
       ORDER BY r.workspace_id, r.project_id LIMIT $3`,
      [after?.workspaceId ?? null, after?.projectId ?? null, limit],
    );
    return rows.map(toPolicy);
  }

  async countDue(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    rule: RetentionRule,
    range: DueRange,
  ): Promise<number> {
    const [row] = await this.database.query<{ count: number }>(
      `SELECT count(*)::integer AS count ${due(rule, 'c.project_id = $2')}`,
      [workspaceId, projectId, range.before, range.from ?? null],
    );
    return row?.count ?? 0;
  }

  /** Longest due first. */
  listDue(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    rule: RetentionRule,
    range: DueRange,
    limit: number,
  ): Promise<readonly DueContext[]> {
    return this.database.query<DueContext>(
      `SELECT c.id, c.label, c.version, c.priority, ${RULES[rule].since} AS since ${due(rule, 'c.project_id = $2')}
       ORDER BY since, c.id LIMIT $5`,
      [workspaceId, projectId, range.before, range.from ?? null, limit],
    );
  }

  /** Which versions of a locked line are due. */
  dueOfLine(
    workspaceId: WorkspaceId,
    labelId: string,
    rule: RetentionRule,
    range: DueRange,
  ): Promise<readonly DueContext[]> {
    return this.database.query<DueContext>(
      `SELECT c.id, c.label, c.version, c.priority, ${RULES[rule].since} AS since ${due(rule, 'c.label_id = $2')}
       ORDER BY c.version`,
      [workspaceId, labelId, range.before, range.from ?? null],
    );
  }
}

/** Parameters: $1 workspace, $2 of the scope, $3 before, $4 from. */
function due(rule: RetentionRule, scope: string): string {
  const { since, holds } = RULES[rule];
  return `
    FROM contexts c LEFT JOIN context_usage u ON u.workspace_id = c.workspace_id AND u.context_id = c.id
    WHERE c.workspace_id = $1 AND ${scope} AND ${holds}
      AND ${since} < $3 AND ($4::timestamptz IS NULL OR ${since} >= $4)`;
}

function toPolicy(row: PolicyRow): StoredRetentionPolicy {
  return {
    workspaceId: row.workspace_id,
    projectId: row.project_id,
    project: row.project,
    archiveAfterDays: row.archive_after_days,
    purgeAfterDays: row.purge_after_days,
    noticeDays: row.notice_days,
    revision: row.revision,
    updatedAt: row.updated_at,
  };
}
