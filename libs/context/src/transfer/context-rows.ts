import { Injectable } from '@nestjs/common';
import { Database, ProjectRows } from '#database';
import type { ContextId, ProjectId, WorkspaceId } from '#kernel';
import type { Context } from '../context.js';
import {
  type ContextRow,
  contextRecordTable,
  contextTable,
  toContext,
  toRecord,
  WITH_PROJECT,
  type NewContext,
} from '../store/context.row.js';

/** The place of a version in its project. */
export interface VersionRef {
  readonly label: string;
  readonly version: number;
}

/** A version that is there, without its text. */
export interface KnownVersion extends VersionRef {
  readonly id: ContextId;
  readonly contentHash: string;
}

/** What follows from the text of a version, from its place or from its state: a file says everything else of it. */
const DERIVED = [
  'workspaceId',
  'projectId',
  'project',
  'label',
  'version',
  'content',
  'contentHash',
  'contentBytes',
  'preview',
  'keyConcepts',
  'extractVersion',
  'revision',
  'supersededBy',
  'supersededAt',
  'createdBy',
  'importedAuthor',
] as const satisfies readonly (keyof Context)[];

export type DescribedVersion = Omit<Context, (typeof DERIVED)[number]>;

/** A version with what it was said to take the place of. */
export interface ExportedContext extends Context {
  readonly supersedes: readonly (VersionRef & { readonly id: ContextId })[];
}

/** Contexts on their way: all versions of a label together, labels in the order of their bytes. */
@Injectable()
export class ContextRows extends ProjectRows<Context> {
  constructor(database: Database) {
    super(database, contextTable, ['session_id']);
  }

  /**
   * Versions, archived or not, by label and number, from behind `after`: as many as `bytes` hold, at least one where
   * there is one, at most `limit`.
   */
  async listVersions(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    after: VersionRef | undefined,
    limit: number,
    bytes: number,
  ): Promise<readonly ExportedContext[]> {
    // Label by label along their index, whatever the planner knows of the tables: no page sorts the project.
    const rows = await this.database.query<ContextRow & Pick<ExportedContext, 'supersedes'>>(
      `SELECT ${contextTable.columns}, coalesce((
         SELECT json_agg(json_build_object('id', older.id, 'label', older.label, 'version', older.version) ORDER BY older.id)
         FROM context_successions AS said JOIN contexts AS older ON older.workspace_id = $1 AND older.id = said.older_id
         WHERE said.workspace_id = $1 AND said.newer_id = c.id), '[]') AS supersedes FROM (
         SELECT id, content_bytes, sum(content_bytes) OVER (ORDER BY label, version) AS bytes_so_far
         FROM (
           SELECT v.id, v.label, v.version, v.content_bytes
           FROM (
             SELECT id, label FROM context_labels
             WHERE workspace_id = $1 AND project_id = $2 AND ($3::text IS NULL OR label >= $3)
             ORDER BY label LIMIT $5 + 1
           ) AS l CROSS JOIN LATERAL (
             SELECT id, label, version, content_bytes FROM contexts
             WHERE workspace_id = $1 AND label_id = l.id AND ($3::text IS NULL OR label > $3 OR version > $4)
             ORDER BY version LIMIT $5
           ) AS v
           ORDER BY v.label, v.version LIMIT $5
         ) AS ahead
       ) AS page
         JOIN contexts c ON c.workspace_id = $1 AND c.id = page.id ${WITH_PROJECT}
       WHERE bytes_so_far - page.content_bytes < $6 ORDER BY c.label, c.version`,
      [workspaceId, projectId, after?.label ?? null, after?.version ?? null, limit, bytes],
    );
    return rows.map((row) => ({ ...toContext(row), supersedes: row.supersedes }));
  }

