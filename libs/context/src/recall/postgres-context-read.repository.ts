import { Injectable } from '@nestjs/common';
import { type Page, toPage } from '#http';
import { type ContextId, type ProjectId, type SessionId, WorkPauses, type WorkspaceId } from '#kernel';
import { Database } from '#database';
import type { Context, ContextFilter, ContextSummary } from '../context.js';
import {
  nearest,
  SIMILAR_CANDIDATES,
  type SimilarContext,
  type SimilarityCandidate,
  type SimilarityProbe,
} from '../store/near-duplicates.js';
import { asOfThen } from '../validity/validity.js';
import { isActiveAt, isValidAt, isValidNow, startOf, wasValidBetween } from '../validity/validity.sql.js';
import { PREVIEW_LENGTH } from '../extract/preview.js';
import {
  type ContextRow,
  type ContextSummaryRow,
  SELECT_CONTEXT,
  SELECT_SUMMARY,
  SUMMARY_COLUMNS,
  toContext,
  toSummary,
  WITH_PROJECT,
} from '../store/context.row.js';

/** Versions of which moment are meant. */
export interface PastTime {
  /** Valid at some moment from here on. */
  readonly from: Date;
  /** Until then, inclusive. */
  readonly to: Date;
  /** Also those that were archived after it; else nothing that is archived. */
  readonly withArchived: boolean;
}

export type RecallBy =
  /** The newest version of each label. */
  | { readonly projectId: ProjectId; readonly labels: readonly string[] }
  /** These versions, archived or not; of any project where none is given. */
  | { readonly projectId?: ProjectId; readonly ids: readonly ContextId[] };

const WHICH: Readonly<Record<ContextFilter['which'], string>> = {
  latest: 'c.is_latest',
  active: 'c.archived_at IS NULL',
  archived: 'c.archived_at IS NOT NULL',
};

/** As in `WHICH`, at the time $10. */
const WHICH_AS_OF: typeof WHICH = {
  latest: isValidAt('c', '$10'),
  active: `${startOf('c')} <= $10 AND ${isActiveAt('c', '$10')}`,
  archived: 'c.archived_at <= $10',
};

/** What is read of contexts at rest. Everything is of one workspace; what is another's is not there. */
@Injectable()
export class PostgresContextReadRepository {
  constructor(private readonly database: Database) {}

  /** As `ContextReader.alwaysCheck`. What supersedes since it was stored does so at once, whatever clock it was stored by. */
  async listAlwaysCheck(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    limit: number,
    now: Date,
  ): Promise<{ readonly items: readonly ContextSummary[]; readonly until: Date | null }> {
    const isAhead = (column: string) => `CASE WHEN ${column} > $4::timestamptz THEN ${column} END`;
    const rows = await this.database.query<ContextSummaryRow & { until: Date | null }>(
      `SELECT ${SUMMARY_COLUMNS},
         min(least(${['c.valid_from', 'c.valid_to', 'c.superseded_at'].map(isAhead).join(', ')})) OVER () AS until
       FROM contexts c ${WITH_PROJECT}
         LEFT JOIN contexts AS next ON next.workspace_id = c.workspace_id AND next.id = c.superseded_by
       WHERE c.workspace_id = $1 AND c.project_id = $2 AND c.is_latest AND c.priority = 'always_check'
       ORDER BY coalesce(c.superseded_at <= $4::timestamptz OR next.valid_from IS NULL AND c.superseded_by IS NOT NULL, false)
         OR coalesce(c.valid_to <= $4::timestamptz, false) OR coalesce(c.valid_from > $4::timestamptz, false), c.id DESC
       LIMIT $3`,
      [workspaceId, projectId, limit, now.toISOString()],
    );
    return { items: rows.map(toSummary), until: rows[0]?.until ?? null };
  }

