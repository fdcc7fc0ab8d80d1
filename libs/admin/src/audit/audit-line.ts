import type { WorkspaceId } from '#kernel';

/** What an administrator did, and why. Lines are never changed. */
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
