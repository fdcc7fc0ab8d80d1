import { Injectable } from '@nestjs/common';
import { brokenConstraintOf, Database } from '#database';
import { type Page, toPage } from '#http';
import { type ContextId, newId, type ProjectId, type SessionId, type WorkspaceId } from '#kernel';
import type { Context, ContextSummary } from '../context.js';
import type { ContextFilter } from '../context-filter.js';
import { projectGone } from '../context.errors.js';
import { PREVIEW_LENGTH } from '../extract/preview.js';
import type { Priority } from '../priority.js';
import { type Fingerprint, fingerprintOf } from '../similarity/fingerprint.js';
import { nearest, SIMILAR_CANDIDATES } from '../similarity/nearest.js';
import {
  ContextRepository,
  type Description,
  type LockedLabel,
  type NewContext,
  type RecallBy,
  type SimilarContext,
  type SimilarityProbe,
} from './context.repository.js';
import {
  type ContextRow,
  type ContextSummaryRow,
  SUMMARY_COLUMNS,
  toContext,
  toSummary,
  WITH_PROJECT,
} from './context.row.js';

const SELECT_SUMMARY = `SELECT ${SUMMARY_COLUMNS} FROM contexts c ${WITH_PROJECT}`;
const SELECT_CONTEXT = `SELECT ${SUMMARY_COLUMNS}, c.content FROM contexts c ${WITH_PROJECT}`;

const WHICH: Readonly<Record<ContextFilter['which'], string>> = {
  latest: 'c.is_latest',
  active: 'c.archived_at IS NULL',
  archived: 'c.archived_at IS NOT NULL',
};

@Injectable()
export class PostgresContextRepository extends ContextRepository {
  constructor(private readonly database: Database) {
    super();
  }

  async find(workspaceId: WorkspaceId, id: ContextId): Promise<Context | undefined> {
    const rows = await this.database.query<ContextRow>(`${SELECT_CONTEXT} WHERE c.workspace_id = $1 AND c.id = $2`, [
      workspaceId,
      id,
    ]);
    return rows.map(toContext)[0];
  }

  async findSummary(workspaceId: WorkspaceId, id: ContextId): Promise<ContextSummary | undefined> {
    const rows = await this.database.query<ContextSummaryRow>(
      `${SELECT_SUMMARY} WHERE c.workspace_id = $1 AND c.id = $2`,
      [workspaceId, id],
    );
    return rows.map(toSummary)[0];
  }

  async findByLabel(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    label: string,
    version?: number,
  ): Promise<Context | undefined> {
    const rows = await this.database.query<ContextRow>(
      `${SELECT_CONTEXT} JOIN context_labels l ON l.workspace_id = c.workspace_id AND l.id = c.label_id
       WHERE l.workspace_id = $1 AND l.project_id = $2 AND l.label = $3 AND ${version === undefined ? 'c.is_latest' : 'c.version = $4'}`,
      [workspaceId, projectId, label, ...(version === undefined ? [] : [version])],
    );
    return rows.map(toContext)[0];
  }

  async list(
    workspaceId: WorkspaceId,
    filter: ContextFilter,
    after: ContextId | undefined,
    limit: number,
  ): Promise<Page<ContextSummary, [ContextId]>> {
    const { which, projectId, label, labelPrefix, priority, tags, sessionId } = filter;
    const rows = await this.database.query<ContextSummaryRow>(
      `${SELECT_SUMMARY}
       WHERE c.workspace_id = $1 AND c.project_id = $2 AND ${WHICH[which]}
         AND ($3::text IS NULL OR c.label = $3) AND ($4::text IS NULL OR starts_with(c.label, $4))
         AND ($5::text IS NULL OR c.priority = $5) AND ($6::text[] IS NULL OR c.tags @> $6)
         AND ($7::uuid IS NULL OR c.session_id = $7) AND ($8::uuid IS NULL OR c.id < $8)
       ORDER BY c.id DESC LIMIT $9`,
      [
        workspaceId,
        projectId,
        label ?? null,
        labelPrefix ?? null,
        priority ?? null,
        tags ?? null,
        sessionId ?? null,
        after ?? null,
        limit + 1,
      ],
    );
    return toPage(rows.map(toSummary), limit, ({ id }) => [id]);
  }

  async listVersions(
    workspaceId: WorkspaceId,
    of: Pick<Context, 'projectId' | 'label'>,
    after: number | undefined,
    limit: number,
  ): Promise<Page<ContextSummary, [number]>> {
    const rows = await this.database.query<ContextSummaryRow>(
      `${SELECT_SUMMARY} JOIN context_labels l ON l.workspace_id = c.workspace_id AND l.id = c.label_id
       WHERE l.workspace_id = $1 AND l.project_id = $2 AND l.label = $3 AND ($4::integer IS NULL OR c.version < $4)
       ORDER BY c.version DESC LIMIT $5`,
      [workspaceId, of.projectId, of.label, after ?? null, limit + 1],
    );
    return toPage(rows.map(toSummary), limit, ({ version }) => [version]);
  }

