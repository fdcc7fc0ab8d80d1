import { Injectable } from '@nestjs/common';
import { type ContextId, newId, type ProjectId, type WorkspaceId } from '#kernel';
import { brokenConstraintOf, Database } from '#database';
import { isProjectRejecting } from '#project';
import type { Context, ContextSummary } from '../context.js';
import type { Priority } from '../extract/priority.js';
import { projectGone } from '../context.errors.js';
import { startOf } from '../validity/validity.js';
import { fingerprintOf } from './near-duplicates.js';
import { PostgresContextBands } from './postgres-context-bands.js';
import {
  firstOfEach,
  succeeding,
  contextRecordTable,
  type ContextRow,
  type ContextSummaryRow,
  type NewContext,
  SELECT_CONTEXT,
  SUMMARY_COLUMNS,
  toContext,
  toRecord,
  toSummary,
  WITH_PROJECT,
} from './context.row.js';

/** The versions of a label, locked by this transaction: nobody else stores, archives, restores or purges one meanwhile. */
export interface LockedLabel {
  readonly labelId: string;
  readonly projectId: ProjectId;
  readonly label: string;
  readonly lastVersion: number;
  /** The newest version that is not archived. */
  readonly latest: ContextSummary | undefined;
  /** Whether any text is rejected in the project. */
  readonly rejectsTexts: boolean;
}

/** Changes of one context that make no new version. */
type Description = Pick<Context, 'tags' | 'priority' | 'priorityDetected' | 'metadata'>;

/** What is written of contexts at rest. Everything is of one workspace; what is another's is not there. */
@Injectable()
export class PostgresContextRepository {
  constructor(
    private readonly database: Database,
    private readonly bands: PostgresContextBands,
  ) {}

  /**
   * Locks the lines of these labels until the end of the transaction, making those that are missing. Always in the
   * same order, so that two writers of the same labels never wait for each other both.
   */
  async lockLabels(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    labels: readonly string[],
  ): Promise<ReadonlyMap<string, LockedLabel>> {
    const distinct = [...new Set(labels)];
    try {
      // The no-op update locks a line that is there already, and waits for whoever is making or removing it.
      await this.database.query(
        `INSERT INTO context_labels AS l (workspace_id, id, project_id, label)
         SELECT $1, given.id, $2, given.label FROM unnest($3::uuid[], $4::text[]) AS given (id, label)
         ORDER BY given.label COLLATE "C"
         ON CONFLICT (workspace_id, project_id, label) DO UPDATE SET last_version = l.last_version`,
        [workspaceId, projectId, distinct.map(() => newId()), distinct],
      );
    } catch (error) {
      if (brokenConstraintOf(error) === 'context_labels_project_fkey') throw projectGone();
      throw error;
    }
    // A statement of its own: it sees what the holder of the lock before us has committed.
    const lines = await this.lines('l.project_id = $2 AND l.label = ANY ($3::text[])', [
      workspaceId,
      projectId,
      distinct,
    ]);
    return new Map(lines.map((line) => [line.label, line]));
  }

  /** Locks the line that a context belongs to; undefined where there is no such context. */
  async lockLabelOf(workspaceId: WorkspaceId, id: ContextId): Promise<LockedLabel | undefined> {
    const [locked] = await this.database.query<{ id: string }>(
      `SELECT id FROM context_labels
       WHERE workspace_id = $1 AND id = (SELECT label_id FROM contexts WHERE workspace_id = $1 AND id = $2) FOR UPDATE`,
      [workspaceId, id],
    );
    if (locked === undefined) return undefined;
    const [line] = await this.lines('l.id = $2', [workspaceId, locked.id]);
    return line;
  }

  /** Locks the line of a label; undefined where there is none. */
  async lockLabel(workspaceId: WorkspaceId, projectId: ProjectId, label: string): Promise<LockedLabel | undefined> {
    const [locked] = await this.database.query<{ id: string }>(
      'SELECT id FROM context_labels WHERE workspace_id = $1 AND project_id = $2 AND label = $3 FOR UPDATE',
      [workspaceId, projectId, label],
    );
    if (locked === undefined) return undefined;
    const [line] = await this.lines('l.id = $2', [workspaceId, locked.id]);
    return line;
  }

