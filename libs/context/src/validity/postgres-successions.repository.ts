import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import type { ContextId, ProjectId, WorkspaceId } from '#kernel';
import type { ContextSummary } from '../context.js';
import { type ContextSummaryRow, SUMMARY_COLUMNS, toSummary, WITH_PROJECT } from '../store/context.row.js';
import { startOf } from './validity.sql.js';

/** That one version takes the place of another, because somebody said so. */
export interface Succession {
  readonly olderId: ContextId;
  readonly newerId: ContextId;
}

/**
 * Whether a version was valid for a moment at least: nothing that stands for it was valid as early. What never was valid ends no
 * other value of its slot.
 */
const wasValid = (version: string) => `
  NOT EXISTS (
    SELECT FROM contexts AS later
    WHERE later.workspace_id = $1 AND later.label_id = ${version}.label_id AND later.version > ${version}.version
      AND later.archived_at IS NULL AND ${startOf('later')} <= ${startOf(version)})
  AND NOT EXISTS (
    SELECT FROM context_successions AS said
      JOIN contexts AS newer ON newer.workspace_id = $1 AND newer.id = said.newer_id
    WHERE said.workspace_id = $1 AND said.older_id = ${version}.id
      AND newer.archived_at IS NULL AND ${startOf('newer')} <= ${startOf(version)})`;

const sharesSlot = (version: string, other: string) => `
  ${version}.workspace_id = $1 AND ${version}.project_id = ${other}.project_id AND ${version}.archived_at IS NULL
    AND ${version}.slot_subject IS NOT NULL
    AND lower(${version}.slot_subject) = lower(${other}.slot_subject)
    AND lower(${version}.slot_attribute) = lower(${other}.slot_attribute)`;

/**
 * $1 workspace, $2 ids of versions that came, went or changed. Locks whatever they may end, or may have ended, and themselves.
 */
const affectedVersions = `
  WITH changed AS MATERIALIZED (
    SELECT * FROM contexts WHERE workspace_id = $1 AND id = ANY ($2::uuid[])
  ), direct AS MATERIALIZED (
    SELECT id FROM changed
    UNION
    SELECT id FROM contexts WHERE workspace_id = $1 AND superseded_by = ANY ($2::uuid[])
    UNION
    SELECT older_id FROM context_successions WHERE workspace_id = $1 AND newer_id = ANY ($2::uuid[])
    UNION
    SELECT before.id FROM changed CROSS JOIN LATERAL (
      SELECT id FROM contexts AS earlier
      WHERE earlier.workspace_id = $1 AND earlier.label_id = changed.label_id AND earlier.version < changed.version
        AND earlier.archived_at IS NULL
        AND (earlier.superseded_at IS NULL OR earlier.superseded_at > ${startOf('changed')})) AS before
  ), in_slot AS (
    SELECT before.id FROM direct
      JOIN contexts AS c ON c.workspace_id = $1 AND c.id = direct.id AND c.slot_subject IS NOT NULL
      CROSS JOIN LATERAL (
        SELECT p.id FROM contexts AS p
        WHERE ${sharesSlot('p', 'c')} AND (${startOf('p')}, p.id) < (${startOf('c')}, c.id) AND ${wasValid('p')}
        ORDER BY ${startOf('p')} DESC, p.id DESC LIMIT 1) AS before
  )
  SELECT id FROM contexts
  WHERE workspace_id = $1 AND id IN (SELECT id FROM direct UNION SELECT id FROM in_slot)
  ORDER BY id FOR NO KEY UPDATE`;

/** $1 workspace, $2 ids. A statement of its own: it sees what those who held the locks before have committed. */
const settledEnds = `
  WITH ends AS MATERIALIZED (
    SELECT c.id AS of, next.id, greatest(next.starts, ${startOf('c')}) AS at
    FROM contexts AS c LEFT JOIN LATERAL (
      SELECT id, starts FROM (
        (SELECT later.id, ${startOf('later')} AS starts FROM contexts AS later
         WHERE later.workspace_id = $1 AND later.label_id = c.label_id AND later.version > c.version
           AND later.archived_at IS NULL
         ORDER BY 2, later.version LIMIT 1)
        UNION ALL
        (SELECT newer.id, ${startOf('newer')} FROM context_successions AS said
           JOIN contexts AS newer ON newer.workspace_id = $1 AND newer.id = said.newer_id
         WHERE said.workspace_id = $1 AND said.older_id = c.id AND newer.archived_at IS NULL
         ORDER BY 2, newer.id LIMIT 1)
        UNION ALL
        (SELECT value.id, ${startOf('value')} FROM contexts AS value
         WHERE ${sharesSlot('value', 'c')} AND (${startOf('value')}, value.id) > (${startOf('c')}, c.id)
           AND NOT (value.label_id = c.label_id AND value.version < c.version) AND ${wasValid('value')}
         ORDER BY 2, value.id LIMIT 1)
      ) AS candidate
      ORDER BY starts, id LIMIT 1) AS next ON true
    WHERE c.workspace_id = $1 AND c.id = ANY ($2::uuid[])
  ), c AS (
    UPDATE contexts AS row SET superseded_by = ends.id, superseded_at = CASE WHEN ends.id IS NULL THEN NULL ELSE ends.at END
    FROM ends
    WHERE row.workspace_id = $1 AND row.id = ends.of
      AND (row.superseded_by IS DISTINCT FROM ends.id
        OR row.superseded_at IS DISTINCT FROM CASE WHEN ends.id IS NULL THEN NULL ELSE ends.at END)
    RETURNING row.*
  )
  SELECT ${SUMMARY_COLUMNS} FROM c ${WITH_PROJECT} ORDER BY c.id`;

