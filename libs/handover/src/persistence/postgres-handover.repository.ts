import { Injectable } from '@nestjs/common';
import { Database, Table } from '#database';
import { type Page, toPage } from '#http';
import {
  type ContextId,
  type HandoverId,
  newRevision,
  type ProjectId,
  type SessionId,
  type WorkspaceId,
} from '#kernel';
import type { Acknowledgement, Handover, HandoverContent } from '../handover.js';
import { type HandoverFilter, HandoverRepository } from './handover.repository.js';

/** A handover as its row has it: without a part that may be there or not. */
export interface FlatHandover extends Omit<Handover, 'acknowledgement'> {
  readonly acknowledgedAt: Date | null;
  readonly acknowledgedBy: string | null;
  readonly acknowledgedSessionId: SessionId | null;
}

export const handoverTable = new Table<FlatHandover>(
  'handovers',
  'h',
  {
    workspaceId: 'uuid',
    id: 'uuid',
    projectId: 'uuid',
    sessionId: 'uuid',
    reason: 'text',
    content: { type: 'jsonb', read: withoutNegativeDuration, write: (content) => content },
    createdAt: 'timestamptz',
    updatedAt: 'timestamptz',
    acknowledgedAt: 'timestamptz',
    acknowledgedBy: 'text',
    acknowledgedSessionId: 'uuid',
    revision: 'uuid',
    createdBy: 'text',
    importedAuthor: 'text',
  },
  true,
);

const SELECT_HANDOVER = `SELECT ${handoverTable.columns} FROM ${handoverTable.source}`;

/** Earlier releases stored what the clocks of two machines said. */
function withoutNegativeDuration(content: HandoverContent): HandoverContent {
  const { statistics } = content;
  return statistics.durationMs >= 0 ? content : { ...content, statistics: { ...statistics, durationMs: 0 } };
}

function toHandover(row: object): Handover {
  return fromFlat(handoverTable.toThing(row));
}

export function fromFlat({ acknowledgedAt: at, acknowledgedBy: by, ...rest }: FlatHandover): Handover {
  const { acknowledgedSessionId: sessionId, ...handover } = rest;
  return { ...handover, acknowledgement: at === null || by === null ? null : { at, by, sessionId } };
}

export function toFlat({ acknowledgement, ...handover }: Handover): FlatHandover {
  return {
    ...handover,
    acknowledgedAt: acknowledgement?.at ?? null,
    acknowledgedBy: acknowledgement?.by ?? null,
    acknowledgedSessionId: acknowledgement?.sessionId ?? null,
  };
}

/** The newest content of the project is what comes last, whatever the clocks say that wrote the others down. */
const INSERT = `
  INSERT INTO handovers AS h (workspace_id, id, project_id, session_id, reason, content, created_at, updated_at, revision, created_by, imported_author)
  VALUES ($1, $2, $3, $4, $5, $6, $7, greatest($8, (
    SELECT max(updated_at) + interval '1 millisecond' FROM handovers
    WHERE workspace_id = $1 AND project_id = $3 AND updated_at > $8)), $9, $10, $11)`;

@Injectable()
export class PostgresHandoverRepository extends HandoverRepository {
  constructor(private readonly database: Database) {
    super();
  }

  insert(handover: Handover): Promise<Handover> {
    return this.keep(INSERT, handover);
  }

  leave(handover: Handover): Promise<Handover> {
    return this.keep(
      `${INSERT}
       ON CONFLICT (workspace_id, session_id, project_id) WHERE reason <> 'manual' DO UPDATE
       SET reason = excluded.reason, content = excluded.content, updated_at = excluded.updated_at, revision = excluded.revision,
           created_by = coalesce(excluded.created_by, h.created_by),
           acknowledged_at = CASE WHEN h.content - 'statistics' = excluded.content - 'statistics' THEN h.acknowledged_at END,
           acknowledged_by = CASE WHEN h.content - 'statistics' = excluded.content - 'statistics' THEN h.acknowledged_by END,
           acknowledged_session_id =
             CASE WHEN h.content - 'statistics' = excluded.content - 'statistics' THEN h.acknowledged_session_id END`,
      handover,
    );
  }

  find(workspaceId: WorkspaceId, id: HandoverId): Promise<Handover | undefined> {
    return this.findOne('h.id = $2', [workspaceId, id]);
  }