  /** Every version of these labels, by label and number. */
  async findVersions(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    labels: readonly string[],
  ): Promise<readonly KnownVersion[]> {
    const rows = await this.database.query<{
      id: ContextId;
      label: string;
      version: number;
      content_hash: Buffer;
    }>(
      `SELECT c.id, c.label, c.version, c.content_hash
       FROM context_labels l JOIN contexts c ON c.workspace_id = l.workspace_id AND c.label_id = l.id
       WHERE l.workspace_id = $1 AND l.project_id = $2 AND l.label = ANY ($3::text[]) ORDER BY c.label, c.version`,
      [workspaceId, projectId, labels],
    );
    return rows.map(({ content_hash: hash, ...row }) => ({ ...row, contentHash: hash.toString('hex') }));
  }

  /** Those of these ids that the workspace has, and what they are where they are of the project. */
  async findTaken(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    ids: readonly ContextId[],
  ): Promise<ReadonlyMap<ContextId, VersionRef | undefined>> {
    const rows = await this.database.query<VersionRef & { id: ContextId; is_here: boolean }>(
      `SELECT id, label, version, project_id = $2 AS is_here FROM contexts
       WHERE workspace_id = $1 AND id = ANY ($3::uuid[])`,
      [workspaceId, projectId, ids],
    );
    return new Map(
      rows.map(({ id, label, version, is_here: isHere }) => [id, isHere ? { label, version } : undefined]),
    );
  }

  /** Adds versions to locked labels, under numbers that are free there. None becomes the newest by it. */
  async add(workspaceId: WorkspaceId, versions: readonly NewContext[]): Promise<void> {
    if (versions.length === 0) return;
    await contextRecordTable.insert(
      this.database,
      versions.map((version) => toRecord(version, false)),
    );
    await this.database.query(
      `UPDATE context_labels AS l SET last_version = greatest(last_version, given.version)
       FROM (SELECT id, max(version) AS version FROM unnest($2::uuid[], $3::integer[]) AS each (id, version) GROUP BY id) AS given
       WHERE l.workspace_id = $1 AND l.id = given.id`,
      [workspaceId, versions.map(({ labelId }) => labelId), versions.map(({ version }) => version)],
    );
  }

  /** Deletes versions of locked labels, which keep their last number. */
  async remove(workspaceId: WorkspaceId, ids: readonly ContextId[]): Promise<void> {
    if (ids.length === 0) return;
    await this.database.query('DELETE FROM contexts WHERE workspace_id = $1 AND id = ANY ($2::uuid[])', [
      workspaceId,
      ids,
    ]);
  }

  /**
   * Says everything but the text of versions again, with another revision of those that said something else. One that
   * is archived by it is not the newest any more. @returns the ids of those that changed
   */
  async describe(workspaceId: WorkspaceId, versions: readonly DescribedVersion[]): Promise<readonly ContextId[]> {
    if (versions.length === 0) return [];
    const described = contextTable.without(['id', ...DERIVED]);
    const named = contextTable.without(DERIVED);
    const of = (source: string) => described.map(({ column }) => `${source}.${column}`).join(', ');
    const rows = await this.database.query<{ id: ContextId }>(
      `UPDATE contexts AS c SET ${described.map(({ column }) => `${column} = given.${column}`).join(', ')},
         is_latest = c.is_latest AND given.archived_at IS NULL, revision = gen_random_uuid()
       FROM ${contextTable.recordset(named)}
       WHERE c.workspace_id = $1 AND c.id = given.id AND (${of('c')}) IS DISTINCT FROM (${of('given')})
       RETURNING c.id`,
      [workspaceId, contextTable.toJson(versions, named)],
    );
    const ids = rows.map(({ id }) => id);
    await this.database.query(
      `DELETE FROM context_bands b USING contexts c
       WHERE b.workspace_id = $1 AND b.context_id = ANY ($2::uuid[]) AND c.workspace_id = $1 AND c.id = b.context_id
         AND NOT c.is_latest`,
      [workspaceId, ids],
    );
    return ids;
  }
}
