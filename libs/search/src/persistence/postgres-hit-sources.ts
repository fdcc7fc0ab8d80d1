import { Injectable } from '@nestjs/common';
import { textOfMessage, type MessageContent } from '#conversation';
import { Database } from '#database';
import { cutAtGrapheme, type ProjectId, type SessionId, type WorkspaceId } from '#kernel';

/** Of a neighbour, in UTF-16 units. */
const MAX_TEXT = 500;

/** Where something that was found comes from. */
export interface HitSource {
  readonly projectId: ProjectId;
  readonly sessionId: SessionId | null;
  readonly conversationId: string | null;
  readonly seq: number | null;
  readonly createdAt: Date;
}

/** What was said or logged next to something that was found. */
export interface Neighbour {
  readonly id: string;
  /** -1 is the one before. */
  readonly offset: number;
  readonly seq: number | null;
  readonly role: string | null;
  readonly entryKind: string | null;
  readonly text: string;
  readonly createdAt: Date;
}

/** What something that was found says, from its beginning. */
export interface HitText {
  readonly text: string;
  /** Whether it says more. */
  readonly truncated: boolean;
}

/** An entry of a session, as its neighbours are looked for. */
export interface EntryPlace {
  readonly id: string;
  readonly sessionId: SessionId;
  readonly projectId: ProjectId;
}

interface MessagePlace {
  readonly conversationId: string;
  readonly seq: number;
}

interface NeighbourRow {
  readonly place: number;
  readonly id: string;
  readonly place_offset: number;
  readonly seq: number | null;
  readonly role: string | null;
  readonly entry_kind: string | null;
  readonly content: MessageContent;
  readonly created_at: Date;
}

/** Where hits come from, and what stands around them; many in one statement. */
@Injectable()
export class PostgresHitSources {
  constructor(private readonly database: Database) {}

  async sourcesOf(workspaceId: WorkspaceId, ids: readonly string[]): Promise<ReadonlyMap<string, HitSource>> {
    interface Row {
      readonly id: string;
      readonly project_id: ProjectId;
      readonly session_id: SessionId | null;
      readonly conversation_id: string | null;
      readonly seq: number | null;
      readonly created_at: Date;
    }
    const rows = await this.database.query<Row>(
      `SELECT id, project_id, session_id, NULL::uuid AS conversation_id, NULL::integer AS seq, created_at
       FROM contexts WHERE workspace_id = $1 AND id = ANY ($2::uuid[])
       UNION ALL
       SELECT id, project_id, session_id, NULL, NULL, created_at
       FROM session_entries WHERE workspace_id = $1 AND id = ANY ($2::uuid[])
       UNION ALL
       SELECT id, project_id, NULL, conversation_id, seq, created_at
       FROM messages WHERE workspace_id = $1 AND id = ANY ($2::uuid[])`,
      [workspaceId, ids],
    );
    return new Map(
      rows.map((row) => [
        row.id,
        {
          projectId: row.project_id,
          sessionId: row.session_id,
          conversationId: row.conversation_id,
          seq: row.seq,
          createdAt: row.created_at,
        },
      ]),
    );
  }

  /** @param length of each text at most, in UTF-16 units; cut between graphemes */
  async textsOf(
    workspaceId: WorkspaceId,
    ids: readonly string[],
    length: number,
  ): Promise<ReadonlyMap<string, HitText>> {
    // One character more shows that there is more.
    const rows = await this.database.query<{ id: string; content: MessageContent }>(
      `SELECT id, to_jsonb(left(content, $3 + 1)) AS content FROM contexts WHERE workspace_id = $1 AND id = ANY ($2::uuid[])
       UNION ALL
       SELECT id, to_jsonb(left(text, $3 + 1)) FROM session_entries WHERE workspace_id = $1 AND id = ANY ($2::uuid[])
       UNION ALL
       SELECT id, content FROM messages WHERE workspace_id = $1 AND id = ANY ($2::uuid[])`,
      [workspaceId, ids, length],
    );
    return new Map(
      rows.map(({ id, content }) => {
        const whole = textOfMessage(content);
        const text = cutAtGrapheme(whole, length);
        return [id, { text, truncated: text.length < whole.length }];
      }),
    );
  }

  /** @returns those of each, oldest first. @param count on each side */
  async aroundMessages(
    workspaceId: WorkspaceId,
    messages: readonly MessagePlace[],
    count: number,
  ): Promise<readonly (readonly Neighbour[])[]> {
    const columns = 'm.id, m.seq, m.role, NULL::text AS entry_kind, m.content, m.created_at';
    const within = 'm.workspace_id = $1 AND m.conversation_id = hit.conversation_id';
    const rows = await this.database.query<NeighbourRow>(
      `SELECT hit.place::integer, around.* FROM unnest($2::uuid[], $3::integer[]) WITH ORDINALITY AS hit (conversation_id, seq, place)
       CROSS JOIN LATERAL (
         (SELECT -row_number() OVER (ORDER BY m.seq DESC)::integer AS place_offset, ${columns}
          FROM messages AS m WHERE ${within} AND m.seq < hit.seq ORDER BY m.seq DESC LIMIT $4)
         UNION ALL
         (SELECT row_number() OVER (ORDER BY m.seq)::integer, ${columns}
          FROM messages AS m WHERE ${within} AND m.seq > hit.seq ORDER BY m.seq LIMIT $4)
       ) AS around ORDER BY hit.place, place_offset`,
      [workspaceId, messages.map(({ conversationId }) => conversationId), messages.map(({ seq }) => seq), count],
    );
    return grouped(messages.length, rows);
  }

  /** As `aroundMessages`, of entries of the same session in the same project. */
  async aroundEntries(
    workspaceId: WorkspaceId,
    entries: readonly EntryPlace[],
    count: number,
  ): Promise<readonly (readonly Neighbour[])[]> {
    const columns =
      'e.id, NULL::integer AS seq, NULL::text AS role, e.kind AS entry_kind, to_jsonb(e.text) AS content, e.created_at';
    const within = 'e.workspace_id = $1 AND e.session_id = hit.session_id AND e.project_id = hit.project_id';
    const rows = await this.database.query<NeighbourRow>(
      `SELECT hit.place::integer, around.*
       FROM unnest($2::uuid[], $3::uuid[], $4::uuid[]) WITH ORDINALITY AS hit (id, session_id, project_id, place)
       CROSS JOIN LATERAL (
         (SELECT -row_number() OVER (ORDER BY e.id DESC)::integer AS place_offset, ${columns}
          FROM session_entries AS e WHERE ${within} AND e.id < hit.id ORDER BY e.id DESC LIMIT $5)
         UNION ALL
         (SELECT row_number() OVER (ORDER BY e.id)::integer, ${columns}
          FROM session_entries AS e WHERE ${within} AND e.id > hit.id ORDER BY e.id LIMIT $5)
       ) AS around ORDER BY hit.place, place_offset`,
      [
        workspaceId,
        entries.map(({ id }) => id),
        entries.map(({ sessionId }) => sessionId),
        entries.map(({ projectId }) => projectId),
        count,
      ],
    );
    return grouped(entries.length, rows);
  }
}

function grouped(length: number, rows: readonly NeighbourRow[]): Neighbour[][] {
  const groups = Array.from({ length }, (): Neighbour[] => []);
  for (const row of rows)
    groups[row.place - 1]?.push({
      id: row.id,
      offset: row.place_offset,
      seq: row.seq,
      role: row.role,
      entryKind: row.entry_kind,
      text: cutAtGrapheme(textOfMessage(row.content), MAX_TEXT),
      createdAt: row.created_at,
    });
  return groups;
}