  findForChange(workspaceId: WorkspaceId, id: HandoverId): Promise<Handover | undefined> {
    return this.findOne('h.id = $2 FOR NO KEY UPDATE OF h', [workspaceId, id]);
  }

  findLeft(workspaceId: WorkspaceId, sessionId: SessionId, projectId: ProjectId): Promise<Handover | undefined> {
    return this.findOne(`h.session_id = $2 AND h.project_id = $3 AND h.reason <> 'manual'`, [
      workspaceId,
      sessionId,
      projectId,
    ]);
  }

  findLatest(workspaceId: WorkspaceId, projectId: ProjectId): Promise<Handover | undefined> {
    return this.findOne('h.project_id = $2 ORDER BY h.updated_at DESC, h.id DESC LIMIT 1', [workspaceId, projectId]);
  }

  async list(
    workspaceId: WorkspaceId,
    filter: HandoverFilter,
    after: HandoverId | undefined,
    limit: number,
  ): Promise<Page<Handover, [HandoverId]>> {
    const rows = await this.database.query<object>(
      `${SELECT_HANDOVER}
       WHERE h.workspace_id = $1 AND ($2::uuid IS NULL OR h.project_id = $2) AND ($3::uuid IS NULL OR h.session_id = $3)
         AND ($4::uuid IS NULL OR h.id < $4)
       ORDER BY h.id DESC LIMIT $5`,
      [workspaceId, filter.projectId ?? null, filter.sessionId ?? null, after ?? null, limit + 1],
    );
    return toPage(rows.map(toHandover), limit, (handover) => [handover.id]);
  }

  async count(workspaceId: WorkspaceId, projectId: ProjectId): Promise<number> {
    const [row] = await this.database.query<{ count: number }>(
      'SELECT count(*)::int AS count FROM handovers WHERE workspace_id = $1 AND project_id = $2',
      [workspaceId, projectId],
    );
    return row?.count ?? 0;
  }

  async acknowledge(
    workspaceId: WorkspaceId,
    id: HandoverId,
    acknowledgement: Acknowledgement,
  ): Promise<Handover | undefined> {
    await this.database.query(
      `UPDATE handovers SET acknowledged_at = greatest($3, updated_at), acknowledged_by = $4, acknowledged_session_id = $5, revision = $6
       WHERE workspace_id = $1 AND id = $2 AND acknowledged_at IS NULL`,
      [workspaceId, id, acknowledgement.at, acknowledgement.by, acknowledgement.sessionId, newRevision()],
    );
    return this.find(workspaceId, id);
  }

  async removeContexts(workspaceId: WorkspaceId, projectId: ProjectId, ids: readonly ContextId[]): Promise<void> {
    await this.database.query(
      `UPDATE handovers SET revision = gen_random_uuid(), content = jsonb_set(content, '{contextsUsed}', (
         SELECT coalesce(jsonb_agg(used ORDER BY place), '[]')
         FROM jsonb_array_elements(content->'contextsUsed') WITH ORDINALITY AS each (used, place)
         WHERE used->>'id' <> ALL ($3::text[])))
       WHERE workspace_id = $1 AND project_id = $2
         AND EXISTS (SELECT FROM jsonb_array_elements(content->'contextsUsed') AS used WHERE used->>'id' = ANY ($3::text[]))`,
      [workspaceId, projectId, ids],
    );
  }

  private async keep(statement: string, handover: Handover): Promise<Handover> {
    const [row] = await this.database.query<{ id: HandoverId }>(`${statement} RETURNING id`, toParameters(handover));
    const kept = row === undefined ? undefined : await this.find(handover.workspaceId, row.id);
    if (kept === undefined) throw new Error('A handover was neither inserted nor updated.');
    return kept;
  }

  private async findOne(condition: string, parameters: readonly unknown[]): Promise<Handover | undefined> {
    const rows = await this.database.query<object>(
      `${SELECT_HANDOVER} WHERE h.workspace_id = $1 AND ${condition}`,
      parameters,
    );
    return rows.map(toHandover)[0];
  }
}

function toParameters(handover: Handover): unknown[] {
  return [
    handover.workspaceId,
    handover.id,
    handover.projectId,
    handover.sessionId,
    handover.reason,
    JSON.stringify(handover.content),
    handover.createdAt,
    handover.updatedAt,
    handover.revision,
    handover.createdBy,
    handover.importedAuthor,
  ];
}
