import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import type { Revision, WorkspaceId } from '#kernel';
import type { SettingsChoice, StoredSettings } from './settings.js';

interface SettingsRow {
  readonly choice: SettingsChoice;
  readonly revision: Revision | null;
  readonly updated_at: Date | null;
}

const NOTHING_SET: StoredSettings = { choice: {}, revision: null, updatedAt: null };

@Injectable()
export class PostgresWorkspaceSettingsRepository {
  constructor(private readonly database: Database) {}

  async find(workspaceId: WorkspaceId): Promise<StoredSettings> {
    const rows = await this.database.query<SettingsRow>(
      'SELECT choice, revision, updated_at FROM workspace_settings WHERE workspace_id = $1',
      [workspaceId],
    );
    return rows.map(toSettings)[0] ?? NOTHING_SET;
  }

  /** As `find`, and nobody else changes them until the end of the transaction. */
  async findForChange(workspaceId: WorkspaceId): Promise<StoredSettings> {
    await this.database.query(
      'INSERT INTO workspace_settings (workspace_id) VALUES ($1) ON CONFLICT (workspace_id) DO NOTHING',
      [workspaceId],
    );
    const rows = await this.database.query<SettingsRow>(
      'SELECT choice, revision, updated_at FROM workspace_settings WHERE workspace_id = $1 FOR UPDATE',
      [workspaceId],
    );
    return rows.map(toSettings)[0] ?? NOTHING_SET;
  }

  /** Of settings that `findForChange` has locked. */
  async put(workspaceId: WorkspaceId, choice: SettingsChoice, at: Date): Promise<StoredSettings> {
    await this.database.query(
      'UPDATE workspace_settings SET choice = $2, revision = gen_random_uuid(), updated_at = $3 WHERE workspace_id = $1',
      [workspaceId, JSON.stringify(choice), at],
    );
    return this.find(workspaceId);
  }
}

function toSettings({ choice, revision, updated_at: updatedAt }: SettingsRow): StoredSettings {
  return { choice, revision, updatedAt };
}
