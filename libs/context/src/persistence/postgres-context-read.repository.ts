import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import type { ContextId, ProjectId, SessionId, WorkspaceId } from '#kernel';
import type { ContextSummary } from '../context.js';
import { ContextReadRepository } from './context-read.repository.js';
import { type ContextSummaryRow, SUMMARY_COLUMNS, toSummary, WITH_PROJECT } from './context.row.js';

@Injectable()
export class PostgresContextReadRepository extends ContextReadRepository {
  constructor(private readonly database: Database) {
    super();
  }

  async listAlwaysCheck(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    limit: number,
  ): Promise<readonly ContextSummary[]> {
    const rows = await this.database.query<ContextSummaryRow>(
      `SELECT ${SUMMARY_COLUMNS} FROM contexts c ${WITH_PROJECT}
       WHERE c.workspace_id = $1 AND c.project_id = $2 AND c.is_latest AND c.priority = 'always_check'
       ORDER BY c.id DESC LIMIT $3`,
      [workspaceId, projectId, limit],
    );
    return rows.map(toSummary);
  }

  async countLabels(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
  ): Promise<{ readonly total: number; readonly alwaysCheck: number }> {
    const [row] = await this.database.query<{ total: number; always_check: number }>(
      `SELECT count(*)::integer AS total, count(*) FILTER (WHERE priority = 'always_check')::integer AS always_check
       FROM contexts WHERE workspace_id = $1 AND project_id = $2 AND is_latest`,
      [workspaceId, projectId],
    );
    return { total: row?.total ?? 0, alwaysCheck: row?.always_check ?? 0 };
  }

  async listUsedBy(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    by: { readonly sessionId: SessionId; readonly ids: readonly ContextId[] },
    limit: number,
  ): Promise<{ readonly items: readonly ContextSummary[]; readonly total: number }> {
    const rows = await this.database.query<ContextSummaryRow & { total: number }>(
      `SELECT ${SUMMARY_COLUMNS}, count(*) OVER ()::integer AS total
       FROM (
         SELECT id FROM contexts WHERE workspace_id = $1 AND session_id = $3
         UNION SELECT context_id FROM context_session_uses WHERE workspace_id = $1 AND session_id = $3
         UNION SELECT unnest($4::uuid[])
       ) AS used JOIN contexts c ON c.workspace_id = $1 AND c.id = used.id ${WITH_PROJECT}
       WHERE c.project_id = $2 AND c.archived_at IS NULL
       ORDER BY c.id DESC LIMIT $5`,
      [workspaceId, projectId, by.sessionId, by.ids, limit],
    );
    return { items: rows.map(toSummary), total: rows[0]?.total ?? 0 };
  }
}
