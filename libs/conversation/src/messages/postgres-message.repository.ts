import { Injectable } from '@nestjs/common';
import { Database, HEX_BYTES, Table } from '#database';
import { type ConversationId, type MessageId, newId, type WorkspaceId } from '#kernel';
import type { Message } from '../message.js';

export const messageTable = new Table<Message>(
  'messages',
  'm',
  {
    workspaceId: 'uuid',
    id: 'uuid',
    conversationId: 'uuid',
    projectId: 'uuid',
    seq: 'integer',
    clientId: 'text',
    role: 'text',
    name: 'text',
    content: 'jsonb',
    metadata: 'jsonb',
    createdAt: 'timestamptz',
    editedAt: 'timestamptz',
    givenHash: HEX_BYTES,
    sizeBytes: 'integer',
    calls: 'text[]',
    revision: 'uuid',
    createdBy: 'text',
    importedAuthor: 'text',
  },
  false,
);

const toMessage = (row: object): Message => messageTable.toThing(row);

/** Which messages of a conversation: by sequence number, without the ones named, and by time, from `since` to before `until`. */
interface MessageBounds {
  readonly after?: number | undefined;
  readonly before?: number | undefined;
  readonly since?: Date | undefined;
  readonly until?: Date | undefined;
}

/** Between what a list of messages goes, and which way. */
export interface MessageRange extends MessageBounds {
  /** Of a list with two ends, which no page of it leaves; `after` and `before` are those of this page. */
  readonly within?: { readonly after: number; readonly before: number } | undefined;
  readonly direction: 'newer' | 'older';
}

/** With the values of `rangeParameters`. */
const IN_RANGE = `workspace_id = $1 AND conversation_id = $2 AND ($3::integer IS NULL OR seq > $3)
         AND ($4::integer IS NULL OR seq < $4) AND ($5::timestamptz IS NULL OR created_at >= $5)
         AND ($6::timestamptz IS NULL OR created_at < $6)`;

function rangeParameters(
  workspaceId: WorkspaceId,
  conversationId: ConversationId,
  { after, before, since, until }: MessageBounds,
): unknown[] {
  return [workspaceId, conversationId, after ?? null, before ?? null, since ?? null, until ?? null];
}

/** A message that a client has named before. */
export type KnownMessage = Pick<Message, 'id' | 'seq' | 'clientId' | 'givenHash'>;

/** Messages at rest. What changes them is called with their conversation locked. */
@Injectable()
export class PostgresMessageRepository {
  constructor(private readonly database: Database) {}

  insert(messages: readonly Message[]): Promise<void> {
    return messageTable.insert(this.database, messages);
  }

  async find(workspaceId: WorkspaceId, conversationId: ConversationId, id: MessageId): Promise<Message | undefined> {
    const rows = await this.database.query<object>(
      `SELECT ${messageTable.columns} FROM messages WHERE workspace_id = $1 AND conversation_id = $2 AND id = $3`,
      [workspaceId, conversationId, id],
    );
    return rows.map(toMessage)[0];
  }

  async findKnown(
    workspaceId: WorkspaceId,
    conversationId: ConversationId,
    clientIds: readonly string[],
  ): Promise<readonly KnownMessage[]> {
    if (clientIds.length === 0) return [];
    const rows = await this.database.query<{ id: MessageId; seq: number; client_id: string; given_hash: Buffer }>(
      `SELECT id, seq, client_id, given_hash FROM messages
       WHERE workspace_id = $1 AND conversation_id = $2 AND client_id = ANY ($3::text[])`,
      [workspaceId, conversationId, clientIds],
    );
    return rows.map((row) => ({
      id: row.id,
      seq: row.seq,
      clientId: row.client_id,
      givenHash: row.given_hash.toString('hex'),
    }));
  }

  async listIds(workspaceId: WorkspaceId, conversationId: ConversationId): Promise<readonly MessageId[]> {
    const rows = await this.database.query<{ id: MessageId }>(
      'SELECT id FROM messages WHERE workspace_id = $1 AND conversation_id = $2 ORDER BY seq',
      [workspaceId, conversationId],
    );
    return rows.map(({ id }) => id);
  }

