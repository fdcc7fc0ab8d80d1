import { Injectable } from '@nestjs/common';
import { Database, Table } from '#database';
import { type Page, toPage } from '#http';
import type { ConversationId, ProjectId, SessionId, WorkspaceId } from '#kernel';
import type { Conversation, ConversationState } from '../conversation.js';

export const conversationTable = new Table<Conversation>(
  'conversations',
  'c',
  {
    workspaceId: 'uuid',
    id: 'uuid',
    projectId: 'uuid',
    externalId: 'text',
    userId: 'text',
    sessionId: 'uuid',
    title: 'text',
    metadata: 'jsonb',
    createdAt: 'timestamptz',
    archivedAt: 'timestamptz',
    lastSeq: 'integer',
    messageCount: 'integer',
    lastMessageAt: 'timestamptz',
    revision: 'uuid',
  },
  true,
);

const SELECT = `SELECT ${conversationTable.columns} FROM ${conversationTable.source}`;
const toConversation = (row: object): Conversation => conversationTable.toThing(row);

interface ConversationFilter {
  readonly projectId?: ProjectId | undefined;
  readonly userId?: string | undefined;
  readonly sessionId?: SessionId | undefined;
  readonly state?: ConversationState | undefined;
}

/** Conversations at rest. Locks last until the surrounding transaction ends. */
@Injectable()
export class PostgresConversationRepository {
  constructor(private readonly database: Database) {}

  /** False where the project has one of that external id. */
  async insert(conversation: Conversation): Promise<boolean> {
    const rows = await this.database.query(
      `INSERT INTO conversations (workspace_id, id, project_id, external_id, user_id, session_id, title, metadata, created_at,
                                  archived_at, last_seq, message_count, last_message_at, revision)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
       ON CONFLICT (workspace_id, project_id, external_id) WHERE external_id IS NOT NULL DO NOTHING RETURNING id`,
      [
        conversation.workspaceId,
        conversation.id,
        conversation.projectId,
        conversation.externalId,
        conversation.userId,
        conversation.sessionId,
        conversation.title,
        JSON.stringify(conversation.metadata),
        conversation.createdAt,
        conversation.archivedAt,
        conversation.lastSeq,
        conversation.messageCount,
        conversation.lastMessageAt,
        conversation.revision,
      ],
    );
    return rows.length === 1;
  }

  async find(workspaceId: WorkspaceId, id: ConversationId): Promise<Conversation | undefined> {
    const rows = await this.database.query<object>(`${SELECT} WHERE c.workspace_id = $1 AND c.id = $2`, [
      workspaceId,
      id,
    ]);
    return rows.map(toConversation)[0];
  }

  async findByExternalId(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    externalId: string,
  ): Promise<Conversation | undefined> {
    const rows = await this.database.query<object>(
      `${SELECT} WHERE c.workspace_id = $1 AND c.project_id = $2 AND c.external_id = $3`,
      [workspaceId, projectId, externalId],
    );
    return rows.map(toConversation)[0];
  }

  /** Finds and keeps every other change of it, and of its messages, waiting. */
  async findForChange(workspaceId: WorkspaceId, id: ConversationId): Promise<Conversation | undefined> {
    // Its project first, as a deletion of that does.
    await this.database.query(
      `SELECT FROM projects WHERE workspace_id = $1
         AND id = (SELECT project_id FROM conversations WHERE workspace_id = $1 AND id = $2) FOR KEY SHARE`,
      [workspaceId, id],
    );
    const locked = await this.database.query(
      'SELECT FROM conversations WHERE workspace_id = $1 AND id = $2 FOR UPDATE',
      [workspaceId, id],
    );
    return locked.length === 0 ? undefined : this.find(workspaceId, id);
  }

  /** Stores everything of it that can change. Call it with the conversation found for a change. */
  async update(conversation: Conversation): Promise<void> {
    await this.database.query(
      `UPDATE conversations
       SET user_id = $3, session_id = $4, title = $5, metadata = $6, archived_at = $7, last_seq = $8, message_count = $9,
           last_message_at = $10, revision = $11
       WHERE workspace_id = $1 AND id = $2`,
      [
        conversation.workspaceId,
        conversation.id,
        conversation.userId,
        conversation.sessionId,
        conversation.title,
        JSON.stringify(conversation.metadata),
        conversation.archivedAt,
        conversation.lastSeq,
        conversation.messageCount,
        conversation.lastMessageAt,
        conversation.revision,
      ],
    );
  }

  /** With its messages. */
  async delete(workspaceId: WorkspaceId, id: ConversationId): Promise<void> {
    await this.database.query('DELETE FROM conversations WHERE workspace_id = $1 AND id = $2', [workspaceId, id]);
  }

  /** Newest first. */
  async list(
    workspaceId: WorkspaceId,
    { projectId, userId, sessionId, state }: ConversationFilter,
    after: ConversationId | undefined,
    limit: number,
  ): Promise<Page<Conversation, [ConversationId]>> {
    const rows = await this.database.query<object>(
      `${SELECT}
       WHERE c.workspace_id = $1 AND ($2::uuid IS NULL OR c.project_id = $2) AND ($3::text IS NULL OR c.user_id = $3)
         AND ($4::uuid IS NULL OR c.session_id = $4)
         AND ($5::boolean IS NULL OR (c.archived_at IS NOT NULL) = $5)
         AND ($6::uuid IS NULL OR c.id < $6)
       ORDER BY c.id DESC LIMIT $7`,
      [
        workspaceId,
        projectId ?? null,
        userId ?? null,
        sessionId ?? null,
        state === undefined ? null : state === 'archived',
        after ?? null,
        limit + 1,
      ],
    );
    return toPage(rows.map(toConversation), limit, ({ id }) => [id]);
  }

  async count(workspaceId: WorkspaceId, projectId: ProjectId): Promise<number> {
    const [row] = await this.database.query<{ count: number }>(
      'SELECT count(*)::int AS count FROM conversations WHERE workspace_id = $1 AND project_id = $2',
      [workspaceId, projectId],
    );
    return row?.count ?? 0;
  }
}
