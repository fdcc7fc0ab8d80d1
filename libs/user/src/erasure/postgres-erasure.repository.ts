import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import type { ConversationId, MessageId, WorkspaceId } from '#kernel';
import type { Counts, Erasure } from './erasure.js';

interface ErasureRow extends Omit<Erasure, 'workspaceId' | 'user'> {
  readonly user: string | null;
}

const COLUMNS = `id, user_id AS "user", job_id AS "jobId", requested_at AS "requestedAt", finished_at AS "finishedAt", removed, anonymised,
  found, kept`;

type ItemKind = 'conversation' | 'message';

/** Erasures at rest: their reports, and what they still have to remove. */
@Injectable()
export class PostgresErasureRepository {
  constructor(private readonly database: Database) {}

  async insert(workspaceId: WorkspaceId, id: string, userKey: Buffer, user: string, requestedAt: Date): Promise<void> {
    await this.database.query(
      'INSERT INTO user_erasures (workspace_id, id, user_key, user_id, requested_at) VALUES ($1, $2, $3, $4, $5)',
      [workspaceId, id, userKey, user, requestedAt],
    );
  }

  async setJob(workspaceId: WorkspaceId, id: string, jobId: string): Promise<void> {
    await this.database.query('UPDATE user_erasures SET job_id = $3 WHERE workspace_id = $1 AND id = $2', [
      workspaceId,
      id,
      jobId,
    ]);
  }

  async find(workspaceId: WorkspaceId, id: string): Promise<Erasure | undefined> {
    const rows = await this.database.query<ErasureRow>(
      `SELECT ${COLUMNS} FROM user_erasures WHERE workspace_id = $1 AND id = $2`,
      [workspaceId, id],
    );
    return rows.map((row) => ({ ...row, workspaceId }))[0];
  }

  /** The last one of that user. */
  async findLatest(workspaceId: WorkspaceId, userKey: Buffer): Promise<Erasure | undefined> {
    const rows = await this.database.query<ErasureRow>(
      `SELECT ${COLUMNS} FROM user_erasures WHERE workspace_id = $1 AND user_key = $2 ORDER BY id DESC LIMIT 1`,
      [workspaceId, userKey],
    );
    return rows.map((row) => ({ ...row, workspaceId }))[0];
  }

  /** Adds to what the report counts, in the transaction of what is counted: no attempt counts twice. */
  async count(workspaceId: WorkspaceId, id: string, part: 'removed' | 'anonymised', counts: Counts): Promise<void> {
    for (const [kind, count] of Object.entries(counts)) {
      await this.database.query(
        `UPDATE user_erasures SET ${part} = ${part} || jsonb_build_object($3::text, coalesce((${part} ->> $3)::integer, 0) + $4::integer)
         WHERE workspace_id = $1 AND id = $2`,
        [workspaceId, id, kind, count],
      );
    }
  }

  async setFindings(workspaceId: WorkspaceId, id: string, found: Counts, kept: Counts): Promise<void> {
    await this.database.query('UPDATE user_erasures SET found = $3, kept = $4 WHERE workspace_id = $1 AND id = $2', [
      workspaceId,
      id,
      JSON.stringify(found),
      JSON.stringify(kept),
    ]);
  }

  /** Takes away whom it was about. */
  async finish(workspaceId: WorkspaceId, id: string, at: Date): Promise<void> {
    await this.database.query(
      'UPDATE user_erasures SET finished_at = $3, user_id = NULL WHERE workspace_id = $1 AND id = $2',
      [workspaceId, id, at],
    );
    await this.database.query('DELETE FROM user_erasure_items WHERE workspace_id = $1 AND erasure_id = $2', [
      workspaceId,
      id,
    ]);
  }

  /** Notes what is there of the user now, and in conversations of nobody what they wrote with a token of their own. */
  async collect(workspaceId: WorkspaceId, id: string, user: string, principal: string): Promise<void> {
    await this.database.query(
      `INSERT INTO user_erasure_items (workspace_id, erasure_id, kind, id)
       SELECT workspace_id, $2, 'conversation', id FROM conversations WHERE workspace_id = $1 AND user_id = $3`,
      [workspaceId, id, user],
    );
    await this.database.query(
      `INSERT INTO user_erasure_items (workspace_id, erasure_id, kind, id)
       SELECT m.workspace_id, $2, 'message', m.id
       FROM messages m JOIN conversations c ON c.workspace_id = m.workspace_id AND c.id = m.conversation_id
       WHERE m.workspace_id = $1 AND m.created_by = $3 AND c.user_id IS NULL`,
      [workspaceId, id, principal],
    );
  }

  async listOpenConversations(workspaceId: WorkspaceId, id: string, limit: number): Promise<ConversationId[]> {
    const rows = await this.database.query<{ id: ConversationId }>(
      `SELECT id FROM user_erasure_items
       WHERE workspace_id = $1 AND erasure_id = $2 AND kind = 'conversation' AND NOT is_done ORDER BY id LIMIT $3`,
      [workspaceId, id, limit],
    );
    return rows.map((row) => row.id);
  }

  /** With the conversations that they are in; null: it is gone. */
  async listOpenMessages(
    workspaceId: WorkspaceId,
    id: string,
    limit: number,
  ): Promise<{ readonly id: MessageId; readonly conversationId: ConversationId | null }[]> {
    return this.database.query(
      `SELECT i.id, m.conversation_id AS "conversationId"
       FROM user_erasure_items i LEFT JOIN messages m ON m.workspace_id = i.workspace_id AND m.id = i.id
       WHERE i.workspace_id = $1 AND i.erasure_id = $2 AND i.kind = 'message' AND NOT i.is_done ORDER BY i.id LIMIT $3`,
      [workspaceId, id, limit],
    );
  }

  async countItems(workspaceId: WorkspaceId, id: string): Promise<{ readonly done: number; readonly total: number }> {
    const [row] = await this.database.query<{ done: number; total: number }>(
      `SELECT count(*) FILTER (WHERE is_done)::int AS done, count(*)::int AS total
       FROM user_erasure_items WHERE workspace_id = $1 AND erasure_id = $2`,
      [workspaceId, id],
    );
    return row ?? { done: 0, total: 0 };
  }

  /** The messages that go with a conversation, for the scan. Call it before they go. */
  async noteMessagesOf(workspaceId: WorkspaceId, id: string, conversation: ConversationId): Promise<void> {
    await this.database.query(
      `INSERT INTO user_erasure_items (workspace_id, erasure_id, kind, id, is_done)
       SELECT workspace_id, $2, 'message', id, true FROM messages WHERE workspace_id = $1 AND conversation_id = $3
       ON CONFLICT ON CONSTRAINT user_erasure_items_pkey DO UPDATE SET is_done = true`,
      [workspaceId, id, conversation],
    );
  }

  async setDone(workspaceId: WorkspaceId, id: string, kind: ItemKind, item: string): Promise<void> {
    await this.database.query(
      `UPDATE user_erasure_items SET is_done = true
       WHERE workspace_id = $1 AND erasure_id = $2 AND kind = $3 AND id = $4`,
      [workspaceId, id, kind, item],
    );
  }

  async listItems(workspaceId: WorkspaceId, id: string): Promise<ReadonlySet<string>> {
    const rows = await this.database.query<{ id: string }>(
      'SELECT id FROM user_erasure_items WHERE workspace_id = $1 AND erasure_id = $2',
      [workspaceId, id],
    );
    return new Set(rows.map((row) => row.id));
  }
}