/** What supersedes what, and since when. Everything is of one workspace, in the caller's transaction. */
@Injectable()
export class PostgresSuccessionsRepository {
  constructor(private readonly database: Database) {}

  /**
   * One writer at a time settles what is valid in a project, until the end of its transaction. Taken after the locks of labels
   * and before any row of a context is changed. (On the embedded database, where it does nothing, there is one writer.)
   */
  async lock(workspaceId: WorkspaceId, projectId: ProjectId): Promise<void> {
    await this.database.query(`SELECT pg_advisory_xact_lock(hashtextextended('validity/' || $1 || '/' || $2, 0))`, [
      workspaceId,
      projectId,
    ]);
  }

  /** Those of these ids that are of the project; they stay until the end of the transaction. */
  async findKnown(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    ids: readonly ContextId[],
  ): Promise<ReadonlySet<ContextId>> {
    if (ids.length === 0) return new Set();
    const rows = await this.database.query<{ id: ContextId }>(
      `SELECT id FROM contexts WHERE workspace_id = $1 AND project_id = $2 AND id = ANY ($3::uuid[]) ORDER BY id FOR KEY SHARE`,
      [workspaceId, projectId, ids],
    );
    return new Set(rows.map(({ id }) => id));
  }

  /** Which of these it was said to supersede already. */
  async supersededBy(
    workspaceId: WorkspaceId,
    newerId: ContextId,
    ids: readonly ContextId[],
  ): Promise<ReadonlySet<ContextId>> {
    const rows = await this.database.query<{ id: ContextId }>(
      `SELECT older_id AS id FROM context_successions WHERE workspace_id = $1 AND newer_id = $2 AND older_id = ANY ($3::uuid[])`,
      [workspaceId, newerId, ids],
    );
    return new Set(rows.map(({ id }) => id));
  }

  /** Both of each are of one project. What is known already is no error. */
  async add(workspaceId: WorkspaceId, successions: readonly Succession[]): Promise<void> {
    if (successions.length === 0) return;
    await this.database.query(
      `INSERT INTO context_successions (workspace_id, older_id, newer_id)
       SELECT $1, * FROM unnest($2::uuid[], $3::uuid[]) ON CONFLICT DO NOTHING`,
      [workspaceId, successions.map(({ olderId }) => olderId), successions.map(({ newerId }) => newerId)],
    );
  }

  /** Takes back that the one supersedes the other. What is not known is no error. */
  async remove(workspaceId: WorkspaceId, { olderId, newerId }: Succession): Promise<void> {
    await this.database.query(
      'DELETE FROM context_successions WHERE workspace_id = $1 AND older_id = $2 AND newer_id = $3',
      [workspaceId, olderId, newerId],
    );
  }

  /** Whether the newer one is superseded by the older one already, through others or not, now or at a time to come. */
  async wouldBeCircular(workspaceId: WorkspaceId, { olderId, newerId }: Succession): Promise<boolean> {
    const [row] = await this.database.query<{ is_circular: boolean }>(
      `WITH RECURSIVE later AS (
         SELECT $2::uuid AS id
         UNION
         SELECT next.id FROM later CROSS JOIN LATERAL (
           SELECT newer_id AS id FROM context_successions WHERE workspace_id = $1 AND older_id = later.id
           UNION ALL
           SELECT superseded_by FROM contexts WHERE workspace_id = $1 AND id = later.id AND superseded_by IS NOT NULL
         ) AS next)
       SELECT EXISTS (SELECT FROM later WHERE id = $3) AS is_circular`,
      [workspaceId, newerId, olderId],
    );
    return row?.is_circular === true;
  }

  /**
   * Works out again what ends what, after versions came, went, or said something else of their validity. The caller holds `lock`.
   * @param ids of those versions, also of ones that are deleted
   * @returns those whose end is another one now, as they are now
   */
  async settle(workspaceId: WorkspaceId, ids: readonly ContextId[]): Promise<readonly ContextSummary[]> {
    if (ids.length === 0) return [];
    const affected = await this.database.query<{ id: ContextId }>(affectedVersions, [workspaceId, ids]);
    const rows = await this.database.query<ContextSummaryRow>(settledEnds, [workspaceId, affected.map(({ id }) => id)]);
    return rows.map(toSummary);
  }
}