  /** Labels with a version that is not archived, and of them those whose newest one has priority always_check. */
  async countLabels(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
  ): Promise<{ readonly total: number; readonly alwaysCheck: number }> {
    const [row] = await this.database.query<{ total: number; always_check: number }>(
      `SELECT count(*)::integer AS total, count(*) FILTER (WHERE priority = 'always_check')::integer AS always_check
       FROM contexts WHERE workspace_id = $1 AND project_id = $2 AND is_latest`,
      [workspaceId, projectId],
    );
    return { total: row?.total ?? 0, alwaysCheck: row?.always_check ?? 0 };
  }

  /**
   * What a session stored or used (`ids` are known to be used as well), newest first, and how many there are in all;
   * nothing archived.
   */
  async listUsedBy(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    by: { readonly sessionId: SessionId; readonly ids: readonly ContextId[] },
    limit: number,
  ): Promise<{ readonly items: readonly ContextSummary[]; readonly total: number }> {
    const rows = await this.database.query<ContextSummaryRow & { total: number }>(
      `SELECT ${SUMMARY_COLUMNS}, count(*) OVER ()::integer AS total
       FROM (
         SELECT id FROM contexts WHERE workspace_id = $1 AND session_id = $3
         UNION SELECT context_id FROM context_session_uses WHERE workspace_id = $1 AND session_id = $3
         UNION SELECT unnest($4::uuid[])
       ) AS used JOIN contexts c ON c.workspace_id = $1 AND c.id = used.id ${WITH_PROJECT}
       WHERE c.project_id = $2 AND c.archived_at IS NULL
       ORDER BY c.id DESC LIMIT $5`,
      [workspaceId, projectId, by.sessionId, by.ids, limit],
    );
    return { items: rows.map(toSummary), total: rows[0]?.total ?? 0 };
  }

  /** The labels whose newest version holds each content, by its hash; the one that has held it longest, of several. */
  async findLabelsWith(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    contentHashes: readonly string[],
  ): Promise<ReadonlyMap<string, string>> {
    const rows = await this.database.query<{ label: string; hash: string }>(
      `SELECT label, encode(content_hash, 'hex') AS hash FROM contexts
       WHERE workspace_id = $1 AND project_id = $2 AND is_latest
         AND content_hash = ANY (SELECT decode(hash, 'hex') FROM unnest($3::text[]) AS given (hash))
       ORDER BY id DESC`,
      [workspaceId, projectId, contentHashes],
    );
    return new Map(rows.map(({ label, hash }) => [hash, label]));
  }