  async recall(
    workspaceId: WorkspaceId,
    by: RecallBy,
    contentBytes: number,
  ): Promise<readonly (ContextSummary & { readonly content?: string })[]> {
    const [type, match, names] =
      'labels' in by
        ? ['text', 'c.label = asked.name AND c.is_latest', by.labels]
        : ['uuid', 'c.id = asked.name', by.ids];
    const rows = await this.database.query<ContextSummaryRow & { content: string | null }>(
      `SELECT ${SUMMARY_COLUMNS}, CASE WHEN c.bytes_so_far <= $4 THEN c.content END AS content
       FROM (
         SELECT c.*, asked.position, sum(c.content_bytes) OVER (ORDER BY asked.position) AS bytes_so_far
         FROM unnest($3::${type}[]) WITH ORDINALITY AS asked (name, position)
           JOIN contexts c ON c.workspace_id = $1 AND ($2::uuid IS NULL OR c.project_id = $2) AND ${match}
       ) AS c ${WITH_PROJECT}
       ORDER BY c.position`,
      [workspaceId, by.projectId ?? null, names, contentBytes],
    );
    return rows.map((row) => (row.content === null ? toSummary(row) : toContext({ ...row, content: row.content })));
  }

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

  async append(workspaceId: WorkspaceId, contexts: readonly NewContext[]): Promise<void> {
    const newest = new Map(contexts.map((context) => [context.labelId, context]));
    await this.retire(workspaceId, [...newest.keys()]);
    const rows = contexts.map((context) => ({
      id: context.id,
      project_id: context.projectId,
      label_id: context.labelId,
      label: context.label,
      version: context.version,
      is_latest: newest.get(context.labelId) === context,
      content: context.content,
      content_hash: context.contentHash,
      content_bytes: context.contentBytes,
      preview: context.preview,
      key_concepts: context.keyConcepts,
      extract_version: context.extractVersion,
      signature: context.fingerprint.signature.toString('hex'),
      tags: context.tags,
      priority: context.priority,
      priority_detected: context.priorityDetected,
      session_id: context.sessionId,
      metadata: context.metadata,
      revision: context.revision,
      created_at: context.createdAt,
      updated_at: context.updatedAt,
    }));
    await this.database.query(
      `INSERT INTO contexts (workspace_id, id, project_id, label_id, label, version, is_latest, content, content_hash,
         content_bytes, preview, key_concepts, extract_version, signature, tags, priority, priority_detected,
         session_id, metadata, revision, created_at, updated_at)
       SELECT $1, id, project_id, label_id, label, version, is_latest, content, decode(content_hash, 'hex'),
         content_bytes, preview, key_concepts, extract_version, decode(signature, 'hex'), tags, priority,
         priority_detected, session_id, metadata, revision, created_at, updated_at
       FROM jsonb_to_recordset($2::jsonb) AS given (id uuid, project_id uuid, label_id uuid, label text,
         version integer, is_latest boolean, content text, content_hash text, content_bytes integer, preview text,
         key_concepts text[], extract_version smallint, signature text, tags text[], priority text,
         priority_detected boolean, session_id uuid, metadata jsonb, revision uuid, created_at timestamptz,
         updated_at timestamptz)`,
      [workspaceId, JSON.stringify(rows)],
    );
    await this.database.query(
      `UPDATE context_labels AS l SET last_version = given.version
       FROM unnest($2::uuid[], $3::integer[]) AS given (id, version)
       WHERE l.workspace_id = $1 AND l.id = given.id`,
      [workspaceId, [...newest.keys()], [...newest.values()].map(({ version }) => version)],
    );
    await this.insertBands(workspaceId, [...newest.values()]);
  }

  async findSimilar(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    probes: readonly SimilarityProbe[],
  ): Promise<ReadonlyMap<ContextId, readonly SimilarContext[]>> {
    const rows = await this.database.query<{
      probe_id: ContextId;
      id: ContextId;
      label: string;
      version: number;
      signature: Buffer;
      same_text: boolean;
    }>(
      // Every lookup is by all columns of one index, so that the plan is the same with and without statistics.
      `WITH probe AS MATERIALIZED (
         SELECT id, label_id, decode(content_hash, 'hex') AS content_hash, bands::bigint[] AS bands
         FROM unnest($3::uuid[], $4::uuid[], $5::text[], $6::text[]) AS given (id, label_id, content_hash, bands)
       ), met AS (
         SELECT probe.id AS probe_id, in_band.context_id
         FROM probe
         CROSS JOIN LATERAL unnest(probe.bands) AS wanted (band)
         CROSS JOIN LATERAL (
           SELECT context_id FROM context_bands
           WHERE workspace_id = $1 AND project_id = $2 AND band = wanted.band
           ORDER BY context_id LIMIT ${SIMILAR_CANDIDATES}
         ) AS in_band
         UNION
         SELECT probe.id, same.id
         FROM probe
         CROSS JOIN LATERAL (
           SELECT id FROM contexts
           WHERE workspace_id = $1 AND project_id = $2 AND content_hash = probe.content_hash AND is_latest
           ORDER BY id LIMIT ${SIMILAR_CANDIDATES}
         ) AS same
       ), candidate AS MATERIALIZED (
         SELECT probe_id, context_id, row_number() OVER (PARTITION BY probe_id ORDER BY context_id) AS place FROM met
       )
       SELECT probe.id AS probe_id, c.id, c.label, c.version, c.signature,
         c.content_hash = probe.content_hash AS same_text
       FROM candidate
       JOIN probe ON probe.id = candidate.probe_id
       CROSS JOIN LATERAL (
         SELECT id, label_id, label, version, signature, content_hash, is_latest FROM contexts
         WHERE workspace_id = $1 AND id = candidate.context_id
         OFFSET 0
       ) AS c
       WHERE candidate.place <= ${SIMILAR_CANDIDATES} AND c.is_latest AND c.label_id <> probe.label_id`,
      [
        workspaceId,
        projectId,
        probes.map(({ id }) => id),
        probes.map(({ labelId }) => labelId),
        probes.map(({ contentHash }) => contentHash),
        probes.map(({ fingerprint }) => `{${fingerprint.bands.join(',')}}`),
      ],
    );
    return new Map(
      probes.map(({ id, fingerprint }) => [
        id,
        nearest(
          fingerprint.signature,
          rows.filter((row) => row.probe_id === id).map((row) => ({ ...row, sameText: row.same_text })),
        ),
      ]),
    );
  }

