import { Injectable } from '@nestjs/common';
import { Database, ProjectRows } from '#database';
import type { HandoverId, ProjectId, SessionId, WorkspaceId } from '#kernel';
import { type FlatHandover, handoverTable } from '../persistence/postgres-handover.repository.js';

/** Handovers on their way, with their acknowledgements. */
@Injectable()
export class HandoverRows extends ProjectRows<FlatHandover> {
  constructor(database: Database) {
    super(database, handoverTable, ['session_id', 'acknowledged_session_id']);
  }

  /** The ones that these sessions left in the project by themselves, not by hand. */
  async leftBy(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    sessionIds: readonly SessionId[],
  ): Promise<ReadonlyMap<SessionId, HandoverId>> {
    const rows = await this.database.query<{ session_id: SessionId; id: HandoverId }>(
      `SELECT session_id, id FROM handovers
       WHERE workspace_id = $1 AND session_id = ANY ($3::uuid[]) AND project_id = $2 AND reason <> 'manual'`,
      [workspaceId, projectId, sessionIds],
    );
    return new Map(rows.map((row) => [row.session_id, row.id]));
  }
}
