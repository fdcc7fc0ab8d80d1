import type { ProjectId, SessionId, WorkspaceId } from '#kernel';
import type { Database } from './database.js';
import type { Table } from './table.js';

/** A thing of a project. */
interface ProjectThing {
  readonly workspaceId: WorkspaceId;
  readonly id: string;
}

/** Where an id of the workspace is taken: in the project, or in another one. */
export type Place = 'here' | 'elsewhere';

/**
 * The rows of a table as they move from one installation to another with their project: many at once, in the order of
 * their ids. What a table adds to it is in a subclass beside its feature.
 */
export class ProjectRows<Thing extends ProjectThing> {
  /** @param sessionColumns those that name sessions */
  constructor(
    protected readonly database: Database,
    protected readonly table: Table<Thing>,
    private readonly sessionColumns: readonly string[],
  ) {}

  /** Differs whenever a row of the project has changed. */
  async fingerprint(workspaceId: WorkspaceId, projectId: ProjectId): Promise<string> {
    const [row] = await this.database.query<{ fingerprint: string }>(
      `SELECT ${ROWS_FINGERPRINT} AS fingerprint FROM ${this.table.name} WHERE workspace_id = $1 AND project_id = $2`,
      [workspaceId, projectId],
    );
    return row?.fingerprint ?? '';
  }

  async count(workspaceId: WorkspaceId, projectId: ProjectId): Promise<number> {
    const [row] = await this.database.query<{ count: number }>(
      `SELECT count(*)::integer AS count FROM ${this.table.name} WHERE workspace_id = $1 AND project_id = $2`,
      [workspaceId, projectId],
    );
    return row?.count ?? 0;
  }

  /** From behind `after`, at most `limit`. */
  async list(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    after: Thing['id'] | undefined,
    limit: number,
  ): Promise<readonly Thing[]> {
    const { alias, columns, source } = this.table;
    const rows = await this.database.query<object>(
      `SELECT ${columns} FROM ${source}
       WHERE ${alias}.workspace_id = $1 AND ${alias}.project_id = $2 AND ($3::uuid IS NULL OR ${alias}.id > $3)
       ORDER BY ${alias}.id LIMIT $4`,
      [workspaceId, projectId, after ?? null, limit],
    );
    return rows.map((row) => this.table.toThing(row));
  }

  async find(workspaceId: WorkspaceId, ids: readonly Thing['id'][]): Promise<readonly Thing[]> {
    const { alias, columns, source } = this.table;
    const rows = await this.database.query<object>(
      `SELECT ${columns} FROM ${source}
       WHERE ${alias}.workspace_id = $1 AND ${alias}.id = ANY ($2::uuid[]) ORDER BY ${alias}.id`,
      [workspaceId, ids],
    );
    return rows.map((row) => this.table.toThing(row));
  }

  /** Sessions that rows of the project name, in the order of their ids. */
  async listSessionIds(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    after: SessionId | undefined,
    limit: number,
  ): Promise<readonly SessionId[]> {
    const named = this.sessionColumns.map(
      (column) => `SELECT ${column} AS id FROM ${this.table.name}
        WHERE workspace_id = $1 AND project_id = $2 AND ${column} IS NOT NULL AND ($3::uuid IS NULL OR ${column} > $3)`,
    );
    const rows = await this.database.query<{ id: SessionId }>(
      `SELECT DISTINCT id FROM (${named.join(' UNION ALL ')}) AS named ORDER BY id LIMIT $4`,
      [workspaceId, projectId, after ?? null, limit],
    );
    return rows.map(({ id }) => id);
  }

  /** Those of these sessions that rows of the project name. */
  async sessionsHere(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    among: readonly SessionId[],
  ): Promise<readonly SessionId[]> {
    // Looked for session by session: one may be named by any number of rows.
    const isNamed = this.sessionColumns.map(
      (column) => `EXISTS (SELECT FROM ${this.table.name}
        WHERE workspace_id = $1 AND ${column} = asked.id AND project_id = $2)`,
    );
    const rows = await this.database.query<{ id: SessionId }>(
      `SELECT id FROM unnest($3::uuid[]) AS asked (id) WHERE ${isNamed.join(' OR ')}`,
      [workspaceId, projectId, among],
    );
    return rows.map(({ id }) => id);
  }

  /** Of those of these ids that are taken in the workspace. */
  async places(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    ids: readonly Thing['id'][],
  ): Promise<ReadonlyMap<Thing['id'], Place>> {
    const rows = await this.database.query<{ id: Thing['id']; is_here: boolean }>(
      `SELECT id, project_id = $2 AS is_here FROM ${this.table.name} WHERE workspace_id = $1 AND id = ANY ($3::uuid[])`,
      [workspaceId, projectId, ids],
    );
    return new Map(rows.map((row) => [row.id, row.is_here ? 'here' : 'elsewhere']));
  }

  insert(things: readonly Thing[]): Promise<void> {
    return this.table.insert(this.database, things);
  }

  /** @param kept properties that stay as they are */
  replace(things: readonly Thing[], kept: readonly (keyof Thing)[]): Promise<void> {
    return this.table.replace(this.database, things, kept);
  }
}

/**
 * An aggregate in SQL that differs whenever a row of a selection was added, changed or removed. The table has an `id`.
 *
 * `xmin` is the transaction that wrote the row last, so a change that puts back what was there differs as well.
 */
export const ROWS_FINGERPRINT = "concat(count(*), ':', bit_xor(hashtextextended(id::text || xmin::text, 0)))";