  async describe(workspaceId: WorkspaceId, id: ContextId, description: Description, at: Date): Promise<void> {
    const { tags, priority, priorityDetected, metadata } = description;
    await this.database.query(
      `UPDATE contexts SET tags = $3, priority = $4, priority_detected = $5, metadata = $6, updated_at = greatest($7, updated_at), revision = gen_random_uuid()
       WHERE workspace_id = $1 AND id = $2`,
      [workspaceId, id, tags, priority, priorityDetected, JSON.stringify(metadata), at],
    );
  }

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
    await this.removeBands(
      workspaceId,
      rows.map((row) => row.id),
    );
    return rows.map(toSummary);
  }

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

  async settleLatest(workspaceId: WorkspaceId, labelId: string): Promise<Context | undefined> {
    const [latest] = await this.settleLines(workspaceId, [labelId]);
    return latest;
  }

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
    await this.insertBands(
      workspaceId,
      contexts.map((context) => ({ ...context, fingerprint: fingerprintOf(context.content) })),
    );
    return contexts;
  }

  async countActive(workspaceId: WorkspaceId, labelId: string, priority: Priority): Promise<number> {
    const [row] = await this.database.query<{ count: number }>(
      `SELECT count(*)::integer AS count FROM contexts
       WHERE workspace_id = $1 AND label_id = $2 AND archived_at IS NULL AND priority = $3`,
      [workspaceId, labelId, priority],
    );
    return row?.count ?? 0;
  }

  async findRecalledInSession(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    to: { readonly sessionId: SessionId; readonly ids: readonly ContextId[] },
    texts: readonly Pick<Context, 'content' | 'contentHash'>[],
  ): Promise<readonly ContextSummary[]> {
    const rows = await this.database.query<ContextSummaryRow>(
      `${SELECT_SUMMARY}
       WHERE c.workspace_id = $1 AND c.project_id = $2 AND c.is_latest
         AND c.id IN (
           SELECT context_id FROM context_session_uses WHERE workspace_id = $1 AND session_id = $3
           UNION SELECT unnest($4::uuid[]))
         AND (encode(c.content_hash, 'hex') = ANY ($5::text[]) OR c.preview = ANY ($6::text[]))
       ORDER BY c.id`,
      [
        workspaceId,
        projectId,
        to.sessionId,
        to.ids,
        texts.map(({ contentHash }) => contentHash),
        texts.map(({ content }) => content.trim()).filter(({ length }) => length <= PREVIEW_LENGTH),
      ],
    );
    return rows.map(toSummary);
  }

  private async lines(condition: string, parameters: readonly unknown[]): Promise<LockedLabel[]> {
    const rows = await this.database.query<
      ContextSummaryRow & { label_id: string; line_label: string; line_project_id: ProjectId; last_version: number }
    >(
      `SELECT l.id AS label_id, l.project_id AS line_project_id, l.label AS line_label, l.last_version, ${SUMMARY_COLUMNS}
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
    }));
  }

  /** The newest version of these lines is about to be another one. */
  private async retire(workspaceId: WorkspaceId, labelIds: readonly string[]): Promise<void> {
    const rows = await this.database.query<{ id: ContextId }>(
      `UPDATE contexts SET is_latest = false WHERE workspace_id = $1 AND label_id = ANY ($2::uuid[]) AND is_latest RETURNING id`,
      [workspaceId, labelIds],
    );
    await this.removeBands(
      workspaceId,
      rows.map(({ id }) => id),
    );
  }

  private async insertBands(
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

  private async removeBands(workspaceId: WorkspaceId, ids: readonly ContextId[]): Promise<void> {
    if (ids.length === 0) return;
    await this.database.query('DELETE FROM context_bands WHERE workspace_id = $1 AND context_id = ANY ($2::uuid[])', [
      workspaceId,
      ids,
    ]);
  }
}
