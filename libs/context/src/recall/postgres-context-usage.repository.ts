import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import type { WorkspaceId } from '#kernel';
import { type ContextAccess, ContextUsageRepository, type SessionUse } from './context-usage.js';

/** Uses by day are kept as long as rankings may look at them. */
const KEPT_DAYS = 366;

@Injectable()
export class PostgresContextUsageRepository extends ContextUsageRepository {
  constructor(private readonly database: Database) {
    super();
  }

  // Rows are locked in the order of their ids, so that processes that write at once never wait for each other both.
  async add(workspaceId: WorkspaceId, accesses: readonly ContextAccess[], uses: readonly SessionUse[]): Promise<void> {
    if (accesses.length > 0) {
      await this.database.query(
        `INSERT INTO context_usage AS u (workspace_id, context_id, access_count, last_accessed_at)
         SELECT $1, c.id, given.count, given.last_at
         FROM unnest($2::uuid[], $3::bigint[], $4::timestamptz[]) AS given (context_id, count, last_at)
           JOIN contexts c ON c.workspace_id = $1 AND c.id = given.context_id
         ORDER BY c.id FOR KEY SHARE OF c
         ON CONFLICT (workspace_id, context_id) DO UPDATE
           SET access_count = u.access_count + excluded.access_count,
               last_accessed_at = greatest(u.last_accessed_at, excluded.last_accessed_at)`,
        [
          workspaceId,
          accesses.map(({ contextId }) => contextId),
          accesses.map(({ count }) => count),
          accesses.map(({ lastAt }) => lastAt),
        ],
      );
    }
    await this.addWhole(
      workspaceId,
      accesses.filter(({ wholeCount }) => wholeCount > 0),
    );
    if (uses.length > 0) {
      await this.database.query(
        `INSERT INTO context_session_uses AS u (workspace_id, session_id, context_id, last_used_at)
         SELECT $1, s.id, c.id, given.last_at
         FROM unnest($2::uuid[], $3::uuid[], $4::timestamptz[]) AS given (session_id, context_id, last_at)
           JOIN contexts c ON c.workspace_id = $1 AND c.id = given.context_id
           JOIN sessions s ON s.workspace_id = $1 AND s.id = given.session_id
         ORDER BY s.id, c.id FOR KEY SHARE OF c, s
         ON CONFLICT (workspace_id, session_id, context_id) DO UPDATE
           SET last_used_at = greatest(u.last_used_at, excluded.last_used_at)`,
        [
          workspaceId,
          uses.map(({ sessionId }) => sessionId),
          uses.map(({ contextId }) => contextId),
          uses.map(({ lastAt }) => lastAt),
        ],
      );
    }
  }

  /** Counts uses by day, and forgets the days of the same contexts that no ranking looks at any more. */
  private async addWhole(workspaceId: WorkspaceId, accesses: readonly ContextAccess[]): Promise<void> {
    if (accesses.length === 0) return;
    const ids = accesses.map(({ contextId }) => contextId);
    await this.database.query(
      `INSERT INTO context_uses AS u (workspace_id, context_id, day, count, last_used_at)
       SELECT $1, c.id, (given.last_at AT TIME ZONE 'UTC')::date, given.count, given.last_at
       FROM unnest($2::uuid[], $3::bigint[], $4::timestamptz[]) AS given (context_id, count, last_at)
         JOIN contexts c ON c.workspace_id = $1 AND c.id = given.context_id
       ORDER BY c.id FOR KEY SHARE OF c
       ON CONFLICT ON CONSTRAINT context_uses_pkey DO UPDATE
         SET count = u.count + excluded.count, last_used_at = greatest(u.last_used_at, excluded.last_used_at)`,
      [workspaceId, ids, accesses.map(({ wholeCount }) => wholeCount), accesses.map(({ lastAt }) => lastAt)],
    );
    await this.database.query(
      `DELETE FROM context_uses u USING unnest($2::uuid[], $3::timestamptz[]) AS given (context_id, last_at)
       WHERE u.workspace_id = $1 AND u.context_id = given.context_id
         AND u.day < (given.last_at AT TIME ZONE 'UTC')::date - ${KEPT_DAYS}`,
      [workspaceId, ids, accesses.map(({ lastAt }) => lastAt)],
    );
  }
}