  /** Adds versions to locked lines, in order; the last one of each label becomes its newest. */
  async append(workspaceId: WorkspaceId, contexts: readonly NewContext[]): Promise<void> {
    const newest = new Map(contexts.map((context) => [context.labelId, context]));
    await this.retire(workspaceId, [...newest.keys()], firstOfEach(contexts));
    const records = succeeding(contexts).map((context) =>
      toRecord(context, newest.get(context.labelId)?.id === context.id),
    );
    await contextRecordTable.insert(this.database, records);
    await this.database.query(
      `UPDATE context_labels AS l SET last_version = given.version
       FROM unnest($2::uuid[], $3::integer[]) AS given (id, version)
       WHERE l.workspace_id = $1 AND l.id = given.id`,
      [workspaceId, [...newest.keys()], [...newest.values()].map(({ version }) => version)],
    );
    await this.bands.insert(workspaceId, [...newest.values()]);
  }

  /** Gives it another revision. */
  async describe(workspaceId: WorkspaceId, id: ContextId, description: Description, at: Date): Promise<void> {
    const { tags, priority, priorityDetected, metadata } = description;
    await this.database.query(
      `UPDATE contexts SET tags = $3, priority = $4, priority_detected = $5, metadata = $6, updated_at = greatest($7, updated_at), revision = gen_random_uuid()
       WHERE workspace_id = $1 AND id = $2`,
      [workspaceId, id, tags, priority, priorityDetected, JSON.stringify(metadata), at],
    );
  }

  /** Archives those of a locked line that are not yet: some versions, or all. Returns them as they are now. */
  async archive(
    workspaceId: WorkspaceId,
    { labelId, ids }: { readonly labelId: string; readonly ids?: readonly ContextId[] },
    archived: { readonly at: Date; readonly reason: string | null },
  ): Promise<readonly ContextSummary[]> {
    const rows = await this.database.query<ContextSummaryRow>(
      `WITH c AS (
         UPDATE contexts SET archived_at = greatest($4, updated_at), archive_reason = $5, updated_at = greatest($4, updated_at), is_latest = false, revision = gen_random_uuid()
         WHERE workspace_id = $1 AND label_id = $2 AND ($3::uuid[] IS NULL OR id = ANY ($3)) AND archived_at IS NULL
         RETURNING *)
       SELECT ${SUMMARY_COLUMNS} FROM c ${WITH_PROJECT} ORDER BY c.version DESC`,
      [workspaceId, labelId, ids ?? null, archived.at, archived.reason],
    );
    await this.bands.remove(
      workspaceId,
      rows.map((row) => row.id),
    );
    return rows.map(toSummary);
  }

  /** Takes the archiving back: of some versions of a locked line, or of all. Returns them as they are now. */
  async restore(
    workspaceId: WorkspaceId,
    { labelId, ids }: { readonly labelId: string; readonly ids?: readonly ContextId[] },
    at: Date,
  ): Promise<readonly ContextSummary[]> {
    const rows = await this.database.query<ContextSummaryRow>(
      `WITH c AS (
         UPDATE contexts SET archived_at = NULL, archive_reason = NULL, updated_at = greatest($4, updated_at), revision = gen_random_uuid()
         WHERE workspace_id = $1 AND label_id = $2 AND ($3::uuid[] IS NULL OR id = ANY ($3)) AND archived_at IS NOT NULL
         RETURNING *)
       SELECT ${SUMMARY_COLUMNS} FROM c ${WITH_PROJECT} ORDER BY c.version DESC`,
      [workspaceId, labelId, ids ?? null, at],
    );
    return rows.map(toSummary);
  }

  /** Deletes versions of a locked line with all that hangs on them, or every one; and the line where none is left. */
  async delete(
    workspaceId: WorkspaceId,
    labelId: string,
    ids?: readonly ContextId[],
  ): Promise<readonly Pick<ContextSummary, 'id' | 'priority'>[]> {
    const deleted = await this.database.query<Pick<ContextSummary, 'id' | 'priority'>>(
      `DELETE FROM contexts WHERE workspace_id = $1 AND label_id = $2 AND ($3::uuid[] IS NULL OR id = ANY ($3))
       RETURNING id, priority`,
      [workspaceId, labelId, ids ?? null],
    );
    await this.database.query(
      `DELETE FROM context_labels WHERE workspace_id = $1 AND id = $2
         AND NOT EXISTS (SELECT FROM contexts WHERE workspace_id = $1 AND label_id = $2)`,
      [workspaceId, labelId],
    );
    return deleted;
  }

  /** Makes the newest version of a locked line that is not archived its latest, and returns it where it was not before. */
  async settleLatest(workspaceId: WorkspaceId, labelId: string): Promise<Context | undefined> {
    const [latest] = await this.settleLines(workspaceId, [labelId]);
    return latest;
  }

