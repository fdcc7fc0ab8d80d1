import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import { type Page, toPage } from '#http';
import { type ConflictId, type ContextId, newId, type Principal, type ProjectId, type WorkspaceId } from '#kernel';
import type { Context } from '../context.js';
import { type ContextRow, SELECT_CONTEXT, toContext } from '../store/context.row.js';
import type { Conflict, ConflictingContext, ConflictState, Disposition, SupersedeMode } from './conflict.js';
import { MAX_STATED_LENGTH } from './statements.js';

interface ConflictRow extends Omit<{ [Field in keyof Conflict]: Conflict[Field] }, 'older' | 'newer' | 'workspaceId'> {
  readonly older: Omit<ConflictingContext, 'validFrom' | 'createdAt'> &
    Record<'validFrom' | 'createdAt', string | null>;
  readonly newer: ConflictRow['older'];
}

const shown = (version: string) => `json_build_object(
  'id', ${version}.id, 'label', ${version}.label, 'version', ${version}.version, 'preview', ${version}.preview,
  'validFrom', ${version}.valid_from, 'createdAt', ${version}.created_at, 'createdBy', ${version}.created_by)`;

const SELECT_CONFLICT = `
  SELECT k.id, k.project_id AS "projectId", p.slug AS project, ${shown('o')} AS older, ${shown('n')} AS newer,
    k.rule, k.state, k.disposition, k.decided_by AS "decidedBy", k.decided_at AS "decidedAt", k.created_at AS "createdAt"
  FROM context_conflicts AS k
    JOIN projects AS p ON p.workspace_id = k.workspace_id AND p.id = k.project_id
    JOIN contexts AS o ON o.workspace_id = k.workspace_id AND o.id = k.older_id
    JOIN contexts AS n ON n.workspace_id = k.workspace_id AND n.id = k.newer_id
  WHERE k.workspace_id = $1`;

/** What is to be decided: neither is archived, and nothing has taken the place of the older one. What has taken that of the newer one says nothing of it. */
const IS_PENDING = `(k.state <> 'open' OR o.archived_at IS NULL AND n.archived_at IS NULL AND o.superseded_by IS NULL)`;

/** Conflicts, and by which sentences texts are found. Everything is of one workspace, in the caller's transaction if there is one. */
@Injectable()
export class PostgresConflictRepository {
  constructor(private readonly database: Database) {}

  /**
   * Those of these versions that a rule may concern: the newest of their labels, short and not archived. Also what is superseded: it
   * says what was so before it.
   */
  async findConcerned(workspaceId: WorkspaceId, ids: readonly ContextId[]): Promise<readonly Context[]> {
    if (ids.length === 0) return [];
    const rows = await this.database.query<ContextRow>(
      `${SELECT_CONTEXT} WHERE c.workspace_id = $1 AND c.id = ANY ($2::uuid[]) AND c.is_latest
         AND c.content_bytes <= ${MAX_STATED_LENGTH * 4}`,
      [workspaceId, ids],
    );
    return rows.map(toContext);
  }

  /** Those that are gone meanwhile are passed over. */
  async putClaims(
    workspaceId: WorkspaceId,
    claims: readonly { readonly id: ContextId; readonly keys: readonly bigint[] }[],
  ): Promise<void> {
    const rows = claims.flatMap(({ id, keys }) => keys.map((key) => ({ id, key: key.toString() })));
    if (rows.length === 0) return;
    await this.database.query(
      `INSERT INTO context_claims (workspace_id, project_id, key, context_id)
       SELECT $1, kept.project_id, given.key, kept.id
       FROM (SELECT id, project_id FROM contexts WHERE workspace_id = $1 AND id = ANY ($2::uuid[]) ORDER BY id FOR KEY SHARE) AS kept
         JOIN unnest($2::uuid[], $3::bigint[]) AS given (id, key) ON given.id = kept.id
       ON CONFLICT DO NOTHING`,
      [workspaceId, rows.map(({ id }) => id), rows.map(({ key }) => key)],
    );
  }

  /** The newest contexts of each key. @param limit of a key */
  async findByKeys(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    keys: readonly bigint[],
    limit: number,
  ): Promise<readonly ContextId[]> {
    if (keys.length === 0) return [];
    const rows = await this.database.query<{ id: ContextId }>(
      `SELECT DISTINCT found.context_id AS id FROM unnest($3::bigint[]) AS given (key) CROSS JOIN LATERAL (
         SELECT context_id FROM context_claims AS c
         WHERE c.workspace_id = $1 AND c.project_id = $2 AND c.key = given.key
         ORDER BY context_id DESC LIMIT $4) AS found`,
      [workspaceId, projectId, keys.map(String), limit],
    );
    return rows.map(({ id }) => id);
  }

