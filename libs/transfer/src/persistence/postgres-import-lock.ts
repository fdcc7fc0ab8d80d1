import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import type { WorkspaceId } from '#kernel';
import { ImportLock } from '../import-lock.js';

/** An advisory lock; where those do nothing, on the embedded database, one connection does one transaction at a time. */
@Injectable()
export class PostgresImportLock extends ImportLock {
  constructor(private readonly database: Database) {
    super();
  }

  async acquire(workspaceId: WorkspaceId): Promise<boolean> {
    const [row] = await this.database.query<{ taken: boolean }>(
      `SELECT pg_try_advisory_xact_lock(hashtextextended('import/' || $1, 0)) AS taken`,
      [workspaceId],
    );
    return row?.taken === true;
  }
}