  /** The same for many locked lines at once. */
  async settleLines(workspaceId: WorkspaceId, labelIds: readonly string[]): Promise<readonly Context[]> {
    const changed = await this.database.query<{ label_id: string; id: ContextId }>(
      `SELECT of_label AS label_id, newest.id
       FROM unnest($2::uuid[]) AS given (of_label) CROSS JOIN LATERAL (
         SELECT id, is_latest FROM contexts WHERE workspace_id = $1 AND label_id = of_label AND archived_at IS NULL
         ORDER BY version DESC LIMIT 1) AS newest
       WHERE NOT newest.is_latest`,
      [workspaceId, labelIds],
    );
    if (changed.length === 0) return [];
    const ids = changed.map(({ id }) => id);
    await this.retire(
      workspaceId,
      changed.map((row) => row.label_id),
    );
    await this.database.query(
      'UPDATE contexts SET is_latest = true WHERE workspace_id = $1 AND id = ANY ($2::uuid[])',
      [workspaceId, ids],
    );
    const rows = await this.database.query<ContextRow>(
      `${SELECT_CONTEXT} WHERE c.workspace_id = $1 AND c.id = ANY ($2::uuid[]) ORDER BY c.label`,
      [workspaceId, ids],
    );
    const contexts = rows.map(toContext);
    await this.bands.insert(
      workspaceId,
      contexts.map((context) => ({ ...context, fingerprint: fingerprintOf(context.content) })),
    );
    return contexts;
  }

  /** Of a locked line, how many versions that are not archived have this priority. */
  async countActive(workspaceId: WorkspaceId, labelId: string, priority: Priority): Promise<number> {
    const [row] = await this.database.query<{ count: number }>(
      `SELECT count(*)::integer AS count FROM contexts
       WHERE workspace_id = $1 AND label_id = $2 AND archived_at IS NULL AND priority = $3`,
      [workspaceId, labelId, priority],
    );
    return row?.count ?? 0;
  }

  private async lines(condition: string, parameters: readonly unknown[]): Promise<LockedLabel[]> {
    const rows = await this.database.query<
      ContextSummaryRow & {
        label_id: string;
        line_label: string;
        line_project_id: ProjectId;
        last_version: number;
        rejects_texts: boolean;
      }
    >(
      `SELECT l.id AS label_id, l.project_id AS line_project_id, l.label AS line_label, l.last_version,
         ${isProjectRejecting('l')} AS rejects_texts, ${SUMMARY_COLUMNS}
       FROM context_labels l
         LEFT JOIN contexts c ON c.workspace_id = l.workspace_id AND c.label_id = l.id AND c.is_latest
         LEFT JOIN projects p ON p.workspace_id = c.workspace_id AND p.id = c.project_id
       WHERE l.workspace_id = $1 AND ${condition}`,
      parameters,
    );
    return rows.map((row) => ({
      labelId: row.label_id,
      projectId: row.line_project_id,
      label: row.line_label,
      lastVersion: row.last_version,
      latest: row.id === null ? undefined : toSummary(row),
      rejectsTexts: row.rejects_texts,
    }));
  }

  /** The newest version of these lines is about to be another one. */
  private async retire(
    workspaceId: WorkspaceId,
    labelIds: readonly string[],
    successors: ReadonlyMap<string, Pick<Context, 'id' | 'validFrom' | 'createdAt'>> = new Map(),
  ): Promise<void> {
    // What ends before that already stays as it is.
    const isEndedByIt =
      'successor IS NOT NULL AND (superseded_at IS NULL OR superseded_at > greatest(given.at, coalesce(valid_from, created_at)))';
    const rows = await this.database.query<{ id: ContextId }>(
      `UPDATE contexts AS c SET is_latest = false,
         superseded_by = CASE WHEN ${isEndedByIt} THEN successor ELSE superseded_by END,
         superseded_at = CASE WHEN ${isEndedByIt} THEN greatest(given.at, coalesce(valid_from, created_at)) ELSE superseded_at END
       FROM unnest($2::uuid[], $3::uuid[], $4::timestamptz[]) AS given (of_label, successor, at)
       WHERE workspace_id = $1 AND label_id = of_label AND is_latest RETURNING c.id`,
      [
        workspaceId,
        labelIds,
        labelIds.map((labelId) => successors.get(labelId)?.id ?? null),
        labelIds.map((labelId) => {
          const successor = successors.get(labelId);
          return successor === undefined ? null : startOf(successor).toISOString();
        }),
      ],
    );
    await this.bands.remove(
      workspaceId,
      rows.map(({ id }) => id),
    );
  }
}