  /** At most `limit`, nearest to where it begins; always oldest first. */
  async list(
    workspaceId: WorkspaceId,
    conversationId: ConversationId,
    range: MessageRange,
    limit: number,
  ): Promise<readonly Message[]> {
    const rows = await this.database.query<object>(
      `SELECT ${messageTable.columns} FROM messages WHERE ${IN_RANGE}
       ORDER BY seq ${range.direction === 'newer' ? 'ASC' : 'DESC'} LIMIT $7`,
      [...rangeParameters(workspaceId, conversationId, range), limit],
    );
    const messages = rows.map(toMessage);
    return range.direction === 'newer' ? messages : messages.toReversed();
  }

  /** The newest `limit`, but no more than about `maxBytes` of content, and one at least. Oldest first. */
  async listNewest(
    workspaceId: WorkspaceId,
    conversationId: ConversationId,
    limit: number,
    maxBytes: number,
  ): Promise<readonly Message[]> {
    const rows = await this.database.query<object>(
      `SELECT ${messageTable.columns} FROM messages
       WHERE workspace_id = $1 AND conversation_id = $2 AND seq >= (
         SELECT min(seq) FROM (
           SELECT seq, sum(size_bytes) OVER (ORDER BY seq DESC) - size_bytes AS newer_bytes
           FROM (SELECT seq, size_bytes FROM messages WHERE workspace_id = $1 AND conversation_id = $2
                 ORDER BY seq DESC LIMIT $3) AS newest
         ) AS summed WHERE newer_bytes < $4)
       ORDER BY seq`,
      [workspaceId, conversationId, limit, maxBytes],
    );
    return rows.map(toMessage);
  }

  /** Of these ids of tool calls, those that messages before `seq` make. */
  async findCalls(
    workspaceId: WorkspaceId,
    conversationId: ConversationId,
    seq: number,
    calls: readonly string[],
  ): Promise<readonly string[]> {
    const rows = await this.database.query<{ call: string }>(
      `SELECT DISTINCT call FROM messages, unnest(calls) AS call
       WHERE workspace_id = $1 AND conversation_id = $2 AND seq < $3 AND cardinality(calls) > 0
         AND calls && $4::text[] AND call = ANY ($4::text[])`,
      [workspaceId, conversationId, seq, calls],
    );
    return rows.map(({ call }) => call);
  }

  /** Whether there is any message in the range. */
  async hasAny(workspaceId: WorkspaceId, conversationId: ConversationId, range: MessageBounds): Promise<boolean> {
    const [row] = await this.database.query<{ has_any: boolean }>(
      `SELECT EXISTS (SELECT FROM messages WHERE ${IN_RANGE}) AS has_any`,
      rangeParameters(workspaceId, conversationId, range),
    );
    return row?.has_any === true;
  }

  /** Puts it in the place of what it was, which stays with the audit line of the edit as long as the message does. */
  async edit(message: Message, before: Message, principalId: string, at: Date): Promise<void> {
    await messageTable.replace(
      this.database,
      [message],
      ['conversationId', 'projectId', 'seq', 'clientId', 'role', 'name'],
    );
    const details = { conversationId: message.conversationId, messageId: message.id, seq: message.seq };
    await this.database.query(
      `WITH line AS (
         INSERT INTO audit_lines (workspace_id, id, principal_id, action, reason, details, created_at)
         VALUES ($1, $2, $3, 'message.edit', '', $4, $5) RETURNING workspace_id, id)
       INSERT INTO message_edits (workspace_id, id, message_id, content)
       SELECT workspace_id, id, $6, $7 FROM line`,
      [
        message.workspaceId,
        newId(),
        principalId,
        JSON.stringify(details),
        at,
        message.id,
        JSON.stringify(before.content),
      ],
    );
  }

  /** @returns how many there were. @param id absent: all of the conversation */
  async delete(workspaceId: WorkspaceId, conversationId: ConversationId, id?: MessageId): Promise<number> {
    const rows = await this.database.query<{ count: number }>(
      `WITH gone AS (
         DELETE FROM messages WHERE workspace_id = $1 AND conversation_id = $2 AND ($3::uuid IS NULL OR id = $3)
         RETURNING 1)
       SELECT count(*)::int AS count FROM gone`,
      [workspaceId, conversationId, id ?? null],
    );
    return rows[0]?.count ?? 0;
  }
}
