import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import type { ContextId, WorkspaceId } from '#kernel';
import type { Context } from '../context.js';
import type { Fingerprint } from './near-duplicates.js';

/** By which near-duplicates of the newest versions are found. */
@Injectable()
export class PostgresContextBands {
  constructor(private readonly database: Database) {}

  async insert(
    workspaceId: WorkspaceId,
    contexts: readonly (Pick<Context, 'id' | 'projectId'> & { readonly fingerprint: Fingerprint })[],
  ): Promise<void> {
    const rows = contexts.flatMap(({ id, projectId, fingerprint }) =>
      fingerprint.bands.map((band) => ({ id, projectId, band: band.toString() })),
    );
    await this.database.query(
      `INSERT INTO context_bands (workspace_id, project_id, band, context_id)
       SELECT $1, project_id, band, context_id FROM unnest($2::uuid[], $3::bigint[], $4::uuid[]) AS given (project_id, band, context_id)
       ON CONFLICT DO NOTHING`,
      [workspaceId, rows.map((row) => row.projectId), rows.map((row) => row.band), rows.map((row) => row.id)],
    );
  }

  async remove(workspaceId: WorkspaceId, ids: readonly ContextId[]): Promise<void> {
    if (ids.length === 0) return;
    await this.database.query('DELETE FROM context_bands WHERE workspace_id = $1 AND context_id = ANY ($2::uuid[])', [
      workspaceId,
      ids,
    ]);
  }
}