  /** Locks those that are there against deletion, in the order of their ids. */
  async keep(workspaceId: WorkspaceId, ids: readonly ContextId[]): Promise<ReadonlySet<ContextId>> {
    if (ids.length === 0) return new Set();
    const rows = await this.database.query<{ id: ContextId }>(
      'SELECT id FROM contexts WHERE workspace_id = $1 AND id = ANY ($2::uuid[]) ORDER BY id FOR KEY SHARE',
      [workspaceId, ids],
    );
    return new Set(rows.map(({ id }) => id));
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

  /** That version, archived or not; the newest one that is not archived where none is given. */
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

  /** Newest first. */
  async list(
    workspaceId: WorkspaceId,
    filter: ContextFilter,
    after: ContextId | undefined,
    limit: number,
  ): Promise<Page<ContextSummary, [ContextId]>> {
    const { which, projectId, label, labelPrefix, priority, tags, sessionId, asOf, validAt } = filter;
    const moment = asOf ?? validAt;
    const rows = await this.database.query<ContextSummaryRow>(
      `${SELECT_SUMMARY}
       WHERE c.workspace_id = $1 AND c.project_id = $2 AND ${asOf === undefined ? WHICH[which] : WHICH_AS_OF[which]}
         AND ($3::text IS NULL OR c.label = $3) AND ($4::text IS NULL OR starts_with(c.label, $4))
         AND ($5::text IS NULL OR c.priority = $5) AND ($6::text[] IS NULL OR c.tags @> $6)
         AND ($7::uuid IS NULL OR c.session_id = $7) AND ($8::uuid IS NULL OR c.id < $8)
         ${validAt === undefined ? '' : `AND ${asOf === undefined ? isValidNow('c', '$10') : isValidAt('c', '$10')}`}
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
        ...(moment === undefined ? [] : [moment.toISOString()]),
      ],
    );
    const found = rows.map(toSummary);
    return toPage(asOf === undefined ? found : found.map((version) => asOfThen(version, asOf)), limit, ({ id }) => [
      id,
    ]);
  }

  /** As `ContextReader.pastVersions`. */
  async listPast(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    { from, to, withArchived }: PastTime,
    { most, bytes }: { readonly most: number; readonly bytes: number },
  ): Promise<{ readonly items: readonly Context[]; readonly isAll: boolean }> {
    const rows = await this.database.query<ContextRow & { total: number }>(
      `WITH past AS MATERIALIZED (
         SELECT c.id, count(*) OVER ()::integer AS total, row_number() OVER newest AS place,
           sum(c.content_bytes) OVER newest AS bytes_so_far
         FROM contexts c
         WHERE c.workspace_id = $1 AND c.project_id = $2 AND NOT c.is_latest AND ${wasValidBetween('c', '$3', '$6')}
           AND (${withArchived ? isActiveAt('c', '$6') : 'c.archived_at IS NULL'})
         WINDOW newest AS (ORDER BY c.id DESC)
       )
       SELECT c.*, p.slug AS project, past.total FROM past
         JOIN contexts c ON c.workspace_id = $1 AND c.id = past.id ${WITH_PROJECT}
       WHERE past.place <= $4 AND past.bytes_so_far <= $5 ORDER BY past.place`,
      [workspaceId, projectId, from.toISOString(), most, bytes, to.toISOString()],
    );
    const items = rows.map((row) => asOfThen(toContext(row), to));
    return { items, isAll: rows.length > 0 ? items.length === rows[0]?.total : true };
  }

  /**
   * The versions that these labels had at a time, or these very versions where they were there by then; in the order asked for.
   * One statement.
   */
  async recallAsOf(workspaceId: WorkspaceId, by: RecallBy, at: Date): Promise<readonly Context[]> {
    const isByLabel = 'labels' in by;
    const match = isByLabel ? `c.label = asked.name AND ${isActiveAt('c', '$4')}` : 'c.id = asked.name';
    const rows = await this.database.query<ContextRow>(
      `SELECT c.*, p.slug AS project
       FROM unnest($3::${isByLabel ? 'text' : 'uuid'}[]) WITH ORDINALITY AS asked (name, position)
         CROSS JOIN LATERAL (
           SELECT * FROM contexts AS c
           WHERE c.workspace_id = $1 AND ($2::uuid IS NULL OR c.project_id = $2) AND ${match} AND ${startOf('c')} <= $4
           ORDER BY c.version DESC LIMIT 1) AS c ${WITH_PROJECT}
       ORDER BY asked.position`,
      [workspaceId, by.projectId ?? null, isByLabel ? by.labels : by.ids, at.toISOString()],
    );
    return rows.map((row) => asOfThen(toContext(row), at));
  }

  /** Every version of the label, archived or not, newest first. */
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

  /**
   * Those that there are, in the order they were asked for. One statement.
   *
   * @param contentBytes contents are given in that order until they are this many bytes together; what is beyond has
   *   none. 0 gives previews alone.
   */
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

  /** Near-duplicates among the newest versions of other labels of the project, most similar first, for each probe. */
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
    const candidates = new Map<ContextId, SimilarityCandidate[]>();
    for (const { probe_id: probe, same_text: sameText, ...row } of rows) {
      const found = candidates.get(probe);
      if (found === undefined) candidates.set(probe, [{ ...row, sameText }]);
      else found.push({ ...row, sameText });
    }
    // Of a document of megabytes there are thousands of probes, each with its candidates.
    const pauses = new WorkPauses();
    const similar = new Map<ContextId, readonly SimilarContext[]>();
    for (const { id, fingerprint } of probes) {
      if (pauses.isDue) await pauses.pauseIfDue();
      similar.set(id, nearest(fingerprint.signature, candidates.get(id) ?? []));
    }
    return similar;
  }

  /**
   * The newest versions of the project that were handed out to the session (or are among `ids`), and whose content or
   * preview is one of these texts.
   */
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
}
