import { Injectable } from '@nestjs/common';
import { Database, ROWS_FINGERPRINT } from '#database';
import type { ContextId, ProjectId, SessionId, WorkspaceId } from '#kernel';
import type { Context } from '../context.js';
import {
  ContextTransferRepository,
  type DescribedVersion,
  type KnownVersion,
  type VersionRef,
} from '../transfer/context-transfer.repository.js';
import type { NewContext } from '../store/context.repository.js';
import { type ContextRow, SUMMARY_COLUMNS, toContext, WITH_PROJECT } from '../store/context.row.js';

/** What of a version can be said anew, in the order of `DESCRIPTION_FIELDS`. */
const DESCRIPTION =
  'tags, priority, priority_detected, session_id, metadata, created_at, updated_at, archived_at, archive_reason';
const DESCRIPTION_FIELDS = `tags text[], priority text, priority_detected boolean, session_id uuid, metadata jsonb,
  created_at timestamptz, updated_at timestamptz, archived_at timestamptz, archive_reason text`;
const qualified = (table: string) => DESCRIPTION.replaceAll(/\w+/g, `${table}.$&`);

@Injectable()
export class PostgresContextTransferRepository extends ContextTransferRepository {
  constructor(private readonly database: Database) {
    super();
  }

  async mark(workspaceId: WorkspaceId, projectId: ProjectId): Promise<string> {
    const [row] = await this.database.query<{ mark: string }>(
      `SELECT ${ROWS_FINGERPRINT} AS mark
       FROM contexts WHERE workspace_id = $1 AND project_id = $2`,
      [workspaceId, projectId],
    );
    return row?.mark ?? '';
  }

  async count(workspaceId: WorkspaceId, projectId: ProjectId): Promise<number> {
    const [row] = await this.database.query<{ count: number }>(
      'SELECT count(*)::integer AS count FROM contexts WHERE workspace_id = $1 AND project_id = $2',
      [workspaceId, projectId],
    );
    return row?.count ?? 0;
  }

  async listVersions(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    after: VersionRef | undefined,
    limit: number,
    bytes: number,
  ): Promise<readonly Context[]> {
    // Label by label along their index, whatever the planner knows of the tables: no page sorts the project.
    const rows = await this.database.query<ContextRow>(
      `SELECT ${SUMMARY_COLUMNS}, c.content FROM (
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
    return rows.map(toContext);
  }

  async listSessionIds(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    after: SessionId | undefined,
    limit: number,
  ): Promise<readonly SessionId[]> {
    const rows = await this.database.query<{ id: SessionId }>(
      `SELECT DISTINCT session_id AS id FROM contexts
       WHERE workspace_id = $1 AND project_id = $2 AND session_id IS NOT NULL AND ($3::uuid IS NULL OR session_id > $3)
       ORDER BY id LIMIT $4`,
      [workspaceId, projectId, after ?? null, limit],
    );
    return rows.map(({ id }) => id);
  }

  async sessionsHere(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    among: readonly SessionId[],
  ): Promise<readonly SessionId[]> {
    const rows = await this.database.query<{ id: SessionId }>(
      `SELECT DISTINCT session_id AS id FROM contexts
       WHERE workspace_id = $1 AND session_id = ANY ($3::uuid[]) AND project_id = $2`,
      [workspaceId, projectId, among],
    );
    return rows.map(({ id }) => id);
  }

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

  async insert(workspaceId: WorkspaceId, versions: readonly NewContext[]): Promise<void> {
    if (versions.length === 0) return;
    const rows = versions.map((version) => ({
      id: version.id,
      project_id: version.projectId,
      label_id: version.labelId,
      label: version.label,
      version: version.version,
      content: version.content,
      content_hash: version.contentHash,
      content_bytes: version.contentBytes,
      preview: version.preview,
      key_concepts: version.keyConcepts,
      extract_version: version.extractVersion,
      signature: version.fingerprint.signature.toString('hex'),
      revision: version.revision,
      ...toDescription(version),
    }));
    await this.database.query(
      `INSERT INTO contexts (workspace_id, id, project_id, label_id, label, version, is_latest, content, content_hash,
         content_bytes, preview, key_concepts, extract_version, signature, revision, ${DESCRIPTION})
       SELECT $1, id, project_id, label_id, label, version, false, content, decode(content_hash, 'hex'), content_bytes,
         preview, key_concepts, extract_version, decode(signature, 'hex'), revision, ${DESCRIPTION}
       FROM jsonb_to_recordset($2::jsonb) AS given (id uuid, project_id uuid, label_id uuid, label text,
         version integer, content text, content_hash text, content_bytes integer, preview text, key_concepts text[],
         extract_version smallint, signature text, revision uuid, ${DESCRIPTION_FIELDS})`,
      [workspaceId, JSON.stringify(rows)],
    );
    await this.database.query(
      `UPDATE context_labels AS l SET last_version = greatest(last_version, given.version)
       FROM (SELECT id, max(version) AS version FROM unnest($2::uuid[], $3::integer[]) AS each (id, version) GROUP BY id) AS given
       WHERE l.workspace_id = $1 AND l.id = given.id`,
      [workspaceId, versions.map(({ labelId }) => labelId), versions.map(({ version }) => version)],
    );
  }

  async remove(workspaceId: WorkspaceId, ids: readonly ContextId[]): Promise<void> {
    if (ids.length === 0) return;
    await this.database.query('DELETE FROM contexts WHERE workspace_id = $1 AND id = ANY ($2::uuid[])', [
      workspaceId,
      ids,
    ]);
  }

  async describe(workspaceId: WorkspaceId, versions: readonly DescribedVersion[]): Promise<readonly ContextId[]> {
    if (versions.length === 0) return [];
    const rows = await this.database.query<{ id: ContextId }>(
      `UPDATE contexts AS c SET (${DESCRIPTION}) = (${qualified('given')}),
         is_latest = c.is_latest AND given.archived_at IS NULL, revision = gen_random_uuid()
       FROM jsonb_to_recordset($2::jsonb) AS given (id uuid, ${DESCRIPTION_FIELDS})
       WHERE c.workspace_id = $1 AND c.id = given.id AND (${qualified('c')}) IS DISTINCT FROM (${qualified('given')})
       RETURNING c.id`,
      [workspaceId, JSON.stringify(versions.map((version) => ({ id: version.id, ...toDescription(version) })))],
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

function toDescription(version: Omit<DescribedVersion, 'id'>): object {
  return {
    tags: version.tags,
    priority: version.priority,
    priority_detected: version.priorityDetected,
    session_id: version.sessionId,
    metadata: version.metadata,
    created_at: version.createdAt,
    updated_at: version.updatedAt,
    archived_at: version.archivedAt,
    archive_reason: version.archiveReason,
  };
}