  /** What rules do in a project; undefined: there is no such project. */
  async findMode(workspaceId: WorkspaceId, projectId: ProjectId): Promise<SupersedeMode | null | undefined> {
    const [row] = await this.database.query<{ supersede: SupersedeMode | null }>(
      'SELECT supersede FROM projects WHERE workspace_id = $1 AND id = $2',
      [workspaceId, projectId],
    );
    return row?.supersede;
  }

  /** As `findMode`, of a project that is there; it stays as it is until the end of the transaction. */
  async findModeForChange(workspaceId: WorkspaceId, projectId: ProjectId): Promise<SupersedeMode | null> {
    const [row] = await this.database.query<{ supersede: SupersedeMode | null }>(
      'SELECT supersede FROM projects WHERE workspace_id = $1 AND id = $2 FOR NO KEY UPDATE',
      [workspaceId, projectId],
    );
    return row?.supersede ?? null;
  }

  async putMode(workspaceId: WorkspaceId, projectId: ProjectId, mode: SupersedeMode | null): Promise<void> {
    await this.database.query('UPDATE projects SET supersede = $3 WHERE workspace_id = $1 AND id = $2', [
      workspaceId,
      projectId,
      mode,
    ]);
  }

  /** @returns whether the pair is new, both are there, and nothing has taken the place of the older one */
  async add(
    workspaceId: WorkspaceId,
    conflict: Pick<Conflict, 'projectId' | 'rule' | 'createdAt'> & {
      readonly olderId: ContextId;
      readonly newerId: ContextId;
      readonly state: ConflictState;
    },
  ): Promise<boolean> {
    const { projectId, olderId, newerId, rule, state, createdAt } = conflict;
    const rows = await this.database.query(
      `INSERT INTO context_conflicts (workspace_id, id, project_id, older_id, newer_id, rule, state, created_at)
       SELECT $1, $2, $3, $4, $5, $6, $7, $8
       WHERE (SELECT count(*) FROM contexts
         WHERE workspace_id = $1 AND is_latest AND (id = $4 AND superseded_by IS NULL OR id = $5)) = 2
       ON CONFLICT DO NOTHING RETURNING id`,
      [workspaceId, newId<ConflictId>(), projectId, olderId, newerId, rule, state, createdAt],
    );
    return rows.length > 0;
  }

  async find(workspaceId: WorkspaceId, id: ConflictId): Promise<Conflict | undefined> {
    const rows = await this.database.query<ConflictRow>(`${SELECT_CONFLICT} AND k.id = $2`, [workspaceId, id]);
    return rows.map((row) => toConflict(workspaceId, row))[0];
  }

  /** Locked until the end of the transaction. */
  async findForChange(workspaceId: WorkspaceId, id: ConflictId): Promise<Conflict | undefined> {
    await this.database.query('SELECT id FROM context_conflicts WHERE workspace_id = $1 AND id = $2 FOR UPDATE', [
      workspaceId,
      id,
    ]);
    return this.find(workspaceId, id);
  }

  /** Newest first. Of open ones those alone of which both contexts still stand. */
  async list(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    state: ConflictState,
    after: ConflictId | undefined,
    limit: number,
  ): Promise<Page<Conflict, [ConflictId]>> {
    const rows = await this.database.query<ConflictRow>(
      `${SELECT_CONFLICT} AND k.project_id = $2 AND k.state = $3 AND ($4::uuid IS NULL OR k.id < $4) AND ${IS_PENDING}
       ORDER BY k.id DESC LIMIT $5`,
      [workspaceId, projectId, state, after ?? null, limit + 1],
    );
    return toPage(
      rows.map((row) => toConflict(workspaceId, row)),
      limit,
      ({ id }) => [id],
    );
  }

  /** Writes down who decided what, also in the audit. */
  async resolve(
    { id, older, newer, project }: Conflict,
    disposition: Disposition,
    decided: { readonly by: Principal; readonly at: Date },
  ): Promise<void> {
    const details = { conflictId: id, project, olderId: older.id, newerId: newer.id, disposition };
    await this.database.query(
      `WITH line AS (
         INSERT INTO audit_lines (workspace_id, id, principal_id, action, reason, details, created_at)
         VALUES ($1, $3, $4, 'conflict.resolve', '', $5, $6))
       UPDATE context_conflicts SET state = 'resolved', disposition = $7, decided_by = $4, decided_at = $6
       WHERE workspace_id = $1 AND id = $2`,
      [decided.by.workspaceId, id, newId(), decided.by.id, JSON.stringify(details), decided.at, disposition],
    );
  }
}

function toConflict(workspaceId: WorkspaceId, row: ConflictRow): Conflict {
  return { ...row, workspaceId, older: toShown(row.older), newer: toShown(row.newer) };
}

function toShown({ validFrom, createdAt, ...context }: ConflictRow['older']): ConflictingContext {
  return {
    ...context,
    validFrom: validFrom === null ? null : new Date(validFrom),
    createdAt: new Date(createdAt ?? 0),
  };
}
