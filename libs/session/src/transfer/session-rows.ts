import { Injectable } from '@nestjs/common';
import { Database, ProjectRows, ROWS_FINGERPRINT } from '#database';
import type { EntryId, WorkspaceId } from '#kernel';
import { entryTable } from '../persistence/postgres-session-entry.repository.js';
import { sessionTable } from '../persistence/postgres-session.repository.js';
import type { SessionEntry } from '../session-entry.js';
import type { Session } from '../session.js';

/** What an entry was settled by, and when. */
export interface Resolution {
  readonly id: EntryId;
  readonly by: EntryId;
  readonly at: Date;
}

/** Sessions on their way: those that work in the project. */
@Injectable()
export class SessionRows extends ProjectRows<Session> {
  constructor(database: Database) {
    super(database, sessionTable, ['id']);
  }

  /** Of all of the workspace: one that logged in the project may work elsewhere by now. */
  override async fingerprint(workspaceId: WorkspaceId): Promise<string> {
    const [row] = await this.database.query<{ fingerprint: string }>(
      `SELECT ${ROWS_FINGERPRINT} AS fingerprint FROM sessions WHERE workspace_id = $1`,
      [workspaceId],
    );
    return row?.fingerprint ?? '';
  }
}

/** Entries on their way, whichever sessions wrote them. */
@Injectable()
export class EntryRows extends ProjectRows<SessionEntry> {
  constructor(database: Database) {
    super(database, entryTable, ['session_id']);
  }

  /** Without what resolved them: that entry may not be there yet. */
  override insert(entries: readonly SessionEntry[]): Promise<void> {
    return super.insert(entries.map((entry) => ({ ...entry, resolvedBy: null })));
  }

  /** As `insert`; the session and the project stay. */
  override replace(entries: readonly SessionEntry[]): Promise<void> {
    return super.replace(
      entries.map((entry) => ({ ...entry, resolvedBy: null })),
      ['sessionId', 'projectId'],
    );
  }

  /** Says what settled entries that were settled at that time; others, and those of which it is known, stay as they are. */
  async resolve(workspaceId: WorkspaceId, resolutions: readonly Resolution[]): Promise<void> {
    if (resolutions.length === 0) return;
    await this.database.query(
      `UPDATE session_entries AS e SET resolved_by = given.by
       FROM unnest($2::uuid[], $3::uuid[], $4::timestamptz[]) AS given (id, by, at)
       WHERE e.workspace_id = $1 AND e.id = given.id AND e.resolved_by IS NULL AND e.resolved_at = given.at`,
      [workspaceId, resolutions.map(({ id }) => id), resolutions.map(({ by }) => by), resolutions.map(({ at }) => at)],
    );
  }
}
