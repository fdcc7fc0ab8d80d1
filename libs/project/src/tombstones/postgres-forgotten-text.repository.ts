import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import { type Page, toPage } from '#http';
import type { ProjectId, TombstoneId, WorkspaceId } from '#kernel';
import type { TextKeys } from './text-keys.js';
import type { Tombstone } from './tombstone.js';

/** A text that is forgotten now. */
interface ForgottenText extends Omit<Tombstone, 'workspaceId'> {
  readonly keys: TextKeys;
}

interface TombstoneRow {
  readonly id: TombstoneId;
  readonly reason: string;
  readonly created_by: string | null;
  readonly created_at: Date;
}

/** Texts that were forgotten, and those of them that are rejected. All in the caller's transaction, if there is one. */
@Injectable()
export class PostgresForgottenTextRepository {
  constructor(private readonly database: Database) {}

  /** Whether any text is rejected. @param project slug */
  async hasRejected(workspaceId: WorkspaceId, project: string): Promise<boolean> {
    const [row] = await this.database.query<{ has: boolean }>(
      `SELECT EXISTS (SELECT FROM forgotten_texts AS f JOIN projects AS p ON p.workspace_id = $1 AND p.id = f.project_id
         WHERE f.workspace_id = $1 AND p.slug = $2 AND f.is_rejected) AS has`,
      [workspaceId, project],
    );
    return row?.has === true;
  }

  /** Whether any text was forgotten that is not rejected. */
  async hasForgotten(workspaceId: WorkspaceId, projectId: ProjectId): Promise<boolean> {
    const [row] = await this.database.query<{ has: boolean }>(
      `SELECT EXISTS (SELECT FROM forgotten_texts
         WHERE workspace_id = $1 AND project_id = $2 AND NOT is_rejected) AS has`,
      [workspaceId, projectId],
    );
    return row?.has === true;
  }

  /** Keys of rejected texts that are among these. */
  async findRejected(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    keys: readonly TextKeys[],
  ): Promise<readonly TextKeys[]> {
    if (keys.length === 0) return [];
    return this.database.query<TextKeys>(
      `SELECT small_key AS small, capital_key AS capital FROM forgotten_texts
       WHERE workspace_id = $1 AND project_id = $2 AND is_rejected
         AND (small_key = ANY ($3::bytea[]) OR capital_key = ANY ($4::bytea[]))`,
      [workspaceId, projectId, ...columnsOf(keys)],
    );
  }

  /**
   * Notes texts as forgotten. A text that was rejected before stays so, with its reason.
   * @param texts of each text one
   * @returns ids of their tombstones, where they are rejected
   */
  async insert(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    texts: readonly ForgottenText[],
    isRejected: boolean,
  ): Promise<readonly TombstoneId[]> {
    if (texts.length === 0) return [];
    const rows = await this.database.query<{ id: TombstoneId; is_rejected: boolean }>(
      `INSERT INTO forgotten_texts AS f
         (workspace_id, project_id, id, small_key, capital_key, is_rejected, reason, created_by, created_at)
       SELECT $1, $2, given.id, given.small_key, given.capital_key, $3, given.reason, given.created_by, given.created_at
       FROM unnest($4::uuid[], $5::bytea[], $6::bytea[], $7::text[], $8::text[], $9::timestamptz[])
         AS given (id, small_key, capital_key, reason, created_by, created_at)
       ORDER BY given.small_key
       ON CONFLICT (workspace_id, project_id, small_key) DO UPDATE SET
         id = CASE WHEN f.is_rejected THEN f.id ELSE excluded.id END,
         reason = CASE WHEN f.is_rejected THEN f.reason ELSE excluded.reason END,
         created_by = CASE WHEN f.is_rejected THEN f.created_by ELSE excluded.created_by END,
         created_at = CASE WHEN f.is_rejected THEN f.created_at ELSE excluded.created_at END,
         is_rejected = f.is_rejected OR excluded.is_rejected
       RETURNING id, is_rejected`,
      [
        workspaceId,
        projectId,
        isRejected,
        texts.map(({ id }) => id),
        ...columnsOf(texts.map(({ keys }) => keys)),
        texts.map(({ reason }) => reason),
        texts.map(({ createdBy }) => createdBy),
        texts.map(({ createdAt }) => createdAt.toISOString()),
      ],
    );
    return rows.filter(({ is_rejected }) => is_rejected).map(({ id }) => id);
  }

  /** Of texts that are stored again, that they are not forgotten any more. @returns how many were */
  async remove(workspaceId: WorkspaceId, projectId: ProjectId, keys: readonly TextKeys[]): Promise<number> {
    if (keys.length === 0) return 0;
    const rows = await this.database.query(
      `DELETE FROM forgotten_texts
       WHERE workspace_id = $1 AND project_id = $2 AND NOT is_rejected
         AND (small_key = ANY ($3::bytea[]) OR capital_key = ANY ($4::bytea[])) RETURNING id`,
      [workspaceId, projectId, ...columnsOf(keys)],
    );
    return rows.length;
  }

  /** Newest first. */
  async list(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    after: TombstoneId | undefined,
    limit: number,
  ): Promise<Page<Tombstone, [TombstoneId]>> {
    const rows = await this.database.query<TombstoneRow>(
      `SELECT id, reason, created_by, created_at FROM forgotten_texts
       WHERE workspace_id = $1 AND project_id = $2 AND is_rejected AND ($3::uuid IS NULL OR id < $3)
       ORDER BY id DESC LIMIT $4`,
      [workspaceId, projectId, after ?? null, limit + 1],
    );
    const tombstones = rows.map(({ created_by: createdBy, created_at: createdAt, ...row }) => ({
      ...row,
      workspaceId,
      createdBy,
      createdAt,
    }));
    return toPage(tombstones, limit, ({ id }) => [id]);
  }

  /** The text is not rejected any more. @returns whether it was */
  async lift(workspaceId: WorkspaceId, projectId: ProjectId, id: TombstoneId): Promise<boolean> {
    const rows = await this.database.query(
      `UPDATE forgotten_texts SET is_rejected = false, reason = ''
       WHERE workspace_id = $1 AND project_id = $2 AND id = $3 AND is_rejected RETURNING id`,
      [workspaceId, projectId, id],
    );
    return rows.length > 0;
  }
}

function columnsOf(keys: readonly TextKeys[]): [Buffer[], Buffer[]] {
  return [keys.map(({ small }) => small), keys.map(({ capital }) => capital)];
}
