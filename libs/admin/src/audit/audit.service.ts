import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import { type Page, toPage } from '#http';
import { Clock, newId, type Principal, type WorkspaceId } from '#kernel';

/** What an administrator did, and why. Lines are never changed. */
interface AuditLine {
  readonly workspaceId: WorkspaceId;
  /** UUIDv7. */
  readonly id: string;
  readonly principalId: string;
  /** `cache.invalidate` */
  readonly action: string;
  readonly reason: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly createdAt: Date;
}

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
    await this.database.query(
      `INSERT INTO audit_lines (workspace_id, id, principal_id, action, reason, details, created_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [
        caller.workspaceId,
        newId(),
        caller.id,
        action,
        reason,
        JSON.stringify({ ...details, ...(reach === 'installation' ? { reach } : {}) }),
        this.clock.now(),
      ],
    );
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
