import type { WorkspaceId } from '#kernel';
import type { Database } from './database.js';

/** What somebody did, and why. Lines are never changed. */
export interface AuditLine {
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

/** Within the transaction of what it says, or before what is done outside of the database. */
export async function insertAuditLine(database: Database, line: AuditLine): Promise<void> {
  await database.query(
    `INSERT INTO audit_lines (workspace_id, id, principal_id, action, reason, details, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    [
      line.workspaceId,
      line.id,
      line.principalId,
      line.action,
      line.reason,
      JSON.stringify(line.details),
      line.createdAt,
    ],
  );
}
