import { Injectable } from '@nestjs/common';
import type { WorkspaceId } from '#kernel';
import { Database } from '#database';

/**
 * One import at a time in a workspace: two that bring the same ids would wait for each other, and one would fail.
 *
 * An advisory lock; where those do nothing, on the embedded database, one connection does one transaction at a time.
 */
@Injectable()
export class PostgresImportLock {
  constructor(private readonly database: Database) {}

  /** Until the end of the caller's transaction. False where another one holds it; waits for nobody. */
  async acquire(workspaceId: WorkspaceId): Promise<boolean> {
    const [row] = await this.database.query<{ taken: boolean }>(
      `SELECT pg_try_advisory_xact_lock(hashtextextended('import/' || $1, 0)) AS taken`,
      [workspaceId],
    );
    return row?.taken === true;
  }
}
