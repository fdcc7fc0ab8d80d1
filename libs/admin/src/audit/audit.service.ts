import { Injectable } from '@nestjs/common';
import { type AuditLine, Database, insertAuditLine } from '#database';
import { type Page, toPage } from '#http';
import { Clock, newId, type Principal } from '#kernel';

interface AuditRow {
  readonly id: string;
  readonly principal_id: string;
  readonly action: string;
  readonly reason: string;
  readonly details: Record<string, unknown>;
  readonly created_at: Date;
}

/** Writes down what administrators do. */
@Injectable()
export class AuditService {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /**
   * Before it is done: what could not be written down is not done.
   * @param reach `installation` for what concerns all workspaces, which only operators read
   */
  async record(
    caller: Principal,
    action: string,
    reason: string,
    details: object,
    reach: 'workspace' | 'installation' = 'workspace',
  ): Promise<void> {
    await insertAuditLine(this.database, {
      workspaceId: caller.workspaceId,
      id: newId(),
      principalId: caller.id,
      action,
      reason,
      details: { ...details, ...(reach === 'installation' ? { reach } : {}) },
      createdAt: this.clock.now(),
    });
  }

  /**
   * Of the caller's workspace, newest first; the line of an edit with the earlier text, as long as its message is there. What concerns all workspaces is an operator's to read.
   */
  async list(
    { workspaceId, scopes }: Principal,
    after: string | undefined,
    limit: number,
  ): Promise<Page<AuditLine, [string]>> {
    const rows = await this.database.query<AuditRow>(
      `SELECT a.id, principal_id, action, reason, created_at,
              CASE WHEN e.id IS NULL THEN details ELSE details || jsonb_build_object('earlier', e.content) END AS details
       FROM audit_lines a LEFT JOIN message_edits e ON e.workspace_id = a.workspace_id AND e.id = a.id
       WHERE a.workspace_id = $1 AND ($2::uuid IS NULL OR a.id < $2)
         AND ($4 OR details->>'reach' IS DISTINCT FROM 'installation')
       ORDER BY a.id DESC LIMIT $3`,
      [workspaceId, after ?? null, limit + 1, scopes.has('operator')],
    );
    const lines = rows.map(({ principal_id, created_at, ...row }): AuditLine => ({
      ...row,
      workspaceId,
      principalId: principal_id,
      createdAt: created_at,
    }));
    return toPage(lines, limit, ({ id }) => [id]);
  }
}
