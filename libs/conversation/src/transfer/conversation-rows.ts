import { Injectable } from '@nestjs/common';
import { Database, ProjectRows } from '#database';
import type { ConversationId, MessageId, ProjectId, WorkspaceId } from '#kernel';
import type { Conversation } from '../conversation.js';
import { conversationTable } from '../conversations/postgres-conversation.repository.js';
import type { Message } from '../message.js';
import { messageTable } from '../messages/postgres-message.repository.js';

/** What messages add to their conversation. */
interface AddedMessages {
  readonly id: ConversationId;
  readonly count: number;
  readonly lastSeq: number;
  readonly lastMessageAt: Date;
}

/** Conversations on their way, without their messages. */
@Injectable()
export class ConversationRows extends ProjectRows<Conversation> {
  constructor(database: Database) {
    super(database, conversationTable, ['session_id']);
  }

  /** In ascending order, from behind `after`. */
  async listIds(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    after: ConversationId | undefined,
    limit: number,
  ): Promise<readonly ConversationId[]> {
    const rows = await this.database.query<{ id: ConversationId }>(
      `SELECT id FROM conversations WHERE workspace_id = $1 AND project_id = $2 AND ($3::uuid IS NULL OR id > $3)
       ORDER BY id LIMIT $4`,
      [workspaceId, projectId, after ?? null, limit],
    );
    return rows.map(({ id }) => id);
  }

  /** Ids by the names that clients gave. */
  async findNamed(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    externalIds: readonly string[],
  ): Promise<ReadonlyMap<string, ConversationId>> {
    const rows = await this.database.query<{ id: ConversationId; external_id: string }>(
      `SELECT id, external_id FROM conversations
       WHERE workspace_id = $1 AND project_id = $2 AND external_id IS NOT NULL AND external_id = ANY ($3::text[])`,
      [workspaceId, projectId, externalIds],
    );
    return new Map(rows.map((row) => [row.external_id, row.id]));
  }

  /** As they are, and kept from every other change until the end of the transaction. */
  async lock(workspaceId: WorkspaceId, ids: readonly ConversationId[]): Promise<readonly Conversation[]> {
    await this.database.query(
      'SELECT FROM conversations WHERE workspace_id = $1 AND id = ANY ($2::uuid[]) ORDER BY id FOR UPDATE',
      [workspaceId, ids],
    );
    return this.find(workspaceId, ids);
  }

  /** Numbers never go back. */
  async add(workspaceId: WorkspaceId, added: readonly AddedMessages[]): Promise<void> {
    await this.database.query(
      `UPDATE conversations AS c
       SET message_count = c.message_count + given.count, last_seq = greatest(c.last_seq, given.last_seq),
           last_message_at = greatest(c.last_message_at, given.last_message_at)
       FROM unnest($2::uuid[], $3::integer[], $4::integer[], $5::timestamptz[]) AS given (id, count, last_seq, last_message_at)
       WHERE c.workspace_id = $1 AND c.id = given.id`,
      [
        workspaceId,
        added.map(({ id }) => id),
        added.map(({ count }) => count),
        added.map(({ lastSeq }) => lastSeq),
        added.map(({ lastMessageAt }) => lastMessageAt),
      ],
    );
  }
}

/** The place of a message in its conversation. */
export type MessagePlace = Pick<Message, 'conversationId' | 'seq'>;

/** A message that is there, without what it says. */
export type PlacedMessage = MessagePlace & Pick<Message, 'id' | 'clientId'>;

/** Messages on their way. */
@Injectable()
export class MessageRows extends ProjectRows<Message> {
  constructor(database: Database) {
    super(database, messageTable, []);
  }

  /**
   * Messages of these conversations by conversation and number, from behind `after`: as many as `bytes` hold, at least one
   * where there is one, at most `limit`.
   */
  async listOf(
    workspaceId: WorkspaceId,
    conversationIds: readonly ConversationId[],
    after: MessagePlace | undefined,
    limit: number,
    bytes: number,
  ): Promise<readonly Message[]> {
    // Conversation by conversation along their index: no page sorts all of them.
    const rows = await this.database.query<object>(
      `SELECT ${messageTable.columns} FROM messages WHERE workspace_id = $1 AND id IN (
         SELECT id FROM (
           SELECT id, size_bytes, sum(size_bytes) OVER (ORDER BY conversation_id, seq) AS bytes_so_far
           FROM (
             SELECT m.* FROM unnest($2::uuid[]) AS c (id) CROSS JOIN LATERAL (
               SELECT id, conversation_id, seq, size_bytes FROM messages
               WHERE workspace_id = $1 AND conversation_id = c.id AND seq > CASE WHEN c.id = $3::uuid THEN $4::integer ELSE 0 END
               ORDER BY seq LIMIT $5
             ) AS m
             ORDER BY m.conversation_id, m.seq LIMIT $5
           ) AS ahead
         ) AS page WHERE bytes_so_far - size_bytes < $6)
       ORDER BY conversation_id, seq`,
      [
        workspaceId,
        after === undefined ? conversationIds : conversationIds.filter((id) => id >= after.conversationId),
        after?.conversationId ?? null,
        after?.seq ?? null,
        limit,
        bytes,
      ],
    );
    return rows.map((row) => messageTable.toThing(row));
  }

  /** Those of the workspace that have one of these ids, and those of their conversations at a given number or of a given `clientId`. */
  async findPlaced(
    workspaceId: WorkspaceId,
    ids: readonly MessageId[],
    given: readonly (MessagePlace & Pick<Message, 'clientId'>)[],
  ): Promise<readonly PlacedMessage[]> {
    const columns = 'm.id, m.conversation_id, m.seq, m.client_id';
    const rows = await this.database.query<{
      id: MessageId;
      conversation_id: ConversationId;
      seq: number;
      client_id: string | null;
    }>(
      `SELECT ${columns} FROM messages m WHERE workspace_id = $1 AND id = ANY ($2::uuid[])
       UNION
       SELECT ${columns} FROM unnest($3::uuid[], $4::integer[]) AS given (conversation_id, seq)
         JOIN messages m ON m.workspace_id = $1 AND m.conversation_id = given.conversation_id AND m.seq = given.seq
       UNION
       SELECT ${columns} FROM unnest($3::uuid[], $5::text[]) AS given (conversation_id, client_id)
         JOIN messages m ON m.workspace_id = $1 AND m.conversation_id = given.conversation_id
           AND m.client_id IS NOT NULL AND m.client_id = given.client_id`,
      [
        workspaceId,
        ids,
        given.map(({ conversationId }) => conversationId),
        given.map(({ seq }) => seq),
        given.map(({ clientId }) => clientId),
      ],
    );
    return rows.map((row) => ({
      id: row.id,
      conversationId: row.conversation_id,
      seq: row.seq,
      clientId: row.client_id,
    }));
  }
}
